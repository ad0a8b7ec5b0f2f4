package rules

import (
	"strings"
	"testing"

	"skleak/rules/internal/keys"
)

func TestOwnRules(t *testing.T) {
	_, err := Compile([]Rule{
		{ID: "acme", Literals: []string{"acme_pat_", "acmek:"}, Body: "a-f0-9", Min: 8, Max: 12, Provider: "acme"},
		{ID: "common", Literals: []string{"static"}, Body: " a-z", Min: 1, Max: 300},
	})
	if err == nil {
		t.Fatal("a space among the body characters is accepted")
	}
	s, err := Compile([]Rule{
		{ID: "acme", Literals: []string{"acme_pat_", "acmek:"}, Body: "a-f0-9", Min: 8, Max: 12, Provider: "acme"},
		{ID: "around", Literals: []string{"xsk_live_y"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{
		"k=⟦acme_pat_0a9f3e71⟧ ", "k=⟦acmek:0a9f3e71b2⟧g", "k=acme_pat_0a9f3e7 ", "k=acme_pat_0a9f3e710a9f3 ", "xacme_pat_0a9f3e71", "⟪acmek:00000000⟫",
		"⟦xL~y" + base62Body + "⟧", "⟦L~" + base62Body + "⟧",
	} {
		for _, m := range checkMarks(t, s, source) {
			if strings.Contains(source, "acme") && (m.Rule != "acme" || m.Provider != "acme") {
				t.Errorf("%q: rule %q and provider %q, want acme", source, m.Rule, m.Provider)
			}
		}
	}
}

func TestWrongRules(t *testing.T) {
	for want, r := range map[string]Rule{
		"no literals":      {ID: "a"},
		"of 5 bytes":       {ID: "a", Literals: []string{"short"}},
		"of 65 bytes":      {ID: "a", Literals: []string{strings.Repeat("l", 65)}},
		"no range":         {ID: "a", Literals: []string{"literal"}, Body: "z-a"},
		"lengths":          {ID: "a", Literals: []string{"literal"}, Min: 20, Max: 10},
		"lie between 1 an": {ID: "a", Literals: []string{"literal"}, Max: 1 << 20},
	} {
		if _, err := Compile([]Rule{r}); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), `rule "a": `) {
			t.Errorf("%+v: error %v, want one that says %q", r, err, want)
		}
	}
}

func TestParseClass(t *testing.T) {
	body, err := parseClass("a-c_0-")
	if err != nil {
		t.Fatal(err)
	}
	for c := range 256 {
		if want := strings.ContainsRune("abc_0-", rune(c)); c < 128 && body[c] != want {
			t.Errorf("%q in the class: %v", rune(c), body[c])
		}
	}
}

func TestRedact(t *testing.T) {
	s := Default()
	key, other := keys.Live+base62Body, keys.Test+hexBody
	for text, want := range map[string]string{
		"":                        "",
		"nothing here":            "nothing here",
		"see " + key + " and.":    "see " + keys.Live + "tR7n…J1sD and.",
		key + "," + other:         keys.Live + "tR7n…J1sD," + keys.Test + "9f86…4f1b",
		"cpuma" + keys.Test + "x": "cpuma" + keys.Test + "x",
		"T " + keys.Test + "mock": "T " + keys.Test + "…(4 characters)",
	} {
		got := s.Redact(text)
		if got != want {
			t.Errorf("Redact(%q) = %q, want %q", text, got, want)
		}
		if again := s.Redact(got); again != got && !strings.Contains(text, "mock") {
			t.Errorf("Redact is not done after once: %q becomes %q", got, again)
		}
	}
}

// TestOwnRuleWins: a rule of one's own that begins like a built-in one finds the same key, and what it says of
// the provider counts.
func TestOwnRuleWins(t *testing.T) {
	s, err := Compile([]Rule{{ID: "acme", Literals: []string{keys.Live + "acme"}, Provider: "acme"}})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	s.Scan([]byte("k="+keys.Live+"acme"+base62Body+" "), func(m Match) { found = append(found, m.Rule+" of "+m.Provider) })
	if len(found) != 1 || found[0] != "acme of acme" {
		t.Errorf("found by %q", found)
	}
}

// What is listed as built in is what is compiled.
func TestBuiltinRules(t *testing.T) {
	compiled := Default().rules
	for _, listed := range Builtin() {
		for _, literal := range listed.Literals {
			r := compiled[0]
			compiled = compiled[1:]
			if literal != r.prefix || listed.Min != r.min || listed.Max != r.max || mustClass(listed.Body) != r.body || listed.ID == "" {
				t.Errorf("rule %q is listed as %+v", r.prefix, listed)
			}
		}
	}
	if len(compiled) > 0 {
		t.Errorf("%d rules are not listed", len(compiled))
	}
}
