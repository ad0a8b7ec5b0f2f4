package provider

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"skleak/rules"
	"skleak/rules/nearby"
	"skleak/rules/rulestest"
)

// Bodies in the shapes of providers. None of them is anybody's.
const (
	uuidBody     = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
	upperHexBody = "9F86D081884C7D65"
	ulidBody     = "a2V5XzAxSFpYNFJDNlkzVkZLV1E5UDBEQTJUTUJOLGg3S3BTMnZRd0U5clR5VThpTzNh"
	testKey      = "L~" + base62Body
	base62Body   = rulestest.Base62Body
	hexBody      = rulestest.HexBody
)

// attribute attributes the marked key of a text.
func attribute(t *testing.T, s *Set, source, path string) (provider, evidence string) {
	t.Helper()
	m := rulestest.Parse(source)
	found := false
	s.Scan([]byte(m.Text), func(match rules.Match) {
		if match.Start >= m.Want[0].Start && match.End <= m.Want[0].End {
			found = true
			provider, evidence = s.Clues([]byte(m.Text), match).Decide(path)
		}
	})
	if !found {
		t.Fatalf("%q: the marked key is not found", source)
	}
	return provider, evidence
}

// TestAttribution has the key in question between ⟦ and ⟧, which are taken out. § stands for a key
// of no particular shape, and ¶ for another one.
func TestAttribution(t *testing.T) {
	for _, c := range []struct{ text, path, provider, evidence string }{
		// One of each kind of evidence.
		{"curl https://api.laminr.ai/v1/files \\\n  -H 'x-api-key: §'", "", "laminr", "host api.laminr.ai"},
		{"https://dashboard.stripe.com/x §", "", "stripe", "host stripe.com"},
		{"X-Auth-Secret-Key: §", "", "yoco", "header X-Auth-Secret-Key"},
		{"HTTP_X_RECHARGE_ACCESS_TOKEN=§", "", "recharge", "header HTTP_X_RECHARGE_ACCESS_TOKEN"},
		{"PAYSTACK_SECRET_KEY=§", "", "paystack", "name PAYSTACK_SECRET_KEY"},
		{"key: §", "config/stripe.yml", "stripe", "path config/stripe.yml"},
		{"key: ⟦T~" + uuidBody + "⟧", "", "checkout.com", "shape uuid"},
		{"key: ⟦T~1x1_" + strings.Repeat("0a9f3e71", 8) + "⟧", "", "recharge", "shape store, scope and 64 of hex"},
		// Nothing decides.
		{"§", "", "unknown", ""},
		{"x-api-key: §", "", "unknown", ""},
		{"Authorization: Bearer ⟦L~51" + base62Body + "⟧", "", "unknown", ""},
		{"key: ⟦L~" + ulidBody + "⟧", "", "unknown", ""},
		{"key: ⟦L~" + uuidBody + "⟧", "", "unknown", ""},
		{"key: §", "src/config.yml", "unknown", ""},
		// Two providers issue the shape; the names part them.
		{"workos: ⟦L~" + ulidBody + "⟧", "", "workos", "name workos"},
		{"key: ⟦L~" + ulidBody + "⟧", "highnote.env", "highnote", "path highnote.env"},
		// Names, in the ways people write them.
		{"stripeKey = '§'", "", "stripe", "name stripeKey"},
		{"stripe-key: §", "", "stripe", "name stripe-key"},
		{"Stripe.api_key = '§'", "", "stripe", "name Stripe.api_key"},
		{"com.stripe.Stripe.apiKey = \"§\"", "", "stripe", "name com.stripe.Stripe.apiKey"},
		{"stripekey=§", "", "stripe", "name stripekey"},
		{"STRIPESECRETKEY=§", "", "stripe", "name STRIPESECRETKEY"},
		{"STRIPE2_KEY=§", "", "stripe", "name STRIPE2_KEY"},
		{"WorkOSClient('§')", "", "workos", "name WorkOSClient"},
		{"work_os_key: §", "", "workos", "name work_os_key"},
		{"PAY_JP_KEY=§", "", "payjp", "name PAY_JP_KEY"},
		{"payjpKey=§", "", "payjp", "name payjpKey"},
		{"TranscriptMagicKey=§", "", "transcriptmagic", "name TranscriptMagicKey"},
		{`x = "a\nstripe_key=§"`, "", "stripe", "name stripe_key"},
		{"stripe_§", "", "stripe", "name stripe"},
		{"stripes = '§'", "", "unknown", ""},
		{"pinstriped = '§'", "", "unknown", ""},
		{"restriped_key = '§'", "", "unknown", ""},
		{"clerks: §", "", "unknown", ""},
		{"work.os.key: §", "", "unknown", ""},
		{"work__os: §", "", "unknown", ""},
		{"pay.jpeg §", "", "unknown", ""},
		// Words that mean other things as well.
		{"moment().format('x'); key = '§'", "", "unknown", ""},
		{"momentco_key = '⟦T~" + base62Body + "⟧'", "", "moment", "name momentco_key"},
		{"magic: §", "", "unknown", ""},
		{"magic: ⟦L~" + upperHexBody + "⟧", "", "magic", "name magic"},
		{"git checkout main; KEY=§", "", "unknown", ""},
		{"const c = new Checkout('⟦T~" + uuidBody + "⟧')", "", "checkout.com", "name Checkout"},
		{"recharge_key: §", "", "unknown", ""},
		{"user.magic.link(§)", "", "unknown", ""},
		// Hosts that only look like one.
		{"https://notstripe.com/ §", "", "unknown", ""},
		{"https://api.stripe.com.evil.test/ §", "", "stripe", "name api.stripe.com.evil.test"},
		{"mail bob@stripe.com §", "", "unknown", ""},
		{"stripe@example.com: §", "", "unknown", ""},
		{"https://u@api.stripe.com/ §", "", "stripe", "host api.stripe.com"},
		{"https://§@api.stripe.com/", "", "stripe", "host api.stripe.com"},
		{"import x from '@clerk/nextjs'\nkey = '§'", "", "clerk", "name clerk"},
		// Host beats header beats name, where all of them stand as near.
		{"curl https://api.laminr.ai -H 'stripe-key: §'", "", "laminr", "host api.laminr.ai"},
		{"curl https://api.laminr.ai -H 'X-Magic-Secret-Key: §'", "", "laminr", "host api.laminr.ai"},
		{"clerk(h='X-Magic-Secret-Key', §)", "", "magic", "header X-Magic-Secret-Key"},
		{"// paystack\n// api.laminr.ai\nkey = '§'", "", "laminr", "host api.laminr.ai"},
		{"key = '§'\ncurl('https://api.laminr.ai')\n", "stripe.js", "laminr", "host api.laminr.ai"},
		// The nearest counts.
		{"STRIPE_URL=https://api.stripe.com\nPAYSTACK_SECRET_KEY=§", "", "paystack", "name PAYSTACK_SECRET_KEY"},
		{"# paystack\n# stripe\nkey=§", "", "stripe", "name stripe"},
		{"PAYSTACK=1 STRIPE=§", "", "stripe", "name STRIPE"},
		{"paystack.to(stripe_key = '§')", "", "stripe", "name stripe_key"},
		{"key=§", "stripe/config/paystack.yml", "paystack", "path stripe/config/paystack.yml"},
		{"key=§", `stripe\config\paystack.yml`, "paystack", `path stripe\config\paystack.yml`},
		{"key=§", `C:\STRIPE\.ENV`, "stripe", `path C:\STRIPE\.ENV`},
		{"# stripe\nkey=§", "paystack.env", "stripe", "name stripe"},
		{`{"url":"https://api.laminr.ai","key":"§"},{"url":"https://api.stripe.com"}`, "", "laminr", "host api.laminr.ai"},
		{"f('https://api.laminr.ai', {\n  'x-api-key': '§', trace: 'stripe' })", "", "laminr", "host api.laminr.ai"},
		{`f({url: "https://api.laminr.ai", k: {url: "https://api.stripe.com", key: "§"}})`, "", "stripe", "host api.stripe.com"},
		{"curl https://api.laminr.ai \\\n  -H 'stripe-key: §'", "", "laminr", "host api.laminr.ai"},
		{"paystack(" + strings.Repeat(" ", labelGap) + "'§')\n// https://api.laminr.ai", "", "laminr", "host api.laminr.ai"},
		{"# laminr\n# transcriptmagic\n\n\n§", "", "transcriptmagic", "name transcriptmagic"},
		{"# laminr\n# transcriptmagic\n\n\n\n§", "", "unknown", ""},
		// Equal claims.
		{"STRIPE_PAYSTACK_KEY=§", "", "unknown", ""},
		{"f('https://api.laminr.ai', 'https://api.stripe.com', '§')", "", "unknown", ""},
		{"# stripe or paystack\nkey=§", "laminr.env", "unknown", ""},
		{"# stripe\nkey=§\npaystack(key)", "", "unknown", ""},
		{"key=§", "stripe-paystack.env", "unknown", ""},
		{"# laminr\n\n\n\n\n# stripe\n\n\n\n\nkey=§", "", "unknown", ""},
		// Blocks and other keys.
		{"laminr:\n  api_key: ¶\nstripe:\n  api_key: §\npaystack:\n  api_key: ¶\n", "", "stripe", "name stripe"},
		{"laminr:\n  env: prod\n  url: x\n  api_key: §\n", "", "laminr", "name laminr"},
		{"STRIPE_KEY=¶\nAPI_KEY=§\n", "", "unknown", ""},
		{"API_KEY=§\nSTRIPE_KEY=¶\n", "", "unknown", ""},
		{"stripe:\n  live: ¶\n  test: §\n", "", "stripe", "name stripe"},
		{`{"stripe":{"live":"¶","test":"§"}}`, "", "stripe", "name stripe"},
		{`{"stripe":"¶","key":"§"}`, "", "unknown", ""},
		{`{"key":"§","stripe":"¶"}`, "", "unknown", ""},
		{"[laminr]\nkey = §\n\n[stripe]\nkey = ¶\n", "", "laminr", "name laminr"},
		{"a:\n  key: §\nstripe:\n", "", "unknown", ""},
		{"key = §\n# stripe\nother = 1\n", "", "unknown", ""},
		{"const key = '§'\nconst client = require('stripe')(key)\n", "", "stripe", "name stripe"},
		{"# paystack\nSTRIPE_WEBHOOK=whsec\nKEY=§\n", "", "paystack", "name paystack"},
		{"# paystack\nexport STRIPE_WEBHOOK=whsec\nKEY=§\n", "", "paystack", "name paystack"},
		{"# paystack\nfor stripe: use\nKEY=§\n", "", "stripe", "name stripe"},
		{"Authorization: §\nHost: api.fintoc.com\n", "", "fintoc", "host api.fintoc.com"},
		// A name of the key's own that names a stranger.
		{"ZENQOR_API_KEY=§\nSTRIPE_WEBHOOK_SECRET=whsec_x\n", "", "unknown", ""},
		{"# stripe\nZENQOR_API_KEY=§\n", "stripe.env", "unknown", ""},
		{"STRIPE_URL=https://api.stripe.com\nTAP_KEY=§\n", "", "unknown", ""},
		{"{\"stripe\": {\"pk\": 1},\n \"zenqorKey\": \"§\"}", "", "unknown", ""},
		{"zenqor_token: §\nurl: https://api.laminr.ai", "", "unknown", ""},
		{"const zenqorKey = '§'\nfetch('https://api.laminr.ai')", "", "laminr", "host api.laminr.ai"},
		{"# stripe\nMY_APP_SERVER_SECRET_KEY_PROD=§\n", "", "stripe", "name stripe"},
		{"# stripe\napiSecretKey: §\n", "", "stripe", "name stripe"},
		{"# stripe\nAuthorization: Bearer §\n", "", "stripe", "name stripe"},
		{"ZENQOR_STRIPE_KEY=§\n", "", "stripe", "name ZENQOR_STRIPE_KEY"},
		{"ZENQOR_WORK_OS_KEY=§\n", "", "workos", "name ZENQOR_WORK_OS_KEY"},
		{"KNOCK_API_KEY=§\nSTRIPE_WEBHOOK_SECRET=whsec_x\n", "", "knock", "name KNOCK_API_KEY"},
		// Environments.
		{"transcriptmagic: §", "", "transcriptmagic", "name transcriptmagic"},
		{"transcriptmagic: ⟦T~" + base62Body + "⟧", "", "unknown", ""},
		{"momentco: §", "", "unknown", ""},
		// Windows.
		{"# laminr" + strings.Repeat("\n", nearby.LinesBefore) + "§", "", "laminr", "name laminr"},
		{"# laminr" + strings.Repeat("\n", nearby.LinesBefore+1) + "§", "", "unknown", ""},
		{"§" + strings.Repeat("\n", nearby.LinesBehind) + "laminr", "", "laminr", "name laminr"},
		{"§" + strings.Repeat("\n", nearby.LinesBehind+1) + "laminr", "", "unknown", ""},
		{" laminr" + strings.Repeat(" ", nearby.Before-len("laminr")-1) + "§", "", "laminr", "name laminr"},
		{" laminr" + strings.Repeat(" ", nearby.Before-len("laminr")) + "§", "", "unknown", ""},
		{"pinlaminr" + strings.Repeat(" ", nearby.Before-len("laminr")) + "§", "", "unknown", ""},
		{"§" + strings.Repeat(" ", nearby.Behind-len("laminr")-1) + "laminr ", "", "laminr", "name laminr"},
		{"§" + strings.Repeat(" ", nearby.Behind-len("laminr")) + "laminrs", "", "unknown", ""},
		{"We use Stripe.\n\n\n\n\nkey: §", "", "stripe", "name Stripe"},
		{"We use Stripe.\n\n\n\n\nkey: ⟦L~" + base62Body + "x7⟧", "", "unknown", ""},
		// A name with something secret in it is told by its word alone.
		{"stripe_a8f73k20x91: §", "", "stripe", "name stripe"},
	} {
		text := strings.NewReplacer("§", "⟦"+testKey+"⟧", "¶", "L~"+hexBody).Replace(c.text)
		provider, evidence := attribute(t, Default(), text, c.path)
		if provider != c.provider || evidence != c.evidence {
			t.Errorf("%.200q, path %q\n is %s by %q, want %s by %q", c.text, c.path, provider, evidence, c.provider, c.evidence)
		}
	}
}

