package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"skleak/scanner"
)

func schema(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(filepath.Join("..", "docs", file))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(s *jsonschema.Schema, document []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

func TestJSONHoldsItsSchema(t *testing.T) {
	whole, line := schema(t, "report.schema.json"), schema(t, "report-line.schema.json")
	all := reports(t)
	all["nothing known"] = &Report{}
	for name, r := range all {
		for _, o := range []Options{{}, {ShowSecrets: true}, {Verbose: true, Color: true}} {
			if err := validate(whole, written(t, r, FormatJSON, o)); err != nil {
				t.Errorf("%s, %+v: %v", name, o, err)
			}
			for i, l := range bytes.Split(bytes.TrimSuffix(written(t, r, FormatJSONL, o), []byte("\n")), []byte("\n")) {
				if len(l) == 0 {
					continue
				}
				if err := validate(line, l); err != nil {
					t.Errorf("%s, %+v, line %d: %v", name, o, i+1, err)
				}
			}
		}
	}
}

// TestSchemaIsStrict changes a valid report in one place at a time: a schema that lets the change
// pass would let a mistake of ours pass as well.
func TestSchemaIsStrict(t *testing.T) {
	whole := schema(t, "report.schema.json")
	good := string(written(t, recordedReport(t), FormatJSON, Options{}))
	for _, change := range [][2]string{
		{`"schemaVersion": 1`, `"schemaVersion": 2`},
		{`"name": "skleak"`, `"name": "other"`},
		{`"environment": "live"`, `"environment": "prod"`},
		{`"status": "active"`, `"status": "valid"`},
		{`"suppressed": "allowed"`, `"suppressed": "ignored"`},
		{`"source": "file"`, `"source": "disk"`},
		{`"refs": []`, `"refs": null`},
		{`"blob": ""`, `"blob": "abc"`},
		{`"commit": null`, `"commit": {}`},
		{`"commit": null,`, ``},
		{`"line": 3`, `"line": -1`},
		{`"date": "2024-05-06T07:08:09+02:00"`, `"date": "yesterday"`},
		{`"complete": true`, `"complete": "yes"`},
		{`"placeholder": false`, `"placeholder": false, "more": 1`},
		{`"count": 12`, `"count": 0`},
		{`"key": "sk_live_`, `"key": "sk_live-`},
		{`…`, `..`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Errorf("the report has no %s", change[0])
		} else if validate(whole, []byte(bad)) == nil {
			t.Errorf("the schema lets %s pass", change[1])
		}
	}
	if err := validate(whole, []byte(good)); err != nil {
		t.Error(err)
	}
}

// TestKeyPatterns holds the schema's two patterns against both forms of every key, so that a
// consumer can tell by them which of the two a report has.
func TestKeyPatterns(t *testing.T) {
	for _, file := range []string{"report.schema.json", "report-line.schema.json"} {
		var doc struct {
			Defs map[string]struct{ Pattern string } `json:"$defs"`
		}
		read(t, filepath.Join("..", "docs", file), &doc)
		redacted, whole := regexp.MustCompile(doc.Defs["redactedKey"].Pattern), regexp.MustCompile(doc.Defs["wholeKey"].Pattern)
		for _, l := range recordedReport(t).Leaks {
			if r := l.Key.Redacted(); !redacted.MatchString(r) || whole.MatchString(r) {
				t.Errorf("%s: the redacted form %s is not told from a whole key", file, r)
			}
			if r := l.Key.Reveal(); redacted.MatchString(r) || !whole.MatchString(r) {
				t.Errorf("%s: the whole form of %s is not told from a redacted one", file, l.Key)
			}
		}
	}
}

// TestShowSecrets replaces the redacted key and nothing else.
func TestShowSecrets(t *testing.T) {
	r := recordedReport(t)
	for _, f := range []Format{FormatJSON, FormatJSONL, FormatText, FormatMarkdown} {
		got := string(written(t, r, f, Options{ShowSecrets: true}))
		for _, l := range r.Leaks {
			if l.Counts() && !strings.Contains(got, l.Key.Reveal()) {
				t.Errorf("%s: no whole key of %s", f, l.Key)
			}
			if l.Key != keyHistory { // it is redacted in a path as well, and stays so there
				got = strings.ReplaceAll(got, l.Key.Reveal(), l.Key.Redacted())
			}
		}
		got = strings.ReplaceAll(got, keyHistory.Reveal(), keyHistory.Redacted())
		if want := string(written(t, r, f, Options{})); got != want {
			t.Errorf("%s: more than the key differs", f)
		}
		if !strings.Contains(got, "dumps/"+keyHistory.Redacted()) {
			t.Errorf("%s: a path is no longer redacted", f)
		}
	}
}

// TestStrangeDates writes what git stores and RFC 3339 cannot say.
func TestStrangeDates(t *testing.T) {
	whole := schema(t, "report.schema.json")
	for _, seconds := range []int64{0, 1, -1 << 40, 1 << 40, 1 << 55, -1 << 55} {
		for _, zone := range []int{0, 5 * 3600, -99*3600 - 99*60, 100 * 3600, 37} {
			c := commit(hashA, "a", "b")
			c.Date = inZone(seconds, zone)
			r := &Report{Leaks: leaksOf([]scanner.Finding{inHistory(keyPlain, "a", 1, c)})}
			if err := validate(whole, written(t, r, FormatJSON, Options{})); err != nil {
				t.Errorf("second %d in zone %d: %v", seconds, zone, err)
			}
			if text := rfc3339(c.Date); text != "" {
				if back, err := time.Parse(time.RFC3339, text); err != nil || !back.Equal(c.Date) {
					t.Errorf("second %d in zone %d is written as %s", seconds, zone, text)
				}
			}
		}
	}
}

func TestComplete(t *testing.T) {
	var scan scanner.Coverage
	scan.Files.Add(2)
	scan.Skip(scanner.SkippedIgnored, 3)
	r := &Report{Coverage: scan.Totals()}
	if !r.Complete() {
		t.Error("skipped files make a run incomplete")
	}
	r.Interrupted = true
	if r.Complete() {
		t.Error("an interrupted run is complete")
	}
	for i := range 2500 {
		scan.Unreadable(scanner.UnreadableMissing, fmt.Sprintf("%05d", i), "d")
	}
	r = &Report{Coverage: scan.Totals()}
	if r.Complete() || r.Coverage.UnreadableCount != 2500 || len(r.Coverage.Unreadable) != 1001 {
		t.Errorf("complete %v, %d places, %d listed", r.Complete(), r.Coverage.UnreadableCount, len(r.Coverage.Unreadable))
	}
	if r.Coverage.Files != 2 || len(r.Coverage.Skipped) != 1 {
		t.Errorf("coverage was not copied: %+v", r.Coverage)
	}
	if err := validate(schema(t, "report.schema.json"), written(t, r, FormatJSON, Options{})); err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	if err := json.Unmarshal(content(t, path), into); err != nil {
		t.Fatal(err)
	}
}
