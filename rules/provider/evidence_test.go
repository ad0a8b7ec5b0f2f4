package provider

import (
	"strings"
	"testing"

	"skleak/rules"
	"skleak/rules/rulestest"
)

// A name alone confirms nothing; a host does, and so does a body of the provider's shape beside a name.
func TestConfirms(t *testing.T) {
	s := Default()
	for _, c := range []struct {
		text, path string
		want       bool
	}{
		{"https://api.laminr.ai ⟦L~" + base62Body + "⟧", "", true},
		{"X-Auth-Secret-Key: ⟦L~" + base62Body + "⟧", "", true},
		{"LAMINR_KEY=⟦L~" + base62Body + "⟧", "", false},
		{"STRIPE_KEY=⟦L~" + base62Body + "⟧", "", true},
		{"STRIPE_KEY=⟦L~" + base62Body + "x7⟧", "", false},
		{"key=⟦L~" + base62Body + "⟧", "config/stripe.yml", true},
		{"key=⟦L~" + base62Body + "x7⟧", "config/stripe.yml", false},
		{"key: ⟦T~" + uuidBody + "⟧", "", true},
		{"CLERK_SECRET_KEY=⟦L~" + base62Body + "⟧", "", false}, // as are most keys
		{"https://api.clerk.com CLERK_SECRET_KEY=⟦L~" + base62Body + "⟧", "", true},
		{"https://api.laminr.ai LAMINR_KEY=⟦L~" + ulidBody + "⟧", "", false}, // which says that it is WorkOS's, or Highnote's
		{"https://api.laminr.ai ⟦T~" + uuidBody + "⟧", "", false},
		{"https://api.workos.com ⟦L~" + ulidBody + "⟧", "", true},
		{"WORKOS_API_KEY=⟦L~" + ulidBody + "⟧", "", true},
		{"key: ⟦L~" + base62Body + "⟧", "", false},
	} {
		provider, evidence := attribute(t, s, c.text, c.path)
		m := rulestest.Parse(c.text)
		key := rules.NewKey(m.Text[m.Want[0].Start:m.Want[0].End])
		if got := s.Confirms(key, provider, evidence); got != c.want {
			t.Errorf("%q: %s by %q is confirmed: %v, want %v", c.text, provider, evidence, got, c.want)
		}
		if kind := KindOf(evidence); !strings.HasPrefix(evidence, string(kind)) || strings.Contains(string(kind), " ") {
			t.Errorf("%q is of the kind %q", evidence, kind)
		}
	}
	if s.Confirms(rules.NewKey(rulestest.Live+base62Body), "stripe", "assumed") != true || s.Confirms(rules.Key{}, "nobody", "assumed") {
		t.Error("what the user assumes is confirmed by the shape alone")
	}
}
