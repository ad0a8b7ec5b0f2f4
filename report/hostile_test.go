package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"skleak/report/escape"
	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/scantest"
)

// hostileTexts would each do harm somewhere that a report shows foreign text: on a terminal, in the
// log of a CI job, in a table, on a web page, in a spreadsheet.
var hostileTexts = map[string]string{
	"ANSI escape":      "a\x1b[2J\x1b]0;title\ab\x1bc",
	"C1 control":       "a\u009b2Jb\u0085c\u009d0;x\u009c",
	"raw C1":           "a\x9b2Jb",
	"line ends":        "a\nb\rc\r\nd\u2028e\u2029f\vg\fh",
	"NUL and delete":   "a\x00b\x7f\b\b\bc",
	"bidirectional":    "txt.\u202egnp.\u2066x\u2069\u200fexe",
	"invisible":        "a\u200b\u3164\u034f\ufe0f\U000e0041\U000e0100b",
	"no UTF-8":         "a\xff\xc3(\xed\xa0\x80b",
	"runner's order":   "::error file=a.go,line=1::fooled",
	"mask":             " \u00a0::add-mask::e",
	"order on a line":  "a\n::stop-commands::x\n::error::y",
	"old order":        "a ##[error]b ###[add-mask]c",
	"order of Azure":   "a ##vso[task.setvariable variable=PATH]b ##teamcity[buildStatus text='x']",
	"table and code":   "a|b`c``d|| |\\|e\\`f",
	"HTML":             "<script>alert(1)</script><img src=x onerror=y>&lt;!--",
	"links":            "[x](javascript:alert(1)) ![i](http://x/y) http://www.example.com <http://z>",
	"mentions":         "@team #1 GH-2 ~~s~~ **b** __u__ $x$",
	"heading":          "x\n\n# y\n- z\n***",
	"spreadsheet":      "=cmd|' /C calc'!A0",
	"formats":          "%s%n%0A::error::{0}{{x}}${PATH}$(id)",
	"quotes":           `"}],"leaks":[{"a":"\\u0000'`,
	"spaces":           "  leading and trailing  ",
	"very long":        strings.Repeat("long ", 2_000),
	"URL":              "javascript:alert(1)//%2e%2e/../../etc",
	"nothing but dots": "../../..",
}

// fill puts text into every string of the value, whatever its depth, but for the fields named in
// kept; lists that are empty get an element first. So a field that a later change adds is hostile here
// from its first day. It fails where it meets a kind of value that it cannot fill.
func fill(t *testing.T, v reflect.Value, text string, kept []string) {
	switch v.Interface().(type) {
	case rules.Key, time.Time, *rules.Redactor:
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Struct:
		for i := range v.NumField() {
			if !slices.Contains(kept, v.Type().Field(i).Name) {
				fill(t, v.Field(i), text, kept)
			}
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			fill(t, v.Index(i), text, kept)
		}
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fill(t, v.Elem(), text, kept)
	case reflect.Bool, reflect.Int, reflect.Int64:
	default:
		t.Fatalf("a report has a %s, which this test cannot fill", v.Type())
	}
}

// keptFields are the fields that are left as the recorded scan has them, since formats go other ways
// for other words in them.
var keptFields = [][]string{
	{"Suppressed", "Source"}, {"Suppressed", "Status", "Source", "Environment", "Reason"},
	nil, {"Suppressed"}, {"Suppressed", "Source", "Path"},
}

// filledReports are a recorded report and an empty one with text in every field that is not kept.
func filledReports(t *testing.T, text string, kept []string) []*Report {
	full, empty := recordedReport(t), &Report{}
	full.Coverage, full.Interrupted = unreadableCoverage(), true
	for _, r := range []*Report{full, empty} {
		fill(t, reflect.ValueOf(r).Elem(), text, kept)
	}
	empty.Leaks, empty.Coverage = nil, Coverage{}
	return []*Report{full, empty}
}

