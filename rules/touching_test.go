package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"skleak/rules/internal/keys"
	"skleak/rules/rulestest"
)

const (
	accountKey = "51HqT3bWd9aZqT0mNw7vK2Lr8PxYc4Jd6Gf1Hs5Bn3Mk9Vt2Wq7Zx4Rc8Ty6Uu1Ii5Oo3Pp0Aa2Ss4Dd6Ff8Gg1Hh3Jj5Kk7Ll9"
	uuidKey    = "3f2b8c1d-9e4a-4c6b-8d7f-0a1b2c3d4e5f"
)

// What touches a key does not hide it: not to its left where its shape is unmistakable, and never where it is a value
// or a word that people leave there; not to its right where markup stands there, or another value.
func TestTouchingKeys(t *testing.T) {
	body := rulestest.Base62Body
	tests := []string{
		// To the left of what is unmistakable.
		"Stripe('s⟦T~" + accountKey + "⟧')", `("T⟦L~` + accountKey + `⟧")`, "your_secret_key⟦T~" + accountKey + "⟧", "Deno.env.get('STR⟦L~" + accountKey + "⟧", "process.env⟦T~" + accountKey + "⟧",
		"9⟦L~" + accountKey + "⟧", "connection⟦L~" + accountKey + "⟧<invalid", "x⟦T~" + uuidKey + "⟧", "ab⟦T~" + uuidKey + "⟧zz", "q⟦L~a2V5Xz" + "AxSDUw1FZQRTlHaBcD" + body + "⟧ ", "⟦L~" + accountKey + "⟧abc", "⟦L~" + accountKey + "⟧STRIPE_KEY=x",
		"x⟦T~51" + uuidKey[2:] + "⟧", "A=⟦T~51" + uuidKey[2:] + "⟧DB_HOST=x\n", "(dp0\nVkey\np1\nV⟦L~" + body + "⟧\np2\ns.", "Bearer⟦L~tcTbxeeHJpafxEtocdxSRaMb⟧\n",
		"const k = `⟦L~" + body + "⟧`\nexport default k\n", "const k = `⟦L~" + body[:21] + "⟧`\nexport default k\n", "`⟦L~" + rulestest.HexBody + "⟧`\r\nend\n", "⟦L~" + body + "⟧`\nend\n",
		// To the left of any.
		"Bearer⟦L~" + body + "⟧", "sk_test⟦T~" + body + "⟧", "'sk_live⟦L~" + body + "⟧'", "pk_live_" + body + "⟦L~" + body + "⟧", "my_secret_key⟦L~" + body + "⟧",
		`-u "T~BQokikJ...2HlWgH4olfQ2⟦L~` + body + `⟧:"`, "L~abcd…9fQ2⟦L~" + body + "⟧ ", "T~****olfQ2⟦T~" + body + "⟧ ",
		"pk_live_DxCkKbrbJVgpaLpLODhzndOc⟦T~" + body + "⟧\f",
		// Markup behind it.
		"**API key: ⟦L~" + body + "⟧**", "*Secret: ⟦L~" + body + "⟧*", "***Key: ⟦L~" + body + "⟧***", "- *Secret:* **⟦L~" + body + "⟧**", "⟦L~" + body + "⟧[^1]", "⟦L~" + body + "⟧[^note] x", "{code}⟦L~" + body + "⟧{code}", "{noformat}k: ⟦L~" + body + "⟧{noformat}", "{color:red}⟦L~" + body + "⟧{color}",
		"{% if x %}⟦L~" + body + "⟧{% else %}⟦T~" + body + "⟧{% endif %}", "{{#if a}}⟦L~" + body + "⟧{{else}}⟦T~" + body + "⟧{{/if}}", "{{ if a }}⟦L~" + body + "⟧{{ else }}⟦T~" + body + "⟧{{ end }}", "{{- if a -}}⟦L~" + body + "⟧{{- end -}}",
		"was ⟦L~" + accountKey + "⟧... and", "was ⟦L~" + accountKey + "⟧… and", "⟦L~" + accountKey + "⟧{{x}}",
		// Another value behind it.
		"⟦L~" + body + "⟧pk_test_" + body, "⟦L~" + body + "⟧whsec_" + body, "⟦L~" + body + "⟧rk_live_" + body, "⟦L~" + body + "⟧pk_live_" + body,
		"A=⟦L~" + body + "⟧STRIPE_PUBLIC_KEY=x\n", "A=⟦L~" + rulestest.HexBody + "⟧DB_HOST=x\n", "A=⟦L~VOltnGCwigIvgoQBHCcVsUwCAPwLxLTx⟧STRIPE_KEY=x\n", "A=⟦L~" + body + "⟧PORT=80\n",
		// What stays no key.
		"gL~" + body, "xL~" + body + " taT~" + rulestest.HexBody[:24], "L~" + body + "***", "*L~" + body + "**", "L~" + body + "[^a-z]+", "L~" + body + "{{ rest }}", "L~" + body + "{rest}", "monkeyL~" + body, "**L~" + body + "****",
	}
	for _, source := range tests {
		for _, m := range checkMarks(t, Default(), source) {
			if m.Placeholder || m.LongPrefix {
				t.Errorf("%q: %+v", source, m)
			}
		}
	}
}