func TestAttributionOfOwnRules(t *testing.T) {
	own, err := rules.Compile([]rules.Rule{{ID: "mine", Literals: []string{"acme_pat_"}, Provider: "acme"}})
	if err != nil {
		t.Fatal(err)
	}
	s := &Set{Set: own, registry: Default().registry}
	text := []byte("curl https://api.stripe.com acme_pat_" + base62Body)
	s.Scan(text, func(m rules.Match) {
		if p, e := s.Clues(text, m).Decide("stripe.sh"); p != "acme" || e != "rule mine" {
			t.Errorf("%s by %q, want acme by rule mine", p, e)
		}
	})
	if p, e := (Clues{}).Decide("stripe.env"); p != Unknown || e != "" {
		t.Errorf("no clues say %s by %q", p, e)
	}
}

// Documentation keys are not in this source; one of a provider of our own stands for them.
func TestAttributionByDocumentation(t *testing.T) {
	key := rulestest.Live + "abc123" + "xyz789"
	if got := documentedBy(rules.NewKey(key)); got != "laminr" {
		t.Fatalf("the key of Laminr's documentation is %q's", got)
	}
	if p, e := attribute(t, Default(), "# stripe\nx-api-key: ⟦"+key+"⟧", ""); p != "laminr" || e != "documentation" {
		t.Errorf("%s by %q", p, e)
	}
}

