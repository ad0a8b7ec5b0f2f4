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

func TestFormatOfFile(t *testing.T) {
	for path, want := range map[string]Format{
		"a.json": FormatJSON, "dir.md/a.jsonl": FormatJSONL, "A.SARIF": FormatSARIF, "a.md": FormatMarkdown, "a.txt": FormatText,
		"a.sarif.json": FormatJSON, "a.CSV": FormatCSV, "a.junit.xml": FormatJUnit, "gl-secret-detection-report.json": FormatJSON,
		"a": FormatText, "-": FormatText, "a.": FormatText, "dir.json/a": FormatText, "": FormatText, "/dev/fd/3": FormatText,
	} {
		if got, err := FormatOfFile(path, ""); got != want || err != nil {
			t.Errorf("%q is %s, want %s: %v", path, got, want, err)
		}
	}
	for _, path := range []string{"a.xml", "a.log", "a.json.bak"} {
		if _, err := FormatOfFile(path, ""); err == nil || !strings.Contains(err.Error(), ".txt, .json, .jsonl, .sarif, .md, .html, .csv, .junit.xml") {
			t.Errorf("%q: %v", path, err)
		}
		if got, err := FormatOfFile(path, FormatJSON); got != FormatJSON || err != nil {
			t.Errorf("%q, with -f json: %s, %v", path, got, err)
		}
	}
	if got, _ := FormatOfFile("gl-x.json", FormatGitLab); got != FormatGitLab {
		t.Errorf("a file for GitLab is %s", got)
	}
	if got, _ := FormatOfFile("x.json", FormatGitLab); got != FormatJSON {
		t.Errorf("x.json is %s", got)
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
