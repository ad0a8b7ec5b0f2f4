package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skleak/scanner"
)

// hiddenReport has a key that is nowhere but in a commit which its host hides.
func hiddenReport(h scanner.Hidden) *Report {
	f := inHistory(keyPlain, "config.env", 3, commit(hashA, "Ann", "add settings"))
	f.Reachable, f.Hidden = false, &h
	return &Report{Leaks: leaksOf([]scanner.Finding{f})}
}

// TestHidden: every format for people says what hid a commit, and JSON gives it back.
func TestHidden(t *testing.T) {
	h := scanner.Hidden{Event: scanner.HiddenByForcePush, Ref: "refs/heads/main", By: "mal",
		Date: time.Date(2024, 7, 8, 9, 10, 11, 0, time.UTC)}
	r := hiddenReport(h)
	for f, want := range map[Format]string{
		FormatText:     "hidden: the host serves it, no ref leads to it (force-push of main on 2024-07-08 by mal)",
		FormatMarkdown: "hidden: the host serves it, no ref leads to it (force-push of `main` on 2024-07-08 by `mal`)",
		FormatHTML:     "hidden: the host serves it, no ref leads to it (force-push of main on 2024-07-08 by mal)",
		FormatSARIF:    `"properties":{"hidden":{"date":"2024-07-08T09:10:11Z","event":"force-push"}}`,
	} {
		if got := string(written(t, r, f, Options{})); !strings.Contains(got, want) {
			t.Errorf("%s lacks %q:\n%s", f, want, got)
		}
	}
	if got := written(t, r, FormatSARIF, Options{}); bytes.Contains(got, []byte("mal")) {
		t.Error("SARIF names a user")
	}
	text := written(t, r, FormatJSON, Options{ShowSecrets: true})
	if err := validate(schema(t, "report.schema.json"), text); err != nil {
		t.Error(err)
	}
	if err := validate(schema(t, "report-line.schema.json"), written(t, r, FormatJSONL, Options{})); err != nil {
		t.Error(err)
	}
	back, err := Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&h, back.Leaks[0].Findings[0].Hidden); diff != "" {
		t.Error(diff)
	}
}

// TestHiddenWords: whatever the host left out, the words are a sentence.
func TestHiddenWords(t *testing.T) {
	day := time.Date(2024, 7, 8, 9, 10, 11, 0, time.UTC)
	for _, test := range []struct {
		hidden scanner.Hidden
		want   string
	}{
		{scanner.Hidden{Event: scanner.HiddenByOther}, ""},
		{scanner.Hidden{}, ""},
		{scanner.Hidden{Event: scanner.HiddenByForcePush}, " (force-push)"},
		{scanner.Hidden{Event: scanner.HiddenByForcePush, By: "mal"}, " (force-push by mal)"},
		{scanner.Hidden{Event: scanner.HiddenByDeletion, Date: day}, " (branch deleted on 2024-07-08)"},
		{scanner.Hidden{Event: scanner.HiddenByDeletion, Ref: "refs/heads/a/b"}, " (branch a/b deleted)"},
		{scanner.Hidden{Event: scanner.HiddenByOther, Ref: "refs/pull/1/head", Date: day}, " (pull/1/head on 2024-07-08)"},
	} {
		if got := hiddenOf(test.hidden, visible); got != hiddenWords+test.want {
			t.Errorf("%+v is told as %q", test.hidden, got)
		}
	}
}

// TestMovedInMarkdown: the path that a commit moved a key from stands in a code span, as all foreign text does.
func TestMovedInMarkdown(t *testing.T) {
	f := inHistory(keyPlain, "new.env", 3, commit(hashA, "Ann", "move"))
	f.AtHead, f.RenamedFrom = true, "[x](https://evil.example) @all"
	r := &Report{Leaks: leaksOf([]scanner.Finding{f})}
	want := "renamed from `[x](https://evil.example) @all`"
	if got := string(written(t, r, FormatMarkdown, Options{})); !strings.Contains(got, want) {
		t.Errorf("Markdown lacks %q:\n%s", want, got)
	}
}
