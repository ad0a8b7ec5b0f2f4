package liveness

import (
	"errors"
	"strings"
	"testing"
)

func TestExpand(t *testing.T) {
	values := func(mark string) (string, error) {
		switch mark {
		case "{key}":
			return "{fingerprint}", nil // as a key of a rule of one's own could look
		case "{fingerprint}":
			return "f00", nil
		case "{env:TOKEN}":
			return "{key}", nil
		}
		return "", errors.New("no " + mark)
	}
	for template, want := range map[string]string{
		"":                            "",
		"Bearer {key}":                "Bearer {fingerprint}",
		"{fingerprint}/{fingerprint}": "f00/f00",
		"{env:TOKEN}":                 "{key}",
		`{"key":"{key}","a":{}}`:      `{"key":"{fingerprint}","a":{}}`,
		"{{key}}":                     "{{fingerprint}}",
		"{KEY} {key":                  "{KEY} {key",
	} {
		if got, err := expand(template, values); got != want || err != nil {
			t.Errorf("expand(%q) = %q, %v, want %q", template, got, err, want)
		}
	}
	for _, template := range []string{"{env:OTHER}", "a{env:}b", "{key}{env: TOKEN}"} {
		if got, err := expand(template, values); got != "" || err == nil {
			t.Errorf("expand(%q) = %q, %v, want an error and nothing else", template, got, err)
		}
	}
}

// FuzzExpand: each mark is replaced once, what is not a mark stays, and no value is read again.
func FuzzExpand(f *testing.F) {
	replaced := 0
	for _, seed := range []string{"", "{key}", "{{key}}", "{env:A}{fingerprint}", "{key{key}}", "{env:{key}}",
		"{\"a\":{}}"} {
		f.Add(seed, "{key}")
		replaced += len(marks().FindAllString(seed, -1))
	}
	if replaced < 5 {
		f.Fatalf("the seeds hold %d marks", replaced)
	}
	f.Fuzz(func(t *testing.T, template, value string) {
		calls := 0
		got, err := expand(template, func(string) (string, error) { calls++; return value, nil })
		if err != nil {
			t.Fatal(err)
		}
		parts := marks().Split(template, -1)
		if calls != len(parts)-1 || got != strings.Join(parts, value) {
			t.Fatalf("expand(%q) = %q with %d values %q", template, got, calls, value)
		}
		if same, err := expand(template, func(mark string) (string, error) { return mark, nil }); same != template ||
			err != nil {
			t.Fatalf("expand(%q) with the marks themselves = %q, %v", template, same, err)
		}
	})
}