// hostileOutputs is what every way of showing a report makes of it, by name.
func hostileOutputs(t *testing.T, r *Report) map[string]string {
	out := map[string]string{}
	for _, f := range formats {
		out[string(f.name)] = string(written(t, r, f.name, Options{}))
		out[string(f.name)+", verbose"] = string(written(t, r, f.name, Options{Verbose: true, ShowSecrets: true}))
	}
	out["text, narrow"] = string(written(t, r, FormatText, Options{Verbose: true, Width: 80}))
	first := ""
	if len(r.Targets) > 0 {
		first = r.Targets[0]
	}
	own := func(Leak) string { return first }
	var annotations, summary bytes.Buffer
	if _, err := WriteAnnotations(&annotations, r,
		AnnotationOptions{Fails: func(Leak) bool { return true }, OwnAllow: own}); err != nil {
		t.Fatal(err)
	}
	if err := WriteSummary(&summary, r, SummaryOptions{Notes: []string{first}, OwnAllow: own}); err != nil {
		t.Fatal(err)
	}
	out["annotations"], out["summary"] = annotations.String(), summary.String()
	return out
}

// TestHostileText: nothing that a report shows of foreign text is obeyed by whatever it is shown on,
// or looks like something else than it is.
func TestHostileText(t *testing.T) {
	for name, text := range hostileTexts {
		for _, kept := range keptFields[:scantest.Sample(1, len(keptFields))] {
			plain := filledReports(t, "plain", kept)
			for i, r := range filledReports(t, text, kept) {
				harmless := hostileOutputs(t, plain[i])
				for format, got := range hostileOutputs(t, r) {
					where := name + ", " + format + ", keeping " + strings.Join(kept, " ")
					if got == "" && harmless[format] != "" && format != "annotations" { // which has no way to name some paths
						t.Errorf("%s: nothing is written", where)
					}
					checkHarmless(t, where, format, got)
					if w, g := strings.Count(harmless[format], "\n"), strings.Count(got, "\n"); w != g && !mayDiffer(format) {
						t.Errorf("%s: %d lines, and %d where the text is plain", where, g, w)
					}
				}
			}
		}
	}
}

// mayDiffer is true for formats that join what is equal (two texts that are equal when they are plain
// need not be once they are part of a longer name, and the other way round), and for the summary, which
// leaves out what is too long for it.
func mayDiffer(format string) bool {
	return format == "text, narrow" || strings.HasPrefix(format, "sarif") || strings.HasPrefix(format, "gitlab") ||
		format == "annotations" || format == "summary" ||
		strings.HasPrefix(format, "html")
}

var (
	anyOrder    = regexp.MustCompile(`##[A-Za-z]*\[`)
	ownCommand  = regexp.MustCompile(`^::(error|warning) file=[^:]*,title=Leaked [^:]* key::[^:]`)
	ownLink     = regexp.MustCompile("\\[(`[^`]*`)\\]\\(https://github\\.com/acme/[a-zA-Z0-9_./%#-]*\\)")
	codeSpan    = regexp.MustCompile("`[^`]*`")
	htmlEscaped = regexp.MustCompile(`&(lt|gt|amp|#[0-9]+);|\\[\\*_\[\]#|~!]`)
)

func checkHarmless(t *testing.T, where, format, text string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		odd := strings.ContainsFunc(line, func(r rune) bool { return !escape.IsShown(r) || unicode.IsControl(r) })
		if odd || !utf8.ValidString(line) {
			t.Errorf("%s: %.200q", where, line)
		}
		switch {
		case format == "annotations":
			if !ownCommand.MatchString(line) {
				t.Errorf("%s: a command that is not ours: %.200q", where, line)
			}
		case strings.HasPrefix(strings.TrimSpace(line), "::") || anyOrder.MatchString(line):
			t.Errorf("%s: a runner obeys %.200q", where, line)
		}
		if strings.HasPrefix(format, "markdown") || format == "summary" {
			checkMarkdown(t, where, line, format == "summary")
		}
	}
	if strings.HasPrefix(format, "json") || strings.HasPrefix(format, "sarif") || strings.HasPrefix(format, "gitlab") {
		d := json.NewDecoder(strings.NewReader(text))
		for d.More() {
			var v any
			if err := d.Decode(&v); err != nil {
				t.Fatalf("%s: %v", where, err)
			}
		}
	}
}

