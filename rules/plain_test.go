package rules

import (
	"strings"
	"testing"

	"skleak/rules/rulestest"
)

const (
	base62Body = rulestest.Base62Body
	hexBody    = rulestest.HexBody
	urlBody    = rulestest.URLBody
)

func TestPlainKeys(t *testing.T) {
	tests := []string{
		// Who stands around a key.
		"⟦L~" + base62Body + "⟧",
		"KEY=⟦L~" + base62Body + "⟧\n", "KEY='⟦T~" + hexBody + "⟧'", `{"k":"⟦L~` + urlBody + `⟧","env":"prod"}`,
		"curl -u ⟦T~" + base62Body + "⟧:\n", "curl -u⟦T~" + base62Body + "⟧:\n", "-u⟦T~" + base62Body + "⟧",
		"f(⟦L~" + base62Body + "⟧)", "[⟦L~" + base62Body + "⟧]", "<b>⟦L~" + base62Body + "⟧</b>", "a@⟦L~" + base62Body + "⟧@b",
		"?k=⟦L~" + base62Body + "⟧&x=1", "x|⟦L~" + base62Body + "⟧|y", "see ⟦L~" + base62Body + "⟧, or", "It is ⟦L~" + base62Body + "⟧.",
		"`⟦L~" + base62Body + "⟧`", "key\\=⟦L~" + base62Body + "⟧\\:end", "密钥：⟦L~" + base62Body + "⟧。", "é⟦L~" + base62Body + "⟧é", "\x00⟦L~" + base62Body + "⟧\x00",
		"+⟦L~" + base62Body + "⟧\n", "-⟦L~" + base62Body + "⟧\n", "a.go-12-⟦L~" + base62Body + "⟧\n", "- ⟦L~" + base62Body + "⟧",
		"**⟦L~" + base62Body + "⟧**", "_⟦L~" + base62Body + "⟧_", "/*⟦L~" + base62Body + "⟧*/", "x ⟦L~" + base62Body + "⟧..", "⟦L~" + base62Body + "⟧{x",
		// Escapes that end left of it.
		`"a\n⟦L~` + base62Body + `⟧\nb"`, `\t⟦L~` + base62Body + `⟧\t`, `\\r⟦L~` + base62Body + `⟧`, `"\u0022⟦L~` + base62Body + `⟧\u0022"`, `\u003e⟦L~` + base62Body + `⟧\u003c`,
		`u0022⟦L~` + base62Body + `⟧ `, `\x22⟦L~` + base62Body + `⟧\x22`, `\075⟦L~` + base62Body + `⟧`, `\0⟦L~` + base62Body + `⟧\0`, `\U0000003D⟦L~` + base62Body + `⟧`, `%u0022⟦L~` + base62Body + `⟧%u0022`,
		"%22⟦L~" + base62Body + "⟧%22", "q=k%3D⟦L~" + base62Body + "⟧%26x%3D1", "%253D⟦L~" + base62Body + "⟧%2526", "%e3%80%82⟦L~" + base62Body + "⟧", "k=3D⟦L~" + base62Body + "⟧=20x", "=0A⟦L~" + base62Body + "⟧",
		"\x1b[31m⟦L~" + base62Body + "⟧\x1b[0m", "[1;31m⟦L~" + base62Body + "⟧[0m", `\033[m⟦L~` + base62Body + "⟧", `\u001b[1m⟦L~` + base62Body + "⟧", "\x1b[01;31m\x1b[K⟦L~" + base62Body + "⟧\x1b[m\x1b[K",
		"\n0⟦L~" + hexBody + "⟧\x12", "\x8c0⟦L~" + hexBody + "⟧",
		// The ends of a body.
		"⟦L~" + base62Body + "⟧-", "⟦L~" + base62Body + "⟧__ x", "⟦L~" + base62Body[:10] + "⟧ ", "L~" + base62Body[:9] + " ", "⟦L~" + strings.Repeat(hexBody, 7)[:254] + "G⟧ ", "L~" + strings.Repeat(hexBody, 7)[:255] + "G ",
		"⟦L~a2V5Xz" + "AxSDUw+FZQ/RTlH" + urlBody + "⟧ ", "⟦L~a2V5Xz" + base62Body + "==⟧ ", "⟦L~a2V5Xz" + base62Body + "=⟧&x=1", "⟦L~" + base62Body + "⟧+/=", "⟦L~v1_" + hexBody + "⟧", "⟦L~acme_prod_" + hexBody + "⟧",
		"⟦T~" + "3f2b8c1d-9e4a-4c6b-8d7f-0a1b2c3d4e5f" + "⟧", "⟦L~" + "0123ABCD9F8E7A6B" + "⟧", "⟦T~" + "84019283746501928374650192" + "⟧", "⟦L~kqzvxwplmtrbnsdf⟧",
		// Several.
		"⟦L~" + base62Body + "⟧ ⟦T~" + base62Body + "⟧", "⟦L~" + base62Body + "⟧,⟦T~" + hexBody + "⟧", "⟦L~" + base62Body + "⟧⟦T~" + hexBody + "⟧", "⟦L~" + base62Body + "⟧_⟦T~" + hexBody + "⟧", "⟦L~" + base62Body + "⟧-⟦T~" + hexBody + "⟧", "L~⟦L~" + base62Body + "⟧",
	}
	s := Default()
	for _, source := range tests {
		for _, m := range checkMarks(t, s, source) {
			if m.LongPrefix || m.Form != "plain" || m.Key.Reveal() != parseMarks(source).text[m.Start:m.End] {
				t.Errorf("%q: match %+v, want a plain one without a longer prefix", source, m)
			}
		}
	}
}

