package nearby

import (
	"strings"
	"testing"

	"skleak/rules"
	"skleak/rules/rulestest"
)

func TestAllowed(t *testing.T) {
	for source, want := range map[string]string{
		"k=§ # skleak:allow":                               "skleak:allow",
		"k=§ // gitleaks:allow\r\n":                        "gitleaks:allow",
		"k=§ /* trufflehog:ignore */":                      "trufflehog:ignore",
		"<!-- kingfisher:ignore --> §":                     "kingfisher:ignore",
		"# skleak:allow-next-line\nk=§":                    "skleak:allow-next-line",
		"# skleak:allow-next-line: a demo\r\n\t§":          "skleak:allow-next-line",
		"k=§ #skleak:allow, since it is ours":              "skleak:allow",
		"k=§":                                              "",
		"k=§\n# skleak:allow":                              "",
		"# skleak:allow\nk=§":                              "",
		"# skleak:allow-next-line\n\nk=§":                  "",
		"k=§ # skleak:allow-next-line":                     "",
		"k=§ # skleak:allowed":                             "",
		"k=§ # noskleak:allow":                             "",
		"k=§ # not-gitleaks:allow but gitleaks:allow":      "gitleaks:allow",
		"k=§ # gitleaks:ignore":                            "",
		"# gitleaks:allow\nk=§":                            "",
		"k=§" + strings.Repeat(" ", 4000) + "skleak:allow": "",
		"skleak:allow" + strings.Repeat(" ", 4000) + "k=§": "",
	} {
		m := rulestest.Parse(strings.Replace(source, "§", "⟦"+"L~"+rulestest.Base62Body+"⟧", 1))
		s := rules.Default()
		s.Scan([]byte(m.Text), func(match rules.Match) {
			if got := Allowed(s, []byte(m.Text), match); got != want {
				t.Errorf("%.100q is allowed by %q, want %q", source, got, want)
			}
		})
	}
}

// A key written over several lines may have its mark on any of them.
func TestAllowedOverLines(t *testing.T) {
	for text, want := range map[string]string{
		"x\n<K\nE # skleak:allow\nY>\n":        "skleak:allow",
		"<K\nE\nY> # skleak:allow\n":           "skleak:allow",
		"# gitleaks:allow <K\nE\nY>\n":         "gitleaks:allow",
		"# skleak:allow-next-line\n<K\nE\nY>":  "skleak:allow-next-line",
		"<K\nE\nY>\n# skleak:allow\n":          "",
		"# skleak:allow\n<K\nE\nY>\n":          "",
		"<K # skleak:allow-next-line\nE\nY>\n": "",
	} {
		m := rules.Match{Start: strings.Index(text, "<"), End: strings.Index(text, ">") + 1, Form: "continued"}
		if got := Allowed(rules.Default(), []byte(text), m); got != want {
			t.Errorf("%q is allowed by %q, want %q", text, got, want)
		}
	}
}
