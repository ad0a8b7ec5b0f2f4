package typo

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"scan", "dir", "git", "stdin", "version", "report-format", "report-path", "no-ignore", "no-color"}
	for typed, want := range map[string]string{
		"scann":         "scan",
		"SCAN":          "scan",
		"sacn":          "scan",
		"sxxn":          "", // two of four letters: could be anything
		"verison":       "version",
		"reportformat":  "report-format",
		"report-formta": "report-format",
		"no-colour":     "no-color",
		"ver":           "version",
		"x":             "",
		"":              "",
		"zzzzzzzz":      "",
	} {
		if got := Nearest(typed, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0},
		{"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"ab", "ba", 1}, {"scna", "scan", 1},
	} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("editDistance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