func TestLongPrefix(t *testing.T) {
	s := Default()
	for _, source := range []string{"l2mm_⟦L~" + base62Body + "⟧", "acme-⟦T~" + base62Body + "⟧", "k=x_⟦L~" + base62Body + "⟧"} {
		for _, m := range checkMarks(t, s, source) {
			if !m.LongPrefix {
				t.Errorf("%q: LongPrefix is false", source)
			}
		}
	}
}

func TestNoKeys(t *testing.T) {
	tests := []string{
		// Parts of longer words.
		"gL~" + base62Body, "0L~" + base62Body, "if (!cpumaT~cpu(cpu, mask)) return;", "taL~migration_of_" + base62Body, "riT~" + hexBody, `\aL~` + base62Body, "%41L~" + base62Body, `\u0041L~` + base62Body, `\101L~` + base62Body, "=deL~" + base62Body,
		"[mL~" + base62Body, "list[0L~" + base62Body, "--uL~" + base62Body,
		// The bare prefix, and what stands for a body.
		"L~", "L~ ", "starts with T~ or L~.", "L~…", "L~...", `"L~" + x`, "docs/L~/overview", "L~{{ key }}", "L~${KEY}", "L~%s", "L~<key>", "L~[A-Za-z0-9]{24}",
		// Remnants.
		"L~" + base62Body + "****", "L~****abcd", "L~abcd****" + base62Body, "L~" + base62Body + "…", "L~" + base62Body + "...", "L~AbCd...WxYz", "L~" + base62Body + "[REDACTED]", "L~" + base62Body + "<redacted>", "L~" + base62Body + "••••",
		"L~" + base62Body + "${REST}", "L~" + base62Body + "#{rest}", "L~" + base62Body + "{24}", "L~" + base62Body + "{10,}", "L~" + base62Body + "{{ rest }}", "L~" + base62Body + "{rest}", "L~" + base62Body + `\w+`, "L~" + base62Body + "[0-9a-f]{8}", "*L~" + base62Body + "**",
		"L~" + base62Body + `\u2026`, "L~" + base62Body + "&hellip;",
		// Names.
		"T~results_by_cross_validation_fold_number_10 = {}", "import { L~button } from 'x'", ".T~card-header {}", "fixtures/T~data.json", "L~stream_session_dir", "T~getUserAccountById", "T~train_split_2", "T~frobnicate_data_loader", "T~zorp_blat_quuv_mib_nog", "T~suite_runner_v2", "T~RandomForestClassifier", "L~k8s_namespace_prefix", "T~y_pred_proba",
		"L~preview-button-primary", "T~X_train_scaled", "T~SOCKET_BUFFER_SIZE",
		// Others.
		"pk_live_" + base62Body, "sk_prod_" + base62Body, "SK_LIVE_" + base62Body[:20], "Sk_live_" + base62Body[:20], "MY_SK_LIVE_" + base62Body, "SK_LIVE_KEY_NAME", "task_LIVE_" + base62Body, "sk-live-" + base62Body, "sk_liv_" + base62Body,
	}
	s := Default()
	for _, source := range tests {
		checkMarks(t, s, source)
	}
}

func TestPlaceholders(t *testing.T) {
	bodies := []string{
		"abc123xyz789", "xxx", "xx", "XXXXXXXX", "xxxxxxxxxxxxxxxxxxxxxxxx", "xxxx-xxxx-xxxx", "000000000000", "00000000-0000-0000-0000-000000000000", "1111111111111111", "51HxxxxxxxxxxxxxxxxxxxxxxZ",
		"your_key_here", "your-key", "YOUR_KEY_HERE", "YourKeyHere", "yourkeyhere", "REPLACE_ME", "replaceme", "changeme123", "mock", "placeholder", "dummy", "key", "test", "test123", "secret", "token",
		"123", "12345", "1234567890", "123456789012345678901234567890", "0123456789abcdef", "0123456789abcdef0123456789abcdef", "abcdefghijklmnopqrstuvwxyz", "AbCdEfGhIjKlMnOpQrStUvWxYz", "zyxwvutsrq", "9876543210", "abc123def456ghi789", "qwertyuiop", "qwerty123456", "deadbeefdeadbeef", "a1b2a1b2a1b2a1b2",
		"fake_" + base62Body, "FAKE-" + base62Body, base62Body + "_example", "mock1234567", "FAKE9f86d081884c", "51exampleKey", "EXAMPLEKEYEXAMPLEKEYEX", "user123456", "my_secret_key", "test_key_1", "insert_your_stripe_key_here", "not_a_real_key_xxx",
		"tu_clave_aqui", "votre_cle_ici", "dein_schluessel_hier", "sua_chave_aqui", "tua_chiave_qui", "jouw_sleutel_hier", "twoj_klucz_tutaj", "anahtar_buraya", "vash_klyuch", "kunci_anda_disini",
	}
	s := Default()
	for _, body := range bodies {
		checkMarks(t, s, "KEY=⟪L~"+body+"⟫\n")
		checkMarks(t, s, "<⟪T~"+body+"⟫>")
	}
}