// checkMarkdown takes the code spans and what is escaped away: what remains is ours, so it may hold
// nothing of what the hostile texts bring. A row has as many pipes as the head of the table.
func checkMarkdown(t *testing.T, where, line string, hasAdvice bool) {
	rest := codeSpan.ReplaceAllString(ownLink.ReplaceAllString(line, "$1"), "")
	if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 6 {
		t.Errorf("%s: a row with another number of cells: %.200q", where, line)
	}
	rest = strings.ReplaceAll(htmlEscaped.ReplaceAllString(rest, " "), "<br>", "")
	markup := "`@[]<>~!\\"
	if hasAdvice {
		markup = "`<>[]" // the advice is prose
	}
	if lower := strings.ToLower(rest); strings.Contains(lower, "www.") || strings.Contains(lower, "://") {
		t.Errorf("%s: a link outside code: %.200q", where, rest)
	}
	if strings.ContainsAny(rest, markup) {
		t.Errorf("%s: markup outside code: %.200q", where, rest)
	}
}

// TestHostileTextIsKept: escapes are those of the format, so whoever reads it gets the text back.
func TestHostileTextIsKept(t *testing.T) {
	for name, text := range hostileTexts {
		r := filledReports(t, text, nil)[0]
		want := strings.ToValidUTF8(text, "\ufffd")
		if name == "no UTF-8" {
			want = jsonText(t, text) // each byte by itself
		}
		var got jsonReport
		if err := json.Unmarshal(written(t, r, FormatJSON, Options{}), &got); err != nil {
			t.Fatal(err)
		}
		finding := got.Leaks[0].Findings[0]
		for _, have := range []string{finding.Path, finding.Commit.Author, finding.Refs[0],
			got.Scan.Coverage.Unreadable[0].Detail} {
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s: JSON gives another text back (-want +got):\n%s", name, diff)
			}
		}
	}
}

func jsonText(t *testing.T, text string) (out string) {
	b, err := json.Marshal(text)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNoKeyAnywhere puts a whole key into every text of a report: a built-in one, and one of a rule of
// the user's own. Scanners redact what they hand over; a report must not depend on it.
func TestNoKeyAnywhere(t *testing.T) {
	set, err := rules.Compile([]rules.Rule{{ID: "acme", Literals: []string{"acme_tok_"}, Min: 16, Max: 16}})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{keyBaseline.Reveal(), "acme_tok_" + strings.Repeat("Ab3x", 4)} {
		for _, kept := range keptFields {
			for _, r := range filledReports(t, "a/"+secret+"/b", kept) {
				r.Redactor = rules.NewRedactor(set)
				for format, text := range hostileOutputs(t, r) {
					shown := strings.HasSuffix(format, "verbose") // which asks for the keys of the leaks
					if n := strings.Count(text, secret); n > 0 &&
						!(shown && secret == keyBaseline.Reveal() && n <= len(recordedFindings())) {
						t.Errorf("%s, keeping %s: a whole key", format, kept)
					}
				}
				if r.Targets[0] != "a/"+secret+"/b" || len(r.Leaks) > 0 && r.Leaks[0].Findings[0].Refs[0] != r.Targets[0] {
					t.Error("writing changed the report it was given")
				}
			}
		}
	}
}

// TestFillFillsAll guards the tests above against a fill that leaves something out.
func TestFillFillsAll(t *testing.T) {
	r := filledReports(t, "marker", nil)[0]
	f := r.Leaks[0].Findings[0]
	want := scanner.Commit{Hash: "marker", Author: "marker", Email: "marker", Date: f.Commit.Date, Summary: "marker"}
	if *f.Commit != want || f.Source != "marker" || f.Path != "marker" || f.Refs[0] != "marker" ||
		r.Coverage.Skipped[0].Reason != "marker" {
		t.Errorf("%+v", f)
	}
}
