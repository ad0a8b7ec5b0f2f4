package report

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"skleak/rules"
	"skleak/scanner"
)

func content(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func inZone(seconds int64, zone int) time.Time {
	return time.Unix(seconds, 0).In(time.FixedZone("", zone))
}

// TestMarkdownRows bounds the table, so that the report fits a comment, and counts what it leaves out.
func TestMarkdownRows(t *testing.T) {
	var found []scanner.Finding
	for i := range markdownRows + 7 {
		for j := range 5 {
			found = append(found, inFile(key(rules.Live, fmt.Sprint(i), 24), fmt.Sprintf("some/folder/with/a/file%d.yaml", j),
				i+1, 1))
		}
	}
	r := &Report{Leaks: leaksOf(found)}
	short, long := string(written(t, r, FormatMarkdown, Options{})), string(written(t, r, FormatMarkdown,
		Options{Verbose: true}))
	if n := strings.Count(short, "| live |"); n != markdownRows || !strings.Contains(short, "\nAnd 7 more keys.\n") {
		t.Errorf("%d rows: %s", n, short[len(short)-200:])
	}
	if len(short) > 65536 {
		t.Errorf("%d characters; a comment may have 65,536", len(short))
	}
	if n := strings.Count(long, "| live |"); n != markdownRows+7 {
		t.Errorf("%d rows in the verbose report", n)
	}
}

func TestUnits(t *testing.T) {
	for want, got := range map[string]string{
		"0": scanner.Thousands(0), "999": scanner.Thousands(999), "1,000": scanner.Thousands(1000), "1,234,567": scanner.Thousands(1234567), "-1,000": scanner.Thousands(-1000),
		"-100": scanner.Thousands(-100), "1 file": scanner.Counted(1, "file"), "0 files": scanner.Counted(0, "file"), "1,000 files": scanner.Counted(1000, "file"),
		"0 bytes": scanner.ByteSize(0), "999 bytes": scanner.ByteSize(999), "1.0 kB": scanner.ByteSize(1000), "9.9 kB": scanner.ByteSize(9900),
		"10 kB": scanner.ByteSize(9960), "1.0 MB": scanner.ByteSize(999_600), "8.1 GB": scanner.ByteSize(8_123_456_789), "9.2 EB": scanner.ByteSize(1<<63 - 1),
		"0 ms": elapsed(0), "999 ms": elapsed(999 * time.Millisecond), "1.0 s": elapsed(time.Second), "59.9 s": elapsed(59940 * time.Millisecond),
		"1 min 0 s": elapsed(59950 * time.Millisecond), "61 min 1 s": elapsed(time.Hour + 61*time.Second),
		"": joined(nil), "a": joined([]string{"a"}), "a and b": joined([]string{"a", "b"}), "a, b and c": joined([]string{"a", "b", "c"}),
		"a, b and 1 more": firstOf([]string{"a", "b", "c"}, 2),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestVerdictNeverPromises goes through the runs that could not read everything: none of them may
// say that nothing is there.
func TestVerdictNeverPromises(t *testing.T) {
	coverages := []Coverage{{}, {Files: 1, Bytes: 1}, {UnreadableCount: 1}, unreadableCoverage()}
	for i, c := range coverages {
		for _, interrupted := range []bool{false, true} {
			r := &Report{Coverage: c, Interrupted: interrupted}
			for _, f := range []Format{FormatText, FormatMarkdown} {
				text := strings.ToLower(string(written(t, r, f, Options{})))
				promises := strings.Contains(text, "no leak") || strings.Contains(text, "clean")
				if may := i == 1 && !interrupted; promises != may {
					t.Errorf("%s, coverage %d, interrupted %v: %s", f, i, interrupted, text)
				}
				if i >= 2 && !strings.Contains(text, fmt.Sprint(c.UnreadableCount)) {
					t.Errorf("%s, coverage %d: how much could not be read is not said: %s", f, i, text)
				}
			}
		}
	}
}
