package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"skleak/rules"
	"skleak/scanner"
)

func annotationsText(t *testing.T, r *Report, o AnnotationOptions) []string {
	t.Helper()
	var b bytes.Buffer
	n, err := WriteAnnotations(&b, r, o)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if b.Len() == 0 {
		lines = nil
	}
	if n != len(lines) {
		t.Errorf("%d annotations written, %d lines", n, len(lines))
	}
	return lines
}

func allFail(Leak) bool { return true }

func TestAnnotations(t *testing.T) {
	lines := annotationsText(t, recordedReport(t), AnnotationOptions{Fails: allFail})
	if len(lines) != maxAnnotations {
		t.Fatalf("%d annotations, want %d", len(lines), maxAnnotations)
	}
	// The active key first, then other live ones, then test keys, each once; then second places.
	for i, want := range []string{
		"::error file=config/app.env,line=3,endLine=3,col=16,endColumn=48,title=Leaked live key::" + keyPlain.Redacted() + " of laminr is active. Revoke it",
		"::error file=many/a.yaml,line=1,endLine=1,col=3,endColumn=35,title=Leaked live key::" + keyMany.Redacted() + ". Revoke it",
		`::error file=evil\x1b]0;x\x07\x0apath|` +
			"`<b>@all.txt,line=1,endLine=1,col=1,endColumn=21,title=Leaked test key::" + keyShort.Redacted(),
		"::error file=many/b.yaml,line=2,",
	} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("annotation %d is\n%q, want\n%q", i, lines[i], want)
		}
	}
	for _, line := range lines {
		for _, hidden := range []string{"test/fixture.go", "legacy.ini", "README.md", "old/settings.py"} {
			if strings.Contains(line, hidden) {
				t.Errorf("%s is annotated, which does not count or is not in the checkout", hidden)
			}
		}
	}
}

func TestAnnotationsOfLeaksThatDoNotFail(t *testing.T) {
	onlyTest := func(l Leak) bool { return l.Environment == rules.Test }
	own := func(l Leak) string {
		if l.Key == keyPlain {
			return "skleak:allow"
		}
		return ""
	}
	lines := annotationsText(t, recordedReport(t), AnnotationOptions{Fails: onlyTest, OwnAllow: own})
	if !strings.HasPrefix(lines[0], "::error file=evil") || !strings.HasPrefix(lines[1], "::warning file=config/app.env") {
		t.Errorf("what fails the run does not come first: %q", lines[:2])
	}
	if !strings.Contains(lines[1], "The comment skleak:allow beside it is part of the change") ||
		strings.Contains(lines[2], "comment") {
		t.Errorf("the change's own comment is told of the wrong leak: %q", lines[1:3])
	}
}

// A file that has another name in reality, or none, cannot be shown.
func TestAnnotationsOnlyOfFilesThatAreThere(t *testing.T) {
	var c scanner.Collector
	redactedName := inFile(keyMany, "dumps/"+keyMany.Redacted()+".txt", 1, 1)
	noUTF8 := inFile(keyPlain, "a\xffb", 1, 1)
	staged := inFile(keyShort, "staged.txt", 1, 1)
	staged.Source = scanner.SourceIndex
	for _, f := range []scanner.Finding{redactedName, noUTF8, staged} {
		if err := c.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	if lines := annotationsText(t, &Report{Leaks: c.Leaks()}, AnnotationOptions{Fails: allFail}); len(lines) > 0 {
		t.Errorf("annotated: %q", lines)
	}
}

func TestAnnotationOfAName(t *testing.T) {
	var c scanner.Collector
	named := scanner.Finding{Key: keyMany, Source: scanner.SourceFile, Path: "link"}
	if err := c.Finding(named); err != nil {
		t.Fatal(err)
	}
	lines := annotationsText(t, &Report{Leaks: c.Leaks()}, AnnotationOptions{Fails: allFail})
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "::error file=link,line=1,endLine=1,col=1,endColumn=2,") {
		t.Errorf("annotated: %q", lines)
	}
}

func TestWorkflowCommand(t *testing.T) {
	for _, c := range []struct {
		data       string
		properties []string
		want       string
	}{
		{"plain", nil, "::error::plain"},
		{"100%\r\n::stop-commands::x", nil, "::error::100%25%0D%0A::stop-commands::x"},
		{"%0A", nil, "::error::%250A"},
		{"d", []string{"file", "a:b,c%\r\n::d"}, "::error file=a%3Ab%2Cc%25%0D%0A%3A%3Ad::d"},
		{"d", []string{"file", "", "line", "3", "title", "t"}, "::error line=3,title=t::d"},
		{"a: b, c", nil, "::error::a: b, c"},
	} {
		if got := WorkflowCommand("error", c.data, c.properties...); got != c.want {
			t.Errorf("%q with %q is %q, want %q", c.data, c.properties, got, c.want)
		}
	}
}

func TestAnnotationsCannotBeWritten(t *testing.T) {
	full := errors.New("the disk is full")
	if _, err := WriteAnnotations(failingWriter{full}, recordedReport(t),
		AnnotationOptions{Fails: allFail}); !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
	if err := WriteSummary(failingWriter{full}, recordedReport(t), SummaryOptions{}); !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
