package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skleak/scanner"
)

func summaryOf(t *testing.T, r *Report, o SummaryOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteSummary(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSummaryGolden(t *testing.T) {
	all := reports(t)
	own := func(l Leak) string {
		if l.Key == keyShort || l.Key == keyAllowed {
			return "skleak:allow"
		}
		return ""
	}
	notes := []string{"the event \"<b>*x*_y_@all|#1 [a](b)\" is odd\n# heading", "use `fetch-depth: 0`, not `a|b`"}
	for name, o := range map[string]SummaryOptions{"found": {Notes: notes, OwnAllow: own}, "nothing": {},
		"unreadable": {Notes: notes[1:]}} {
		got := summaryOf(t, all[name], o)
		path := filepath.Join("..", "testdata", "report", name+"-summary.md")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v (run go test ./report -update)", err)
		}
		want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s differs from the golden file (-want +got):\n%s", name, diff)
		}
	}
}

// GitHub drops a summary that is too long, all of it.
func TestSummaryIsNeverTooLong(t *testing.T) {
	var c scanner.Collector
	for i := range 200 {
		k := key("live", fmt.Sprint(i), 24)
		for j := range 4 {
			if err := c.Finding(inFile(k, fmt.Sprintf("%s/%d-%d", strings.Repeat("long/", 1600), i, j), 1, 1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	r := &Report{Leaks: c.Leaks(), Coverage: Coverage{Files: 800}}
	r.Coverage.Unreadable = []scanner.Unreadable{{Reason: scanner.UnreadableFile, Place: strings.Repeat("x", 4096),
		Detail: "no"}}
	notes := make([]string, 100)
	for i := range notes {
		notes[i] = strings.Repeat("ä", 4096)
	}
	got := summaryOf(t, r, SummaryOptions{Notes: notes, OwnAllow: func(Leak) string { return "skleak:allow" }})
	if len(got) > maxSummary {
		t.Errorf("%d bytes", len(got))
	}
	for _, want := range []string{"**200 leaked keys: 200 live", "see the JSON report", "Coverage: read 800 files",
		"- and more", "What to do"} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %q", want)
		}
	}
}