// Avro writes twice the length in front of a text.
func TestAvro(t *testing.T) {
	for n := 20; n <= 55; n++ {
		body := rulestest.NewRandom(uint64(n)).Text(rulestest.Alnum, n)
		got := scanAll(Default(), fmt.Sprintf("\x00\x06key%c%s%s\n\x0aalice", 2*(n+keys.PrefixLen), keys.Live, body))
		if len(got) != 1 || got[0].Key.Reveal() != keys.Live+body || got[0].LongPrefix {
			t.Errorf("a body of %d: %+v", n, got)
		}
	}
}

// Formats that are not text tell how long a key is, in front of it.
func TestRecords(t *testing.T) {
	for n := 20; n <= 110; n++ {
		body := rulestest.NewRandom(uint64(n)).Text(rulestest.Alnum, n)
		for name, format := range map[string]string{
			"CBOR":         "\xa1ckeyx%[1]c⟦L~%[2]s⟧",
			"MessagePack":  "\x82\xa3key\xd9%[1]c⟦L~%[2]s⟧\xa1n\x01",
			"protobuf":     "\x08\x01\n%[1]c⟦L~%[2]s⟧\x12\x05alice",
			"Java":         "\x00\x00\x00A\x01\x00%[1]c⟦L~%[2]s⟧\x01\x00\x06<init>",
			"RDB":          "REDIS0011\xfa\x00\x05token%[1]c⟦L~%[2]s⟧\x00\x03abc",
			"RDB, behind":  "REDIS0011\xfa\x00\x05token\xc0%[1]c⟦L~%[2]s⟧\xff",
			"BSON":         "\x02key\x00%[3]c\x00\x00\x00⟦L~%[2]s⟧\x00\x00",
			"Python":       "\xe3\x00\x00\x00z%[1]c⟦L~%[2]s⟧N)\x01",
			"Python, text": "\x00\x00\xda%[1]c⟦L~%[2]s⟧z\x03abc",
			"CBOR, 3":      "\xa2ckeyx%[1]c⟦L~%[2]s⟧ealiceaq\x18*",
			"CBOR, 2":      "\xa2ckeyx%[1]c⟦L~%[2]s⟧\xa1n\x01",
			"protobuf, 2":  "\x08\x01\n%[1]c⟦L~%[2]s⟧2\x05alice",
			"protobuf, 3":  "\x08\x01B%[1]c⟦L~%[2]s⟧J\x03abc",
			"Java, stream": "\xac\xed\x00\x05t\x00%[1]c⟦L~%[2]s⟧t\x00\x03abc",
			"Erlang":       "\x83t\x00\x00\x00\x01d\x00\x03keym\x00\x00\x00%[1]c⟦L~%[2]s⟧j",
			"Ruby":         "\x04\b{\x06:\bkeyI\"%[4]c⟦L~%[2]s⟧\x06:\x06ET",
			"PNG":          "\x89PNG\r\n\x1a\n\x00\x00\x00%[5]ctEXtComment\x00⟦L~%[2]s⟧a%%Rq",
		} {
			length := n + keys.PrefixLen
			if length >= 120 {
				continue
			}
			format = strings.NewReplacer("⟦L~", keys.Live, "⟧", "").Replace(format)
			text := fmt.Sprintf(format, length, body, length+1, length+5, length+8)
			got := scanAll(Default(), text)
			if len(got) != 1 || got[0].Key.Reveal() != keys.Live+body || got[0].Placeholder || got[0].LongPrefix {
				t.Errorf("%s of %d: %+v in %q", name, n, got, text)
			}
		}
	}
}

