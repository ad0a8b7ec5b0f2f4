package provider

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skleak/rules"
	"skleak/rules/rulestest"
)

func TestBuiltinProviders(t *testing.T) {
	var ids, checked []string
	for _, p := range Builtin() {
		ids = append(ids, p.ID)
		if p.Check != nil {
			checked = append(checked, p.ID)
		}
	}
	if got, want := strings.Join(ids, " "), "apideck checkout.com clerk culqi fidel fintoc highnote knock korapay laminr magic moment moyasar openpay pagarme payjp paymongo paystack recharge stripe tap transcriptmagic workos yoco"; got != want {
		t.Errorf("providers %s\nwant %s", got, want)
	}
	if got, want := strings.Join(checked, " "), "clerk laminr paystack stripe transcriptmagic workos"; got != want {
		t.Errorf("with a check: %s\nwant %s", got, want)
	}
}

// Each host, header and word names one provider only, or else the evidence would depend on the order
// of the file.
func TestEvidenceIsUnique(t *testing.T) {
	owner := map[string]string{}
	for _, p := range Builtin() {
		for _, e := range slices.Concat(p.Hosts, p.Headers, p.Words, p.WeakWords) {
			e = strings.ToLower(e)
			if other, taken := owner[e]; taken {
				t.Errorf("%s speaks for %s and %s", e, other, p.ID)
			}
			owner[e] = p.ID
		}
	}
}

func TestSetProviders(t *testing.T) {
	acme := Provider{ID: "acme", Name: "Acme", Words: []string{"acme"}}
	s, err := New(rules.Default(), []Provider{acme})
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := s.Provider("acme"); !ok || p.Name != "Acme" {
		t.Errorf("provider acme: %v %v", p, ok)
	}
	if _, ok := s.Provider("stripe"); ok || len(s.Providers()) != 1 {
		t.Error("a set of one provider has another")
	}
	if p, ok := Default().Provider("laminr"); !ok || p.Check.Fallback != "/api/v1/files" {
		t.Errorf("provider laminr: %v %v", p, ok)
	}
	if len(Default().Providers()) != len(Builtin()) {
		t.Error("the default set does not have all built-in providers")
	}
}

// What the built-in checks say of the answers that are known.
func TestLaminrAnswers(t *testing.T) {
	p, _ := Default().Provider("laminr")
	var got []string
	for _, a := range p.Check.Answers {
		got = append(got, string(a.Means))
	}
	if strings.Join(got, " ") != "active active inactive" || p.Check.Headers["x-api-key"] != KeyMark {
		t.Errorf("answers %v, headers %v", got, p.Check.Headers)
	}
}

