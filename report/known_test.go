package report

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"skleak/report/baseline"
	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/scantest"
)

// neighbours stand beside keys where no search takes them for one.
var neighbours = []string{"", "x", "Z", "7", "...", "…", "*", "**", "█", "[redacted]", "_", "-", "/", "\\", "%5F", "${",
	"é", "\xff", "\x00",
	"'s", "=", "@", "|", "`", "](", "::", "##[", "sk" + "_live_", "\n", "\u202e"}

// besideKeys writes a key among neighbours: whole, cut, or in the other case.
func besideKeys(random *rand.Rand, keys []rules.Key) string {
	text := ""
	for range 1 + random.IntN(3) {
		value := keys[random.IntN(len(keys))].Reveal()
		switch random.IntN(5) {
		case 0:
			value = value[random.IntN(12):]
		case 1:
			value = value[:len(value)-random.IntN(12)]
		case 2:
			value = strings.ToUpper(value)
		case 3:
			value = strings.ToLower(value)
		}
		text += neighbours[random.IntN(len(neighbours))] + value + neighbours[random.IntN(len(neighbours))]
	}
	return text
}

// shownRun returns ten characters of the body of a key that text holds in whatever case, or "".
func shownRun(text string, keys []rules.Key) string {
	text = strings.ToLower(text)
	for _, k := range keys {
		body := strings.ToLower(k.Reveal()[len("sk_live_"):])
		for i := range len(body) - 9 {
			if strings.Contains(text, body[i:i+10]) {
				return body[i : i+10]
			}
		}
	}
	return ""
}

// TestNoKnownKeyAnywhere puts keys of the report, touched by all kinds of neighbours, into every text of it: no format
// shows ten characters of a body.
func TestNoKnownKeyAnywhere(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	keys := []rules.Key{keyPlain, keyHistory, keyMany, keyMessage, keyShort, keyAllowed, keyBaseline}
	for range scantest.Sample(20, 400) {
		text, kept := besideKeys(random, keys), keptFields[random.IntN(len(keptFields))]
		full := filledReports(t, text, kept)[0]
		unfound := *full // whose targets and places hold keys that are no leaks of its own, but were found
		unfound.Leaks, unfound.Redactor = nil, rules.NewRedactor(nil)
		for _, k := range keys {
			unfound.Redactor.Know(k)
		}
		for _, r := range []*Report{full, &unfound} {
			outputs := hostileOutputs(t, r)
			outputs["baseline"] = string(baseline.New(r.Leaks, r.Redactor).Encode())
			for format, got := range outputs {
				if strings.HasSuffix(format, "verbose") {
					continue // shows the keys of leaks, as it was asked to
				}
				if run := shownRun(got, keys); run != "" {
					t.Errorf("%s, keeping %s: %q is shown, made of %q", format, kept, run, text)
				}
			}
		}
	}
}

// TestShowSecretsShowsKeysOnly: with --show-secrets the key of a leak is whole, and everything else as without.
func TestShowSecretsShowsKeysOnly(t *testing.T) {
	r := filledReports(t, "x"+keyPlain.Reveal()+"y", []string{"Suppressed", "Source"})[0]
	closed, open := string(written(t, r, FormatJSON, Options{})), string(written(t, r, FormatJSON,
		Options{ShowSecrets: true}))
	for _, l := range r.Leaks {
		if n := strings.Count(open, l.Key.Reveal()); n != 1 {
			t.Errorf("%s is there %d times", l.Key, n)
		}
		open = strings.Replace(open, l.Key.Reveal(), l.Key.Redacted(), 1)
	}
	if open != closed {
		t.Error("more than the keys differs")
	}
}

// TestIdsStayWhole: a key that somebody made of the ids of objects, or of words of ours, damages none of them.
func TestIdsStayWhole(t *testing.T) {
	leaks := leaksOf(recordedFindings())
	print := leaks[0].Key.Fingerprint()
	for _, body := range []string{hashA, hashB + hashC, print, "unreadable-file-quoted-printable-Zz9"} {
		leaks = append(leaks, Leak{Key: rules.NewKey("sk" + "_live_" + body), Environment: rules.Live,
			Provider: scanner.ProviderUnknown,
			Status:   scanner.StatusUnchecked, Findings: []scanner.Finding{{Source: scanner.SourceFile, Form: "quoted-printable",
				Path: "a", Blob: hashB}}})
	}
	slices.SortStableFunc(leaks, compareUrgency)
	r := &Report{Leaks: leaks, Coverage: Coverage{UnreadableCount: 1,
		Unreadable: []scanner.Unreadable{{Reason: scanner.UnreadableFile, Place: hashA, Detail: "missing"}}}}
	var got jsonReport
	if err := json.Unmarshal(written(t, r, FormatJSON, Options{}), &got); err != nil {
		t.Fatal(err)
	}
	for i, l := range leaks {
		if got.Leaks[i].Fingerprint != l.Key.Fingerprint() {
			t.Errorf("fingerprint %s became %s", l.Key.Fingerprint(), got.Leaks[i].Fingerprint)
		}
		for j, f := range l.Findings {
			shown := got.Leaks[i].Findings[j]
			if shown.Blob != f.Blob || shown.Form != f.Form || f.Commit != nil && shown.Commit.Hash != f.Commit.Hash {
				t.Errorf("%+v became %+v", f, shown)
			}
		}
	}
	if u := got.Scan.Coverage.Unreadable[0]; fmt.Sprint(u) != fmt.Sprint(r.Coverage.Unreadable[0]) {
		t.Errorf("%v became %v", r.Coverage.Unreadable[0], u)
	}
	if text := string(written(t, r, FormatText, Options{})); !strings.Contains(text, print) ||
		!strings.Contains(text, hashB[:12]) {
		t.Errorf("an id is damaged:\n%s", text)
	}
}

// TestPlaceholdersHideNothing: the words of a placeholder are no secret.
func TestPlaceholdersHideNothing(t *testing.T) {
	r := recordedReport(t)
	r.Targets = []string{"your_key_goes_here"}
	if text := string(written(t, r, FormatJSON, Options{})); !strings.Contains(text, `"your_key_goes_here"`) {
		t.Error("the words of a placeholder are hidden")
	}
}