// What a format makes of its arguments, and what a name stands for that the same text gives a value.
func TestFormatsAndConstants(t *testing.T) {
	body := rulestest.Base62Body
	real := []string{
		`fmt.Sprintf("⟦L~%s", "` + body + `⟧")`, `fmt.Sprintf("%s_%s_%s", "⟦sk", "live", "` + body + `⟧")`, `fmt.Sprintf("%s: ⟦L~%v", "Bearer", "` + body + `⟧")`, "fmt.Sprintf(\n\t\"⟦L~%s\",\n\t\"" + body + "⟧\",\n)\n",
		`'{}_{}_{}'.format('⟦sk', 'test', '` + body + `⟧')`, `"⟦L~{0}".format("` + body + `⟧")`, `'⟦L~%s' % ('` + body + `⟧',)`, `'⟦T~%s' % '` + body + `⟧'`, `"%s%s" % ("⟦L~", "` + body + `⟧")`, `"⟦L~%1$s".formatted("` + body + `⟧")`,
		`String.format("%s%s", "⟦L~", "` + body + `⟧")`, `format!("⟦L~{}", "` + body + `⟧")`, `sprintf('%s%s', '⟦T~', '` + body + `⟧')`, `printf '⟦L~%s' ` + body + "⟧\n", `printf "⟦L~%s\n" "` + body + `⟧"`, `[NSString stringWithFormat:@"⟦L~%@", @"` + body + `⟧"]`,
		`'{0}_{1}_{2}' -f '⟦sk','live','` + body + `⟧'`, `string.Format("⟦L~{0}", "` + body + `⟧")`, `format("⟦L~%s", "` + body + `⟧")`,
		"const id = '" + body + "';\nconst k = `⟦L~${id}⟧`;\n", "BODY = \"" + body + "\"\nkey = f\"⟦L~{BODY}⟧\"\n", "BODY=" + body + "\nexport KEY=⟦L~${BODY}⟧\n", "BODY=" + body + "\nKEY=\"⟦L~$BODY⟧\"\n", "body = '" + body + "'\nk = \"⟦L~#{body}⟧\"\n",
		"var k = '⟦L~' + rest⟧;\nvar rest = '" + body + "';\n", "$rest = '" + body + "';\n$k = '⟦T~' . $rest⟧;\n", "static final String REST = \"" + body + "\";\nString k = \"⟦L~\" + REST⟧;\n",
		"cfg = { 'rest': '" + body + "' }\nk = f'⟦L~{rest}⟧'\n", "const Rest string = \"" + body + "\"\nvar k = \"⟦L~\" + Rest⟧\n",
	}
	for _, source := range real {
		for _, m := range checkMarks(t, Default(), source) {
			if m.Form != "joined" || m.Key.Reveal()[keys.PrefixLen:] != body {
				t.Errorf("%q: %+v", source, m)
			}
		}
	}
	for _, source := range []string{
		`fmt.Sprintf("%s_%s_%s%08dQ", "sk", "live", "Zq8mKp3vWx7yTn2Rs", n)`, `"L~%s" % f("` + body + `")`, `"sk_" + "live_Zq8mKp3vWx7y%08dQ"`, `"L~Zq8mKp3vWx7y%02x"`, `"L~Zq8mKp3vWx7y%s"`,
		`"L~Zq8mKp3vWx7y{}Q".format(n)`, `fmt.Sprintf("L~%s%d", "Zq8mKp3vWx7yTn2Rs", n)`, `fmt.Sprintf("L~%s%s", "Zq8mKp3vWx7yTn2Rs", suffix)`, `fmt.Sprintf("L~%d", "` + body + `")`, `fmt.Sprintf("L~%s", name)`, `fmt.Sprintf("a%sL~", "` + body + `")`, `'L~%(body)s' % x`,
		"name = 'a plain text'\nk = f\"L~{name}\"\n", "other = '" + body + "'\nk = f\"L~{name}\"\n", "my_name = '" + body + "'\nk = f\"L~{name}\"\n", "name == '" + body + "'\nk = f\"L~{name}\"\n", "rest = '" + body + "'\nk = 'L~' + rest(1)\n", "k = `L~${a.b()}`\nb = '" + body + "'\n",
	} {
		checkMarks(t, Default(), source)
	}
	for _, source := range []string{`printf("⟦L~` + body + `⟧%s\n", end)`, "/?k=⟦L~" + body + "⟧%3D", "/?k=⟦L~" + body + "Ab⟧%da", "⟦L~" + body + "⟧%\n", "⟦L~" + body + "⟧% of", `"⟦L~` + body + `⟧{}"`} {
		checkMarks(t, Default(), source)
	}
}