func TestWrongProviders(t *testing.T) {
	check := func(change func(*Check)) Provider {
		c := Check{Path: "/v1", Headers: map[string]string{"Authorization": "Bearer " + KeyMark}, Answers: []Answer{{Status: 200, Means: MeansActive}}}
		change(&c)
		return Provider{ID: "a", Name: "A", BaseURL: "https://a.test", Check: &c}
	}
	answer := func(a Answer) Provider { return check(func(c *Check) { c.Answers = []Answer{a} }) }
	if err := validateAll([]Provider{check(func(*Check) {})}); err != nil {
		t.Fatalf("a valid provider: %v", err)
	}
	for want, p := range map[string]Provider{
		"an ID has":               {ID: "A", Name: "A"},
		`is not "unknown"`:        {ID: "unknown", Name: "A"},
		"no name":                 {ID: "a"},
		"give a domain":           {ID: "a", Name: "A", Hosts: []string{"https://a.test"}},
		"the name of a header":    {ID: "a", Name: "A", Headers: []string{"X: y"}},
		"many vendors use it":     {ID: "a", Name: "A", Headers: []string{"X-API-Key"}},
		"a word of letters":       {ID: "a", Name: "A", Words: []string{"Acme"}},
		"there are none":          {ID: "a", Name: "A", WeakWords: []string{"acme"}},
		`environment "prod"`:      {ID: "a", Name: "A", Environments: []rules.Environment{"prod"}},
		"a name and a pattern":    {ID: "a", Name: "A", Shapes: []Shape{{Name: "x"}}},
		"missing closing":         {ID: "a", Name: "A", Shapes: []Shape{{Name: "x", Pattern: "("}}},
		`shape "x": environment`:  {ID: "a", Name: "A", Shapes: []Shape{{Name: "x", Pattern: "x", Environment: "prod"}}},
		"has no base_url":         {ID: "a", Name: "A", Check: &Check{}},
		"begins with one slash":   check(func(c *Check) { c.Path = "//evil.test/" }),
		"path \"\"":               check(func(c *Check) { c.Path = "" }),
		"never put into a URL":    check(func(c *Check) { c.Path = "/?k=" + KeyMark }),
		"in 0 places":             check(func(c *Check) { c.Headers = nil }),
		"in 2 places":             check(func(c *Check) { c.Headers["X-Other"] = KeyMark }),
		"a line break":            check(func(c *Check) { c.Headers["X-Other"] = "a\r\nb" }),
		"0 answers":               check(func(c *Check) { c.Answers = nil }),
		"200 to 599":              answer(Answer{Status: 100, Means: MeansActive}),
		"say nothing of a key":    answer(Answer{Status: 302, Means: MeansActive}),
		"status 503: redirects":   answer(Answer{Status: 503, Means: MeansInactive, Reason: "r", Has: []string{"a"}}),
		`body "html"`:             answer(Answer{Status: 200, Body: "html", Means: MeansActive}),
		`means "dead"`:            answer(Answer{Status: 200, Means: "dead"}),
		"inactive needs a reason": answer(Answer{Status: 401, Means: MeansInactive, Reason: "bare"}),
		"its value must be":       answer(Answer{Status: 200, Means: MeansActive, Where: map[string]any{"a": 1.5}}),
		"give names and indexes":  answer(Answer{Status: 200, Means: MeansActive, Where: map[string]any{"a..b": "x"}}),
		`has ""`:                  answer(Answer{Status: 200, Means: MeansActive, Has: []string{""}}),
		"over https only":         {ID: "a", Name: "A", BaseURL: "http://a.test"},
		"no absolute URL":         {ID: "a", Name: "A", BaseURL: "a.test"},
		"neither a user":          {ID: "a", Name: "A", BaseURL: "https://u:p@a.test"},
	} {
		err := validateAll([]Provider{p})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "provider ") {
			t.Errorf("%+v\n error %v, want one that says %q", p, err, want)
		}
	}
	if _, err := New(rules.Default(), []Provider{{ID: "b", Name: "B"}, {ID: "a", Name: "A"}}); err == nil {
		t.Error("providers that are not sorted are accepted")
	}
}

func TestBaseURL(t *testing.T) {
	for base, ok := range map[string]bool{
		"https://api.example.com": true, "https://api.example.com:8443/v2": true, "http://localhost:80": true,
		"http://127.0.0.1:1": true, "http://[::1]": true, "http://127.9.9.9": true,
		"http://example.com": false, "http://localhost.example.com": false, "http://10.0.0.1": false, "ftp://localhost": false,
		"https://a.test?": false, "https://a.test#x": false, "https://a.test#": false, "https://": false, "https:a.test": false,
		"": false, "//a.test": false, "http://127.0.0.1@evil.test": false,
	} {
		if err := ValidateBaseURL(base); (err == nil) != ok {
			t.Errorf("%q: %v", base, err)
		}
	}
	if err := ValidateBaseURL("http://" + rulestest.Live + base62Body + ".test"); strings.Contains(err.Error(), base62Body) {
		t.Errorf("the error repeats the URL: %v", err)
	}
}

func TestParseProvidersIsStrict(t *testing.T) {
	if _, err := parse([]byte("[[provider]]\nid = \"a\"\nname = \"A\"\nhost = [\"a.test\"]\n")); err == nil {
		t.Error("an unknown field is accepted")
	}
}

// The document lists the providers there are, and the requests that are made.
func TestDocumentedProviders(t *testing.T) {
	data, err := os.ReadFile("../../docs/providers.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, p := range Builtin() {
		check := "none"
		if p.Check != nil {
			check = "`GET " + p.BaseURL + p.Check.Path + "`"
		}
		want = append(want, p.ID+" "+p.Name+" "+check)
	}
	var got []string
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|(]+?)(?: \\([^|]*\\))? \\| (none|`[^`]+`)")
	for _, m := range row.FindAllStringSubmatch(string(data), -1) {
		got = append(got, m[1]+" "+m[2]+" "+m[3])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/providers.md differs (-want +got):\n%s", diff)
	}
}
