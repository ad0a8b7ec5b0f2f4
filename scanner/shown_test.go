package scanner

import (
	"strings"
	"testing"
	"unicode/utf8"

	"skleak/rules"
	"skleak/rules/rulestest"
)

// What is too long to be shown is cut between characters; the end of a path, which names the file, stays.
func TestShortened(t *testing.T) {
	long := strings.Repeat("ä日", 30_000)
	key := rules.NewKey(rulestest.Live + "Q7wE5rT8yU2iO9pA")
	var c Collector
	for _, path := range []string{"short/ä.env", long + "/end.env", "x" + long + "/end.env"} {
		f := Finding{Key: key, Path: path, Inside: path[len(path)/2:], RenamedFrom: path,
			Refs: []string{"heads/main", "tags/" + path}}
		if err := c.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range c.Leaks()[0].Findings {
		for _, text := range append(f.Refs, f.Path, f.Inside, f.RenamedFrom) {
			if len(text) > longestPath+len("…") || !utf8.ValidString(f.Path) {
				t.Errorf("%d bytes are shown", len(text))
			}
		}
		if !strings.HasSuffix(f.Path, ".env") || !strings.HasSuffix(f.Path, f.Inside) || f.Refs[0] != "heads/main" {
			t.Errorf("%.20s…, inside %.20s…, in %.20q", f.Path, f.Inside, f.Refs)
		}
		if !strings.HasPrefix(f.Path, "short") && (len(f.Path) < longestPath-8 || len(f.Refs[1]) < longestText-8) {
			t.Errorf("%d bytes of a path are shown, %d of a ref", len(f.Path), len(f.Refs[1]))
		}
	}
	if got := ShownText(long); len(got) > longestText+len("…") || !utf8.ValidString(got) || ShownText("short") != "short" {
		t.Errorf("%d bytes of a text are shown", len(got))
	}
}