// Keys that a program puts together, or that a page, a log or an editor parts or writes in its own way.
func TestPutTogether(t *testing.T) {
	body := rulestest.Base62Body
	for form, sources := range map[string][]string{
		"joined": {
			`"⟦L~{}".format("` + body + `⟧")`, `'⟦T~%s' % '` + body + `⟧'`, `fmt.Sprintf("⟦L~%s", "` + body + `⟧")`, `String.format("⟦L~%s", "` + body + `⟧")`, `printf('⟦L~%s', '` + body + `⟧')`, `"⟦L~{0}" -f "` + body + `⟧"`,
			`$k = '{0}{1}' -f '⟦L~','` + body + `⟧'`, `"{}{}".format("⟦L~", "` + body + `⟧")`, `printf("%s%s", "⟦T~", "` + body + `⟧")`,
			`sb.append("⟦L~").append("` + body + `⟧");`, "key = \"⟦L~\"\nkey += \"" + body + "⟧\"\n", "var key = '⟦sk_live_'; key += '" + body + "⟧';", "$key = '⟦L~';\n$key .= '" + body + "⟧';", `k = "⟦L~" // "` + body + `⟧"`,
			"k = \"⟦L~" + half1 + "\" & _\n    \"" + half2 + "⟧\"\n", "k = \"⟦sk_\" & _\r\n  \"live_" + body + "⟧\"\n",
			"k = \"a ⟦sk_l\" & _\r\n      \"ive_" + half1 + "\" & _\r\n      \"" + half2 + "⟧\"\n", "k = \"⟦sk_t\" & _\r\n      \"est_" + body + "⟧\"\n", "k = \"⟦sk_liv\" & _\n \"e_" + body + "⟧\"\n",
		},
		"quoted-printable": {"Key: ⟦T~A4HkkShiDdBGWkxGUXsV9K3kIC3BZ=\npyA⟧ and more\n"},
		"escaped":          {`{\f0 ⟦sk\'5flive\'5f` + body + `⟧\par}`, `\texttt{⟦sk{\_}live{\_}` + body + `⟧}`, "⟦sk＿live＿" + body + "⟧ "},
		"continued":        {"Key:\n⟦L~\n" + body + "⟧\n", "dn: x\nKey: ⟦L~" + accountKey[:41] + "\n " + accountKey[41:] + "⟧\nsn: y\n", "⟦T~" + accountKey[:60] + "\r\n" + accountKey[60:] + "⟧\r\n"},
		"invisible":        {"[01;31m[K⟦L~[m[K" + body + "⟧ "},
		"plain":            {"#011#012⟦L~" + body + "⟧#012", "/backup/⟦L~" + body + "⟧-prod.json", "K=⟦L~q1/x+3YU6cLP3WMfvTvVo1rdb/pLw9Zk==⟧\n"},
		"": {
			`"L~%s" % f("` + body + `")`, `"L~{}".format(key)`, "key = \"L~\"\nother += \"" + body + "\"\n", `"L~" // see "` + body + `"`, "L~\n\n" + body + "\n", "L~\nsome words here\n", "L~\n" + body + " and more\n", "#041L~" + body[:0] + " ",
		},
	} {
		for _, source := range sources {
			for _, m := range checkMarks(t, Default(), source) {
				if m.Form != form {
					t.Errorf("%q: form %s, want %s", source, m.Form, form)
				}
			}
		}
	}
}