// A file of settings in base64, as in the data of a Kubernetes secret, at all alignments and wrapped.
func TestAttributionInBase64(t *testing.T) {
	key := rulestest.Live + base62Body
	for lead := range 3 {
		blob := base64.StdEncoding.EncodeToString([]byte("A=1"[:lead] + "\n# paystack\nSTRIPE_KEY=" + key + "\nX=1\n"))
		wrapped := blob[:19] + "\n" + blob[19:38] + "\n" + blob[38:]
		for _, text := range []string{"kind: Secret\n.env: " + blob + "\n", "clerk: " + blob, "x\n\n" + wrapped + "\n", strings.Repeat("QUFB", 700) + blob} {
			found := false
			Default().Scan([]byte(text), func(m rules.Match) {
				p, e := Default().Clues([]byte(text), m).Decide("")
				if found = m.Key.Reveal() == key; p != "stripe" || e != "name STRIPE_KEY" {
					t.Errorf("%.60q: %s by %q", text, p, e)
				}
			})
			if !found {
				t.Errorf("%.60q: not found", text)
			}
		}
		alone := "CLERK_KEY: " + base64.StdEncoding.EncodeToString([]byte("A=1"[:lead]+key))
		Default().Scan([]byte(alone), func(m rules.Match) {
			if p, e := Default().Clues([]byte(alone), m).Decide(""); p != "clerk" || e != "name CLERK_KEY" {
				t.Errorf("%q: %s by %q", alone, p, e)
			}
		})
	}
}

