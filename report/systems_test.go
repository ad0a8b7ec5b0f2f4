package report

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"skleak/scanner"
)

// TestCSVHasNoFormulas puts into every text what a spreadsheet would carry out.
func TestCSVHasNoFormulas(t *testing.T) {
	for _, text := range []string{"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "  =1", "\u00a0=1", "\t=1", "\r=1", "＝1",
		"＋1", "'=1", "\"=1", "|x", "%1",
		"a,=1", "a;=1", "a\"\n=1", "a\",=1"} {
		for _, r := range filledReports(t, text, nil) {
			rows, err := csv.NewReader(strings.NewReader(string(written(t, r, FormatCSV, Options{})))).ReadAll()
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			for _, row := range rows {
				if len(row) != len(csvColumns) {
					t.Errorf("%q: %d cells", text, len(row))
				}
				for _, cell := range row {
					if first := strings.TrimLeft(cell, " \u00a0\u3000"); first != "" &&
						strings.ContainsRune("=+-@|%＝＋－＠", []rune(first)[0]) {
						t.Errorf("%q: a formula: %q", text, cell)
					}
				}
			}
		}
	}
}

func TestJUnitCounts(t *testing.T) {
	for name, r := range reports(t) {
		var got junitSuites
		if err := xml.Unmarshal(written(t, r, FormatJUnit, Options{}), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		failures, errors, skipped := 0, 0, 0
		for _, c := range got.Suite.Cases {
			switch {
			case c.Failure != nil:
				failures++
			case c.Error != nil:
				errors++
			case c.Skipped != nil:
				skipped++
			}
		}
		s, want := got.Suite, tallyOf(r.shown())
		if s.Tests != len(s.Cases) || s.Failures != failures || s.Errors != errors || s.Skipped != skipped ||
			int64(failures) != want.found() || int64(skipped) != want.allowed+want.baseline || (errors > 0) == r.Complete() {
			t.Errorf("%s: %d tests, %d failures, %d errors, %d skipped", name, s.Tests, failures, errors, skipped)
		}
	}
}

// TestGitLabSchema holds the report against what GitLab's schema asks for; gitlab.schema.json says it in our words.
func TestGitLabSchema(t *testing.T) {
	s := schema(t, "../testdata/report/gitlab.schema.json")
	all := reports(t)
	all["nothing known"] = &Report{}
	all["hostile"] = filledReports(t, hostileTexts["table and code"], nil)[0]
	for name, r := range all {
		text := written(t, r, FormatGitLab, Options{})
		if err := validate(s, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got gitlabReport
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if (got.Scan.Status == "success") != r.Complete() {
			t.Errorf("%s: status %s", name, got.Scan.Status)
		}
	}
	bad := strings.Replace(string(written(t, recordedReport(t), FormatGitLab, Options{})), `"sha"`, `"id"`, 1)
	if validate(s, []byte(bad)) == nil {
		t.Error("an entry without a commit passes")
	}
}

// TestGitLabTellsKeysApart: two keys at one place are two entries, and one key at one path is the same in every run.
func TestGitLabTellsKeysApart(t *testing.T) {
	entries := func(found ...scanner.Finding) (ids []string) {
		var got gitlabReport
		if err := json.Unmarshal(written(t, &Report{Leaks: leaksOf(found)}, FormatGitLab, Options{}), &got); err != nil {
			t.Fatal(err)
		}
		for _, v := range got.Vulnerabilities {
			ids = append(ids, v.ID+" "+v.Identifiers[0].Value)
		}
		return ids
	}
	two := entries(inFile(keyPlain, "a", 1, 1), inFile(keyMany, "a", 1, 1))
	moved := entries(inFile(keyPlain, "a", 9, 1), inFile(keyMany, "a", 9, 1))
	if len(two) != 2 || two[0] == two[1] || two[0] != moved[0] || two[1] != moved[1] {
		t.Errorf("%v, and moved %v", two, moved)
	}
}