// Where two ends are possible and no usual length decides, the longer one is told, and the shorter beside it.
func TestAmbiguousEnds(t *testing.T) {
	odd, usual, secret := rulestest.Base62Body[:21], rulestest.Base62Body, rulestest.NewRandom(3).Text(rulestest.Alnum, 32)
	for source, other := range map[string]string{
		"A=⟦L~" + odd + "DB_HOST⟧=x\n": odd, "A=⟦L~" + rulestest.HexBody[:21] + "NEXT_PLACE⟧=x\n": rulestest.HexBody[:21], "A=⟦L~" + usual + "⟧DB_HOST=x\n": "", "/b/⟦L~" + odd + "-prod⟧.json": odd, "/b/⟦L~" + usual + "⟧-prod.json": "",
		"K=⟦L~" + odd + "." + secret + "⟧\n": odd, "K=⟦L~" + usual + "⟧." + secret + "\n": "", "see ⟦L~" + odd + "⟧. And": "", "see ⟦L~" + odd + "⟧.example.com": "", "K=⟦L~" + odd + "⟧." + secret + ".x\n": "",
		"A=⟦L~" + usual + "⟧PUBLISHABLE_KEY=x\n":    usual + "PUBLISHA",
		"\x00\x01key\x02⟦L~" + usual + "z⟧\x03\x00": usual, "\x00\x01key\x02⟦L~" + usual + "⟧\x03\x00": "", "K=⟦L~" + usual + "z⟧\n": "", "K=⟦L~" + odd + "⟧==x": "", "K=⟦L~" + odd + "⟧\n": "",
	} {
		got := checkMarks(t, Default(), source)
		if len(got) != 1 {
			continue
		}
		if told := len(got[0].Others) > 0; told != (other != "") || told && !slices.Contains(got[0].Others, NewKey(keys.Live+other)) {
			t.Errorf("%q: %d other readings, not %q among them", source, len(got[0].Others), other)
		}
	}
}

// In a row of SQLite's, columns touch: the types in front of them tell where the key starts and ends.
func TestSQLiteRows(t *testing.T) {
	for n := 16; n <= 48; n++ {
		body := rulestest.NewRandom(uint64(n)).Text(rulestest.Alnum, n)
		types := string(rune(0)) + "\x13" // nothing, and a text of three characters
		if size := 13 + 2*(n+keys.PrefixLen); size < 0x80 {
			types += string([]byte{byte(size)})
		} else {
			types += string([]byte{0x80 | byte(size>>7), byte(size & 0x7f)})
		}
		types += "\x13"
		row := string([]byte{byte(len(types) + 1)}) + types + "abc" + keys.Live + body + "777"
		got := scanAll(Default(), "\x00\x00\x81\x10\x07"+row+"\x05\x01")
		if len(got) != 1 || got[0].Key.Reveal() != keys.Live+body || got[0].LongPrefix {
			t.Errorf("a row with a body of %d: %+v", n, got)
		}
	}
}