// Where the text in base64 begins, its first name is whole.
func TestAttributionAtTheStartOfBase64(t *testing.T) {
	text := base64.StdEncoding.EncodeToString([]byte("STRIPE_KEY=" + rulestest.Live + base62Body))
	if p, e := attribute(t, Default(), "⟦"+text+"⟧", ""); p != "stripe" || e != "name STRIPE_KEY" {
		t.Errorf("%s by %q", p, e)
	}
}

// TestAttributionInUTF16 has names in the encoding of the key, which is what the form says.
func TestAttributionInUTF16(t *testing.T) {
	text := []byte(strings.Join(strings.Split("STRIPE_KEY=", ""), "\x00") + "\x00KEY\x00\r\x00\n\x00")
	at := bytes.Index(text, []byte("\x00KEY")) + 1
	m := rules.Match{Start: at, End: at + 3, Key: rules.NewKey(rulestest.Live + base62Body), Form: "utf16"}
	if p, e := Default().Clues(text, m).Decide(""); p != "stripe" || e != "name STRIPE_KEY" {
		t.Errorf("%s by %q", p, e)
	}
}

// TestEvidenceHoldsNoKey puts keys where evidence is read from.
func TestEvidenceHoldsNoKey(t *testing.T) {
	secret := rulestest.Live + hexBody
	for _, c := range []struct{ text, path string }{
		{"stripe_" + secret + "=⟦" + testKey + "⟧", ""},
		{"stripe." + secret + ": ⟦" + testKey + "⟧", ""},
		{"k ⟦" + testKey + "⟧.stripe." + secret, ""},
		{"https://" + secret + ".stripe.com ⟦" + testKey + "⟧", ""},
		{"⟦" + testKey + "⟧", "stripe/" + secret + ".env"},
		{"⟦" + testKey + "⟧", "stripe_" + secret},
	} {
		_, evidence := attribute(t, Default(), c.text, c.path)
		if strings.Contains(evidence, hexBody) || strings.Contains(evidence, base62Body) {
			t.Errorf("%q, path %q: evidence %q", c.text, c.path, evidence)
		}
	}
}

