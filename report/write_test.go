package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"skleak/scanner"
)

var errFull = errors.New("no room")

// fullAfter takes n bytes and then fails for good.
type fullAfter struct{ n int }

func (w *fullAfter) Write(p []byte) (int, error) {
	if len(p) > w.n {
		n := w.n
		w.n = 0
		return n, errFull
	}
	w.n -= len(p)
	return len(p), nil
}

// TestFullAtEveryByte lets the writer fail after every number of bytes.
func TestFullAtEveryByte(t *testing.T) {
	small := &Report{Version: "1", Targets: []string{"."}, Leaks: leaksOf(recordedFindings()[:2]),
		Coverage: Coverage{UnreadableCount: 1, Unreadable: []scanner.Unreadable{{Reason: "corrupt", Place: "a"}}}}
	for _, f := range formats {
		size := len(written(t, small, f.name, Options{}))
		step := 1
		if f.name == FormatHTML {
			step = size / 200 // it is long, and most of it is the same on every page
		}
		for n := 0; n < size; n += step {
			if err := Write(&fullAfter{n}, small, f.name, Options{}); !errors.Is(err, errFull) {
				t.Fatalf("%s: after %d of %d bytes the error is %v", f.name, n, size, err)
			}
		}
		if err := Write(&fullAfter{size}, small, f.name, Options{}); err != nil {
			t.Errorf("%s: just enough room: %v", f.name, err)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range formats {
		if got, err := ParseFormat(string(f.name)); err != nil || got != f.name {
			t.Errorf("%s: %s, %v", f.name, got, err)
		}
	}
	for _, bad := range []string{"", "JSON", "xml", strings.Repeat("x", 1000)} {
		_, err := ParseFormat(bad)
		if err == nil {
			t.Errorf("%q is a format", bad)
			continue
		}
		for _, f := range formats {
			if !strings.Contains(err.Error(), string(f.name)) {
				t.Errorf("%v: does not name %s", err, f.name)
			}
		}
		if len(err.Error()) > 200 {
			t.Errorf("%d bytes of error", len(err.Error()))
		}
	}
	if err := Write(&bytes.Buffer{}, &Report{}, "xml", Options{}); err == nil {
		t.Error("a report was written in a format that does not exist")
	}
}

func TestFormatsOfFiles(t *testing.T) {
	const all = ".txt, .json, .jsonl, .sarif, .md, .html, .csv, .junit.xml"
	for _, c := range []struct {
		paths string
		asked Format
		want  string // the formats, or what the error says
	}{
		{"a.json dir.md/a.jsonl A.SARIF a.md a.txt", "", "json jsonl sarif markdown text"},
		{"a.sarif.json a.CSV a.junit.xml gl-x.json", "", "json csv junit json"},
		{"a - a. dir.json/a /dev/fd/3", "", "text text text text text"},
		{"a.xml", "", all}, {"a.log", "", all}, {"a.json.bak", "", all},
		{"a.xml a.log a.json.bak a", FormatJSON, "json json json json"},
		{"gl-x.json r.csv", FormatGitLab, "gitlab csv"},
		{"x.json", FormatGitLab, "gitlab"}, // there is no other name for it
		{"x.json gl-x.json", FormatGitLab, "json gitlab"},
		{"x.json", FormatSARIF, "sarif"}, {"x.json x.sarif", FormatSARIF, "json sarif"},
		{"gl-x.json", FormatSARIF, "sarif"}, {"x.sarif", FormatGitLab, "sarif"},
		{"x.json x.md", FormatMarkdown, "json markdown"}, {"x.jsonl", FormatSARIF, "jsonl"},
	} {
		formats, err := FormatsOfFiles(strings.Fields(c.paths), c.asked)
		var names []string
		for _, f := range formats {
			names = append(names, string(f))
		}
		got := strings.Join(names, " ")
		if err != nil && strings.Contains(err.Error(), c.want) {
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%s, with -f %q: %s, %v; want %s", c.paths, c.asked, got, err, c.want)
		}
	}
}

// TestColor colours by the options alone, whatever the environment and the process say.
func TestColor(t *testing.T) {
	r := recordedReport(t)
	for _, environment := range []map[string]string{{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}} {
		for name, value := range environment {
			t.Setenv(name, value)
		}
		colored, plain := written(t, r, FormatText, Options{Color: true}), written(t, r, FormatText, Options{})
		if !bytes.Contains(colored, []byte("\x1b[")) || bytes.Contains(plain, []byte("\x1b[")) {
			t.Errorf("%v: the options do not decide", environment)
		}
	}
}
