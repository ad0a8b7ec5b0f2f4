package report

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"skleak/rules"
	"skleak/scanner"
)

// sarifRun writes r and reads it back, by a library that knows the official schema, which allows no field that it does
// not know.
func sarifRun(t *testing.T, r *Report) *sarif.Run {
	t.Helper()
	text := written(t, r, FormatSARIF, Options{})
	document, err := sarif.FromBytes(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(); err != nil {
		t.Fatal(err)
	}
	if document.Version != "2.1.0" || document.Schema == "" || len(document.Runs) != 1 || document.Runs[0].Results == nil {
		t.Fatalf("version %q, schema %q, %d runs", document.Version, document.Schema, len(document.Runs))
	}
	return document.Runs[0]
}

func sarifOfFindings(t *testing.T, found ...scanner.Finding) *sarif.Run {
	t.Helper()
	return sarifRun(t, &Report{Version: "1", Leaks: leaksOf(found)})
}

// TestSARIFForGitHub holds every recorded run against what code scanning asks for.
func TestSARIFForGitHub(t *testing.T) {
	all := reports(t)
	all["hostile"] = filledReports(t, hostileTexts["table and code"], nil)[0]
	for name, r := range all {
		run := sarifRun(t, r)
		if *run.ColumnKind != "unicodeCodePoints" || *run.AutomationDetails.ID != "skleak/" {
			t.Errorf("%s: column kind %s, category %s", name, *run.ColumnKind, *run.AutomationDetails.ID)
		}
		if run.OriginalUriBaseIds != nil || run.Tool.Driver.InformationURI != nil {
			t.Errorf("%s: a base or a home is claimed", name)
		}
		if in := run.Invocations[0]; *in.ExecutionSuccessful != r.Complete() {
			t.Errorf("%s: executionSuccessful %v, complete %v", name, *in.ExecutionSuccessful, r.Complete())
		}
		for _, res := range run.Results {
			checkResult(t, name, run, res)
		}
	}
}

func checkResult(t *testing.T, name string, run *sarif.Run, res *sarif.Result) {
	t.Helper()
	rule := run.Tool.Driver.Rules[res.RuleIndex]
	if *rule.ID != *res.RuleID {
		t.Errorf("%s: result of rule %s has index of %s", name, *res.RuleID, *rule.ID)
	}
	if *res.Message.Text == "" || len(res.Locations) != 1 || len(res.RelatedLocations) > githubLimits.related {
		t.Errorf("%s: %d locations, %d related", name, len(res.Locations), len(res.RelatedLocations))
	}
	if res.PartialFingerprints["skleakFingerprint/v1"] == "" {
		t.Errorf("%s: no fingerprint", name)
	}
	ids := map[int]bool{}
	for _, l := range slices.Concat(res.Locations, res.RelatedLocations) {
		checkLocation(t, name, l)
		ids[l.ID] = true
	}
	for _, link := range regexp.MustCompile(`\]\((\d+)\)`).FindAllStringSubmatch(*res.Message.Text, -1) {
		var id int
		if fmt.Sscan(link[1], &id); !ids[id] {
			t.Errorf("%s: a link to location %d, which is not there", name, id)
		}
	}
	for id := range ids {
		if id < 0 || id > len(res.RelatedLocations) {
			t.Errorf("%s: location id %d", name, id)
		}
	}
}

func checkLocation(t *testing.T, name string, l *sarif.Location) {
	t.Helper()
	artifact, at := l.PhysicalLocation.ArtifactLocation, l.PhysicalLocation.Region
	u, err := url.Parse(*artifact.URI)
	if err != nil || u.IsAbs() || u.Host != "" || u.RawQuery != "" || u.Fragment != "" || u.Path == "" ||
		strings.HasPrefix(u.Path, "/") {
		t.Errorf("%s: %q is no relative path as URI: %v", name, *artifact.URI, err)
	}
	if regexp.MustCompile(`[^A-Za-z0-9._~/%-]`).MatchString(*artifact.URI) {
		t.Errorf("%s: %q is not encoded", name, *artifact.URI)
	}
	if *artifact.URIBaseID != "%SRCROOT%" {
		t.Errorf("%s: base %q", name, *artifact.URIBaseID)
	}
	if *at.StartLine < 1 || *at.StartColumn < 1 || *at.EndLine < *at.StartLine ||
		*at.EndLine == *at.StartLine && *at.EndColumn <= *at.StartColumn || *at.EndColumn < 1 {
		t.Errorf("%s: region %d:%d-%d:%d", name, *at.StartLine, *at.StartColumn, *at.EndLine, *at.EndColumn)
	}
}

func TestSARIFRules(t *testing.T) {
	rules := sarifRun(t, &Report{Version: "1.2.3"}).Tool.Driver.Rules
	want := map[string]string{"sk-live-key": "9.5", "sk-test-key": "5.0"}
	if len(rules) != len(want) {
		t.Fatalf("%d rules", len(rules))
	}
	for _, r := range rules {
		if got := r.Properties.Properties["security-severity"]; got != want[*r.ID] {
			t.Errorf("%s has severity %v", *r.ID, got)
		}
		if p := r.Properties.Properties["precision"]; p != "high" || len(r.Properties.Tags) == 0 ||
			len(r.Properties.Tags) > 10 {
			t.Errorf("%s: precision %v, tags %v", *r.ID, p, r.Properties.Tags)
		}
		for what, text := range map[string]*string{"name": r.Name, "short": r.ShortDescription.Text,
			"full": r.FullDescription.Text, "help": r.Help.Text, "help as Markdown": r.Help.Markdown} {
			if text == nil || *text == "" || len(*text) > 1024 || what == "name" && len(*text) > 255 {
				t.Errorf("%s: %s is missing or too long", *r.ID, what)
			}
		}
	}
}

// TestSARIFTellsNothingPrivate looks for what must not leave the machine.
func TestSARIFTellsNothingPrivate(t *testing.T) {
	r := recordedReport(t)
	r.Targets = []string{"/home/ann/code/project"}
	r.Coverage = unreadableCoverage()
	r.Coverage.Unreadable[0] = scanner.Unreadable{Reason: "corrupt", Place: "/home/ann/my work/x/pack-1.pack at 12",
		Detail: `C:\Users\ann\x: "/home/ann/y"`}
	r.Coverage.Unreadable[1] = scanner.Unreadable{Reason: "corrupt", Place: `D:\ann\x`,
		Detail: "opening file:///home/ann/y"}
	for _, show := range []bool{false, true} {
		got := string(written(t, r, FormatSARIF, Options{ShowSecrets: show}))
		for _, private := range []string{"someone@example.com", "Ann Author", "Tagger", "/home/ann", "ann/", `ann\`,
			"my work", "/code/project"} {
			if strings.Contains(got, private) {
				t.Errorf("%q is in the report", private)
			}
		}
		for _, l := range r.Leaks {
			if strings.Contains(got, l.Key.Reveal()) {
				t.Errorf("a whole key of %s is in the report", l.Key)
			}
		}
		if !strings.Contains(got, "…/pack-1.pack at 12") {
			t.Error("what could not be read is not named")
		}
	}
}

func TestSARIFLeavesOutPlaceholders(t *testing.T) {
	dummy := inFile(keyPlain, "a", 1, 1)
	dummy.Placeholder = true
	if n := len(sarifOfFindings(t, dummy).Results); n != 0 {
		t.Errorf("%d results", n)
	}
}

func TestSARIFSuppressions(t *testing.T) {
	run := sarifRun(t, recordedReport(t))
	for _, res := range run.Results {
		print := res.PartialFingerprints["skleakFingerprint/v1"]
		want := print == keyAllowed.Fingerprint() || print == keyBaseline.Fingerprint()
		if res.Suppressions == nil {
			t.Errorf("%s: no list of suppressions, in a run that has some", print)
		}
		if got := len(res.Suppressions) == 1 && *res.Suppressions[0].Kind == "external"; got != want {
			t.Errorf("%s suppressed: %v, want %v", print, got, want)
		}
	}
}

// TestSARIFOneResultPerPath puts a key twice into a file, once more into its history, and elsewhere.
func TestSARIFOneResultPerPath(t *testing.T) {
	old := inHistory(keyPlain, "a.txt", 70, commit(hashA, "Ann", "x"))
	old.AtHead = true
	run := sarifOfFindings(t, old, inFile(keyPlain, "a.txt", 9, 1), inFile(keyPlain, "a.txt", 5, 1),
		inFile(keyPlain, "b.txt", 1, 1))
	if len(run.Results) != 2 {
		t.Fatalf("%d results", len(run.Results))
	}
	res := run.Results[0]
	if line := *res.Locations[0].PhysicalLocation.Region.StartLine; line != 5 {
		t.Errorf("the place is line %d", line)
	}
	var related []string
	for _, l := range res.RelatedLocations {
		related = append(related, fmt.Sprint(*l.PhysicalLocation.ArtifactLocation.URI, ":",
			*l.PhysicalLocation.Region.StartLine))
	}
	if want := []string{"a.txt:9", "b.txt:1"}; !slices.Equal(related, want) {
		t.Errorf("related are %v, want %v", related, want)
	}
}

// TestSARIFPrefersHead takes the place that the checkout has over one that it has no longer.
func TestSARIFPrefersHead(t *testing.T) {
	gone, there := inHistory(keyPlain, "a", 3, commit(hashA, "", "")), inHistory(keyPlain, "a", 8, commit(hashB, "", ""))
	there.AtHead = true
	res := sarifOfFindings(t, gone, there).Results
	if len(res) != 1 || *res[0].Locations[0].PhysicalLocation.Region.StartLine != 8 {
		t.Errorf("%d results, the first at line %d", len(res), *res[0].Locations[0].PhysicalLocation.Region.StartLine)
	}
	if _, own := res[0].PartialFingerprints["primaryLocationLineHash"]; own {
		t.Error("a line that is checked out has a hash of our own")
	}
}

// TestSARIFLineHash has a hash of our own just where the upload cannot compute one, and it depends
// on key and path alone.
func TestSARIFLineHash(t *testing.T) {
	atHead := inHistory(keyPlain, "h", 1, commit(hashA, "", ""))
	atHead.AtHead = true
	message := inHistory(keyPlain, "", 1, commit(hashA, "", ""))
	message.Source = scanner.SourceCommit
	staged, stdin := inFile(keyPlain, "i", 1, 1), inFile(keyPlain, "", 1, 1)
	staged.Source, stdin.Source = scanner.SourceIndex, scanner.SourceStdin
	tests := []struct {
		name string
		f    scanner.Finding
		own  bool
	}{
		{"file", inFile(keyPlain, "a", 1, 1), false},
		{"index", staged, false},
		{"history at head", atHead, false},
		{"history", inHistory(keyPlain, "h", 1, commit(hashA, "", "")), true},
		{"commit", message, true},
		{"stdin", stdin, true},
		{"a key in the path", inFile(keyPlain, "x/"+keyShort.Redacted(), 0, 0), true},
		{"an ellipsis in the path", inFile(keyPlain, "x/more….txt", 1, 1), false},
		{"a path that is no UTF-8", inFile(keyPlain, "x\xff", 1, 1), true},
	}
	form := regexp.MustCompile(`^[0-9a-f]+:1$`)
	hashes := map[string]string{}
	for _, test := range tests {
		first := sarifOfFindings(t, test.f).Results[0].PartialFingerprints
		hash, own := first["primaryLocationLineHash"]
		if own != test.own || own && !form.MatchString(hash) {
			t.Errorf("%s: own hash %v (%q), want %v", test.name, own, hash, test.own)
		}
		if other, twice := hashes[hash]; own && twice {
			t.Errorf("%s and %s have the same hash", test.name, other)
		}
		hashes[hash] = test.name
		moved := test.f
		moved.Line, moved.EndLine = moved.Line+40, moved.EndLine+40
		if again := sarifOfFindings(t, moved).Results[0].PartialFingerprints; again["primaryLocationLineHash"] != hash {
			t.Errorf("%s: the hash moves with the line", test.name)
		}
	}
}

// TestSARIFWithoutPath gives every object without a path a place that no tracked file can have.
func TestSARIFWithoutPath(t *testing.T) {
	for source, want := range map[scanner.Source]string{
		scanner.SourceCommit:  ".git/commit/" + hashA,
		scanner.SourceTag:     ".git/tag/" + hashA,
		scanner.SourceHistory: ".git/blob/" + hashC,
		scanner.SourceStdin:   "stdin",
	} {
		f := inHistory(keyPlain, "", 1, commit(hashA, "", ""))
		f.Source = source
		if source == scanner.SourceStdin { // it has neither object nor commit
			f.Blob, f.Commit = "", nil
		}
		if got := *sarifOfFindings(t, f).Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI; got != want {
			t.Errorf("%s is at %q, want %q", source, got, want)
		}
	}
}

// TestSARIFAbsolutePath gives no path of the machine away, should a scanner hand one over.
func TestSARIFAbsolutePath(t *testing.T) {
	res := sarifOfFindings(t, inFile(keyPlain, "/home/ann/app.env", 1, 1), inFile(keyPlain, "b", 1, 1)).Results
	if got := *res[0].Locations[0].PhysicalLocation.ArtifactLocation.URI; got != "app.env" {
		t.Errorf("the place is %q", got)
	}
	for _, r := range res {
		if strings.Contains(*r.Message.Text, "home") {
			t.Errorf("the message is %q", *r.Message.Text)
		}
	}
}

func TestSARIFRegions(t *testing.T) {
	for in, want := range map[scanner.Place]scanner.Place{
		{}: {Line: 1, Column: 1, EndLine: 1, EndColumn: 2},
		{Line: 3, Column: 5, EndLine: 3, EndColumn: 9}: {Line: 3, Column: 5, EndLine: 3, EndColumn: 9},
		{Line: 3, Column: 5, EndLine: 3, EndColumn: 5}: {Line: 3, Column: 5, EndLine: 3, EndColumn: 6},
		{Line: 3, Column: 5, EndLine: 4, EndColumn: 1}: {Line: 3, Column: 5, EndLine: 4, EndColumn: 1},
		{Line: 3, Column: 5}:                           {Line: 3, Column: 5, EndLine: 3, EndColumn: 6},
	} {
		if got := regionOf(scanner.Finding{Place: in}); got != want {
			t.Errorf("%v becomes %v, want %v", in, got, want)
		}
	}
}

// TestSARIFLimits has more results than fit: a live key everywhere, and others that must not go
// under for it.
func TestSARIFLimits(t *testing.T) {
	limits := sarifLimits{results: 50, ofKey: 60, relatedOfKey: 180, related: 3, relatedTotal: 100}
	var found []scanner.Finding
	for i := range 60 {
		found = append(found, inFile(keyPlain, fmt.Sprintf("live%d", i), 1, 1))
	}
	for i := range 20 {
		found = append(found, inFile(keyMessage, fmt.Sprintf("test%d", i), 1, 1),
			inFile(keyAllowed, fmt.Sprintf("allowed%d", i), 1, 1))
	}
	r := &Report{Version: "1", Leaks: leaksOf(found)}
	for i := range r.Leaks {
		if r.Leaks[i].Key == keyAllowed {
			r.Leaks[i].Suppressed = scanner.SuppressedAllowed
		}
	}
	var b bytes.Buffer
	out := bufio.NewWriter(&b)
	if err := errors.Join(writeSARIFWithin(limits, out, r.shown()), out.Flush()); err != nil {
		t.Fatal(err)
	}
	document, err := sarif.FromBytes(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	run := document.Runs[0]
	count := map[string]int{}
	for _, res := range run.Results {
		count[res.PartialFingerprints["skleakFingerprint/v1"]]++
		if len(res.RelatedLocations) != 2 {
			t.Errorf("%d related locations: a hundred over fifty results are 2 each", len(res.RelatedLocations))
		}
	}
	if count[keyPlain.Fingerprint()] != 49 || count[keyMessage.Fingerprint()] != 1 || len(run.Results) != 50 {
		t.Errorf("kept are %v", count)
	}
	last := run.Invocations[0].ToolExecutionNotifications
	if len(last) != 1 || !strings.HasPrefix(*last[0].Message.Text, "50 results left out: code scanning takes 50") {
		t.Errorf("%d notifications say what was left out", len(last))
	}
}

// TestSARIFOfOneKey has one key at 5,000 paths: few results, all places, and a document that can be uploaded.
func TestSARIFOfOneKey(t *testing.T) {
	for _, n := range []int{501, 5_000, 6_000} {
		var found []scanner.Finding
		for i := range n {
			found = append(found, inFile(keyPlain, fmt.Sprintf("services/payments/config/environments/file%04d.yaml", i), 1, 1))
		}
		r := &Report{Version: "1", Leaks: leaksOf(found)}
		if size := len(written(t, r, FormatSARIF, Options{})); size > 2_000_000 {
			t.Errorf("%d places take %d bytes", n, size)
		}
		run, told := sarifRun(t, r), map[string]bool{}
		for _, res := range run.Results {
			for _, l := range slices.Concat(res.Locations, res.RelatedLocations) {
				told[*l.PhysicalLocation.ArtifactLocation.URI] = true
			}
		}
		notes := len(run.Invocations[0].ToolExecutionNotifications)
		if len(run.Results) != min(n, 500) || len(told) != min(n, 5_500) || (notes > 0) != (n > 5_500) {
			t.Errorf("%d places: %d results, %d places told, %d notes", n, len(run.Results), len(told), notes)
		}
	}
}

// BenchmarkSARIF writes as many results as GitHub takes.
func BenchmarkSARIF(b *testing.B) {
	var found []scanner.Finding
	for i := range githubLimits.results + 10 {
		k := key(rules.Live, fmt.Sprint(i/githubLimits.ofKey), 24)
		found = append(found, inFile(k, fmt.Sprintf("folder/file%06d.txt", i), 1, 1))
	}
	r := &Report{Version: "1", Leaks: leaksOf(found)}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(written(b, r, FormatSARIF, Options{}))
	_ = z.Close()
	b.SetBytes(int64(len(written(b, r, FormatSARIF, Options{}))))
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, r, FormatSARIF, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(packed.Len()), "gzipped-bytes")
}

func TestMostSevere(t *testing.T) {
	leak := func(env rules.Environment, suppressed string) *Leak {
		return &Leak{Environment: env, Suppressed: suppressed}
	}
	live, test, known := leak(rules.Live, ""), leak(rules.Test, ""), leak(rules.Live, scanner.SuppressedBaseline)
	all := []sarifAlert{{leak: known, first: true, uri: "k"}, {leak: test, first: true, uri: "t1"},
		{leak: test, uri: "t2"},
		{leak: live, first: true, uri: "l1"}, {leak: live, uri: "l2"}}
	for limit, want := range []string{"", "l1", "t1 l1", "t1 l1 l2", "t1 t2 l1 l2", "k t1 t2 l1 l2", "k t1 t2 l1 l2"} {
		var got []string
		for _, a := range mostSevere(all, limit) {
			got = append(got, a.uri)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("of %d: %v, want %s", limit, got, want)
		}
	}
}

// TestSARIFNotifications names at most a hundred places, and how many there are.
func TestSARIFNotifications(t *testing.T) {
	var scan scanner.Coverage
	for i := range 300 {
		scan.Unreadable(scanner.UnreadableFile, fmt.Sprintf("f%03d", i), "permission denied")
	}
	in := sarifRun(t, &Report{Version: "1", Coverage: scan.Totals()}).Invocations[0]
	if n := len(in.ToolExecutionNotifications); n != githubLimits.unreadable+1 {
		t.Errorf("%d notifications", n)
	}
	if text := *in.ToolExecutionNotifications[githubLimits.unreadable].Message.Text; !strings.HasPrefix(text,
		"300 places") {
		t.Errorf("the last says %q", text)
	}
}

func TestSARIFLevels(t *testing.T) {
	for _, tt := range []struct {
		environment rules.Environment
		status      string
		want        string
	}{
		{rules.Live, "", "error"}, {rules.Live, scanner.StatusUnchecked, "error"}, {rules.Live, scanner.StatusUnknown, "error"},
		{rules.Live, scanner.StatusActive, "error"}, {rules.Live, scanner.StatusInactive, "note"},
		{rules.Test, scanner.StatusUnchecked, "warning"}, {rules.Test, scanner.StatusUnknown, "warning"},
		{rules.Test, scanner.StatusActive, "error"}, {rules.Test, scanner.StatusInactive, "note"},
	} {
		if got := levelOf(&Leak{Environment: tt.environment, Status: tt.status}); got != tt.want {
			t.Errorf("%s, %q: level %s, want %s", tt.environment, tt.status, got, tt.want)
		}
	}
}