// TestAttributionDependsOnTheWindowAlone changes what lies outside of Reach, and cuts it off.
func TestAttributionDependsOnTheWindowAlone(t *testing.T) {
	s := Default()
	r := rand.New(rand.NewPCG(7, 0))
	pieces := []string{
		"stripe", "laminr_key=", "https://api.paystack.co/", "\n", "\n", "\n\n", " ", "{", "}", "\\\n", "# ", "pinstriped ", "X-Magic-Secret-Key: ",
		strings.Repeat(" ", 700), strings.Repeat("x", 300), rulestest.Live + hexBody + " ", "api.", "@", ":", "=", "clerk",
	}
	grow := func(n int) string {
		var b strings.Builder
		for b.Len() < n {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		return b.String()[:n]
	}
	for range 2000 {
		before, behind := grow(s.Reach()), grow(s.Reach())
		key := rulestest.Test + base62Body
		inner := before + key + behind
		whole := grow(1+r.IntN(3000)) + inner + grow(1+r.IntN(3000))
		shift := strings.Index(whole, inner)
		m := rules.Match{Start: len(before), End: len(before) + len(key), Key: rules.NewKey(key), Form: "plain"}
		// A key may be written over more bytes than it has.
		m.End += r.IntN(2) * r.IntN(len(behind))
		moved := m
		moved.Start, moved.End = m.Start+shift, m.End+shift
		// A reader may hold Reach bytes behind the start of a match, and no more.
		cut := inner[:max(m.Start+s.Reach(), m.End)]
		want := fmt.Sprint(s.Clues([]byte(whole), moved).Decide(""))
		for _, text := range []string{inner, cut} {
			if got := fmt.Sprint(s.Clues([]byte(text), m).Decide("")); got != want {
				t.Fatalf("the window says %s, the whole %s:\n%q", got, want, inner)
			}
		}
		if a, b := nearby.Allowed(s.Set, []byte(whole), moved), nearby.Allowed(s.Set, []byte(cut), m); a != b {
			t.Fatalf("the window allows by %q, the whole by %q:\n%q", b, a, inner)
		}
	}
}

// A word that ends where a reader's text may end is not taken for a whole one.
func TestAttributionAtTheEndOfReach(t *testing.T) {
	s := Default()
	key := rules.NewKey(rulestest.Live + base62Body)
	m := rules.Match{Start: 0, End: s.Reach() - 500, Key: key, Form: "continued"}
	whole := []byte(strings.Repeat(".", s.Reach()-len(" laminr")) + " laminrs and more")
	for _, text := range [][]byte{whole, whole[:s.Reach()]} {
		if p, e := s.Clues(text, m).Decide(""); p != Unknown {
			t.Errorf("of %d bytes: %s by %q", len(text), p, e)
		}
	}
}

var clueSeeds = []struct{ before, behind, path string }{
	{"STRIPE_KEY=", " # laminr", "config/x.yml"},
	{"https://api.laminr.ai \\\n -H '", "'", ""},
	{`set KEY=`, "", `C:\laminr\.ENV`},
}

func FuzzClues(f *testing.F) {
	for _, seed := range clueSeeds {
		f.Add([]byte(seed.before), []byte(seed.behind), seed.path)
	}
	s := Default()
	key := rulestest.Live + base62Body
	f.Fuzz(func(t *testing.T, before, behind []byte, path string) {
		text := append(append(bytes.Clone(before), key...), behind...)
		m := rules.Match{Start: len(before), End: len(before) + len(key), Key: rules.NewKey(key), Form: "plain"}
		provider, evidence := s.Clues(text, m).Decide(path)
		if strings.Contains(evidence, base62Body) || (provider == Unknown) != (evidence == "") {
			t.Errorf("%s by %q", provider, evidence)
		}
		if _, known := s.Provider(provider); !known && provider != Unknown {
			t.Errorf("no such provider: %s", provider)
		}
		nearby.Allowed(s.Set, text, m)
	})
}

func BenchmarkClues(b *testing.B) {
	line := "SOME_SETTING_OF_THIS=and its value, with words like stripes\n"
	text := []byte(strings.Repeat(line, 40) + "STRIPE_KEY=" + rulestest.Live + base62Body + "\n" + strings.Repeat(line, 40))
	var match rules.Match
	Default().Scan(text, func(m rules.Match) { match = m })
	b.ReportAllocs()
	for b.Loop() {
		Default().Clues(text, match)
	}
}

// TestEveryClueHasAHitAndANearMiss holds each host, header and word of each provider against a text that
// has it, and one that has something longer.
func TestEveryClueHasAHitAndANearMiss(t *testing.T) {
	shaped := map[string]string{"checkout.com": "T~" + uuidBody, "magic": "L~" + upperHexBody, "recharge": "T~1x1_" + strings.Repeat("0a9f3e71", 8)}
	for _, p := range Builtin() {
		key := "T~" + base62Body
		if !p.Issues(rules.Test) {
			key = testKey
		}
		check := func(hit, miss, key string) {
			t.Helper()
			if provider, _ := attribute(t, Default(), hit+"⟦"+key+"⟧", ""); provider != p.ID {
				t.Errorf("%s: %q is %s", p.ID, hit, provider)
			}
			if provider, evidence := attribute(t, Default(), miss+"⟦"+key+"⟧", ""); provider == p.ID && !strings.HasPrefix(evidence, "shape") {
				t.Errorf("%s: %q is taken for it by %q", p.ID, miss, evidence)
			}
		}
		for _, h := range p.Hosts {
			check("https://"+h+"/ ", "https://x"+strings.ReplaceAll(h, ".", "x")+".test/ ", key)
			check("https://sub."+strings.ToUpper(h)+":443/ ", "mail me@"+h+" ", key)
		}
		for _, h := range p.Headers {
			check(strings.ToLower(h)+": ", "X-Your-Key: ", key)
		}
		for _, w := range p.Words {
			parted := strings.ReplaceAll(w, "-", "_")
			whole := strings.ReplaceAll(w, "-", "")
			check(strings.ToUpper(parted)+"_KEY=", "x"+whole+"_KEY=", key)
			check(whole+": ", whole+"ish: ", key)
		}
		for _, w := range p.WeakWords {
			check(w+": ", w+"ish: ", shaped[p.ID])
			check(w+": ", "x"+w+": ", shaped[p.ID])
		}
		for _, w := range p.WeakWords {
			if provider, _ := attribute(t, Default(), w+": ⟦"+key+"⟧", ""); provider != Unknown {
				t.Errorf("%s: %s beside any key is %s", p.ID, w, provider)
			}
		}
	}
}
