package wrap

import "testing"

func TestLine(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		width      int
		hang       int
		want       string
	}{
		{"no terminal", "one two three", 0, 2, "one two three"},
		{"fits exactly", "one two", 7, 2, "one two"},
		{"one column too many", "one two", 6, 2, "one\n  two"},
		{"keeps blanks that stay", "key  live, provider", 12, 4, "key  live,\n    provider"},
		{"keeps the indent", "    added in 12 by Ada", 16, 6, "    added in 12\n      by Ada"},
		{"a word that is too long stays whole", "a bcdefghijkl m", 6, 2, "a\n  bcdefghijkl\n  m"},
		{"a command stays whole", `try "git add x" and commit`, 16, 2, "try \"git add x\"\n  and commit"},
		{"also in backquotes, with what touches it", "now run `git add x`, or so", 16, 2, "now run\n  `git add x`,\n  or so"},
		{"a command without room is broken", `"git commit --no-verify"`, 12, 2, "\"git commit\n  --no-verify\""},
		{"a quotation mark alone is a letter", `5" and 6 wide`, 8, 2, "5\" and 6\n  wide"},
		{"colours take no room", "\x1b[31mone\x1b[0m two", 7, 2, "\x1b[31mone\x1b[0m two"},
		{"wide characters take two columns", "日本 日本", 8, 2, "日本\n  日本"},
		{"an order stays behind what it was behind", "name ::error::x", 6, 2, "name ::error::x"},
		{"no word", "     ", 3, 2, ""},
	} {
		if got := Line(tt.line, tt.width, tt.hang); got != tt.want {
			t.Errorf("%s: got\n%q, want\n%q", tt.name, got, tt.want)
		}
	}
}
