package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"skleak/rules"
	"skleak/scanner"
)

// What was written with whole keys comes back as it was, but for what Read is to forget: the statuses.
func TestReadGivesBackWhatWasWritten(t *testing.T) {
	for name, r := range reports(t) {
		first := written(t, r, FormatJSON, Options{ShowSecrets: true})
		saved, err := Read(bytes.NewReader(first))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !saved.Whole() || len(saved.Leaks) != len(r.Leaks) {
			t.Errorf("%s: whole %v, %d leaks of %d", name, saved.Whole(), len(saved.Leaks), len(r.Leaks))
		}
		for i := range saved.Leaks {
			l := &saved.Leaks[i]
			if l.Key != r.Leaks[i].Key {
				t.Errorf("%s, leak %d: %+v", name, i, l)
			}
		}
		if diff := cmp.Diff(string(first), string(written(t, &saved.Report, FormatJSON, Options{ShowSecrets: true}))); diff != "" {
			t.Errorf("%s: (-written +read and written again)\n%s", name, diff)
		}
	}
}

// TestReadRedacted: keys that are not known are named as they were, and the report can be written again.
func TestReadRedacted(t *testing.T) {
	r := recordedReport(t)
	first := written(t, r, FormatJSON, Options{})
	saved, err := Read(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	if saved.Whole() {
		t.Error("a redacted report counts as whole")
	}
	for i, l := range saved.Leaks {
		if was := r.Leaks[i].Key; !l.Key.IsRedacted() || l.Key.Fingerprint() != was.Fingerprint() ||
			l.Key.Redacted() != was.Redacted() ||
			l.Key.Environment() != was.Environment() {
			t.Errorf("leak %d: key %s, fingerprint %s", i, l.Key, l.Key.Fingerprint())
		}
		if diff := cmp.Diff(r.Leaks[i].Findings, l.Findings,
			cmpopts.IgnoreFields(scanner.Finding{}, "Key", "Placeholder", "Provider", "Evidence", "Refs", "Commit",
				"Path")); diff != "" {
			t.Errorf("leak %d: %s", i, diff)
		}
	}
	for i, l := range r.Leaks {
		saved.Leaks[i].Status, saved.Leaks[i].StatusDetail, saved.Leaks[i].CheckedAt = l.Status, l.StatusDetail, l.CheckedAt
	}
	for _, f := range []Format{FormatJSON, FormatText, FormatSARIF, FormatMarkdown} {
		if diff := cmp.Diff(string(written(t, r, f, Options{})),
			string(written(t, &saved.Report, f, Options{ShowSecrets: true}))); diff != "" {
			t.Errorf("%s: (-written +read and written again)\n%s", f, diff)
		}
	}
}

// madeUpBody stands apart from its prefix: the scanner that this is a test of finds keys joined in one place.
var madeUpBody = strings.Repeat("ZZbTz0Lm", 3)

// TestReadContainer: what lies in a container lies there still when the report is written again, in every format.
func TestReadContainer(t *testing.T) {
	packed := inFile(keyPlain, "a!b/backup.zip!c/prod.env", 3, 5)
	packed.Container, packed.Inside = "zip", "!c/prod.env"
	r := &Report{Leaks: leaksOf([]scanner.Finding{packed})}
	saved, err := Read(bytes.NewReader(written(t, r, FormatJSON, Options{ShowSecrets: true})))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range FormatNames() {
		want, got := written(t, r, Format(f), Options{}), written(t, &saved.Report, Format(f), Options{})
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-written, +read and written again):\n%s", f, diff)
		}
	}
	forged := strings.Replace(string(written(t, r, FormatJSON, Options{ShowSecrets: true})), `"!c/prod.env"`, `"other"`, 1)
	if saved, err = Read(strings.NewReader(forged)); err != nil || saved.Leaks[0].Findings[0].Inside != "" {
		t.Errorf("a container that the path does not lead into: %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	good := string(written(t, recordedReport(t), FormatJSON, Options{ShowSecrets: true}))
	secret := rules.NewKey(strings.Join([]string{"sk", "live", madeUpBody}, "_"))
	change := func(old, to string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the report has no %s", old)
		}
		return strings.Replace(good, old, to, 1)
	}
	for _, tt := range []struct{ text, want string }{
		{"", "no JSON"},
		{"{", "no JSON"},
		{secret.Reveal(), "no JSON"},
		{`"` + secret.Reveal() + `"`, "no report of skleak"},
		{"[]", "no report of skleak"},
		{"{}", "no report of skleak"},
		{good + good, "no JSON"},
		{`{"tool": {"name": "skleak"}, "schemaVersion": 1, "leaks": {}}`, "no report of skleak"},
		{`{"leaks": [], "leaks": []}`, "twice"},
		{good[:len(good)/2], "no JSON"},
		{change(`"name": "skleak"`, `"name": "other"`), "no report of skleak"},
		{change(`"schemaVersion": 1`, `"schemaVersion": 2`), "version 2"},
		{change(keyPlain.Reveal(), secret.Reveal()), "was changed"},
		{change(keyPlain.Fingerprint(), secret.Fingerprint()), "was changed"},
	} {
		_, err := Read(strings.NewReader(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), secret.Reveal()) {
			t.Errorf("%.30q: error %v, want …%s…", tt.text, err, tt.want)
		}
	}
}

// TestReadTakesAnyOrder: other programs sort the members of a JSON text.
func TestReadTakesAnyOrder(t *testing.T) {
	text := written(t, recordedReport(t), FormatJSON, Options{ShowSecrets: true})
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	members["another"] = []any{"that", map[string]any{"nobody": "knows"}}
	sorted, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(bytes.NewReader(sorted))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Leaks) == 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, wanted %+v", got, want)
	}
}

// That a key was revoked is told by every format, and read back.
func TestRevokedIsTold(t *testing.T) {
	r := recordedReport(t)
	for i := range r.Leaks {
		if r.Leaks[i].Key == keyPlain {
			r.Leaks[i].Status, r.Leaks[i].Revoked = scanner.StatusInactive, true
		}
	}
	for format, want := range map[Format]string{FormatText: ", revoked (checked", FormatJSON: `"revoked": true`,
		FormatJSONL:    `"revoked":true`,
		FormatMarkdown: "| revoked |", FormatSARIF: "The provider does not accept it"} {
		if !strings.Contains(string(written(t, r, format, Options{})), want) {
			t.Errorf("%s: no %q", format, want)
		}
	}
	saved, err := Read(bytes.NewReader(written(t, r, FormatJSON, Options{ShowSecrets: true})))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range saved.Leaks {
		if l.Revoked != (l.Key == keyPlain) {
			t.Errorf("%s: revoked %v", l.Key, l.Revoked)
		}
	}
}

// A key of a rule of one's own has another prefix, in its redacted form too.
func TestReadRedactedOwnKey(t *testing.T) {
	key := rules.NewKey("acme_pat_0123456789abcdefghij")
	r := &Report{Leaks: []Leak{{Key: key, Environment: rules.Live, Provider: scanner.ProviderUnknown, Findings: []scanner.Finding{{Key: key, Path: "a"}}}}}
	saved, err := Read(bytes.NewReader(written(t, r, FormatJSON, Options{})))
	if err != nil || saved.Whole() {
		t.Errorf("%+v, error %v", saved, err)
	}
}
