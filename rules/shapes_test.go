package rules_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/rules/rulestest"
)

// shapesFile holds ways in which people write keys, and what only looks like one. Its first line says how to read it;
// .skleakignore keeps scans of this project away from it.
const shapesFile = "testdata/shapes.tsv"

// What is known to go wrong: these numbers may only fall, and leastNice only rise.
const (
	mostMissed  = 0  // of the shapes that must be found
	mostFalse   = 0  // of those that must not be reported as a leak
	mostMisread = 0  // of those that are nice to find
	mostMisled  = 0  // keys attributed to a provider that did not issue them
	leastNice   = 21 // that are found of those that are nice to find
)

// A sample is one line of the file.
type sample struct {
	line                             int
	text, want, provider, ext, group string
	keys                             []string // nil: not checked
}

func readSamples(t *testing.T) (all []sample) {
	content, err := os.ReadFile(shapesFile)
	if err != nil {
		t.Fatal(err)
	}
	prefixes := strings.NewReplacer("{L}", rulestest.Live, "{T}", rulestest.Test)
	for i, line := range strings.Split(strings.TrimSuffix(string(content), "\n"), "\n") {
		columns := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(columns) != 7 {
			t.Fatalf("%s:%d: %d columns", shapesFile, i+1, len(columns))
		}
		keys := strings.Fields(prefixes.Replace(columns[3]))
		all = append(all, sample{i + 1, unescapeSample(t, prefixes.Replace(columns[0])), columns[1], columns[2], columns[4], columns[5], keys})
	}
	return all
}

// unescapeSample undoes \\, \n, \r, \t and \xHH.
func unescapeSample(t *testing.T, s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		if at := strings.IndexByte(`\nrt`, s[i]); at >= 0 {
			b.WriteByte("\\\n\r\t"[at])
			continue
		}
		value, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if s[i] != 'x' || err != nil {
			t.Fatalf("%q: an unknown escape", s)
		}
		b.WriteByte(byte(value))
		i += 2
	}
	return b.String()
}

// verdict says what became of a sample: "exact", "wrong" (a key that is none), "missed", "silent" or "placeholder".
func (sm *sample) verdict() (string, []rules.Match) {
	var matches []rules.Match
	rules.Default().Scan([]byte(sm.text), func(m rules.Match) { matches = append(matches, m) })
	var real []string
	for _, m := range matches {
		if value := m.Key.Reveal(); !m.Placeholder && !slices.Contains(real, value) {
			real = append(real, value)
		}
	}
	switch {
	case len(real) == 0 && len(matches) > 0:
		return "placeholder", matches
	case len(real) == 0:
		return "silent", matches
	}
	for _, k := range sm.keys {
		if !slices.Contains(real, k) {
			return "missed", matches
		}
	}
	if len(sm.keys) > 0 && len(real) > len(sm.keys) {
		return "wrong", matches
	}
	return "exact", matches
}

// misled says whether a key of the sample is attributed to a provider that the sample does not name.
func (sm *sample) misled(matches []rules.Match) bool {
	for _, m := range matches {
		named, _ := provider.Default().Clues([]byte(sm.text), m).Decide("x" + sm.ext)
		if named != provider.Unknown && named != sm.provider {
			return true
		}
	}
	return false
}

func TestSamples(t *testing.T) {
	missed, alarms, misread, misled, nice := 0, 0, 0, 0, 0
	for _, sm := range readSamples(t) {
		verdict, matches := sm.verdict()
		ok := true
		switch sm.want {
		case "hit":
			if ok = verdict == "exact"; !ok {
				missed++
			}
		case "nice":
			if verdict == "exact" {
				nice++
			} else {
				t.Logf("not yet: %q", sm.text)
				if ok = verdict != "wrong" && verdict != "missed"; !ok {
					misread++
				}
			}
		case "miss", "hit-placeholder":
			if ok = verdict == "placeholder" || verdict == "silent" && sm.want == "miss"; !ok {
				alarms++
			}
		}
		if sm.misled(matches) {
			misled++
			ok = false
		}
		if !ok {
			t.Logf("%s:%d: want %s of %s, got %s: %q", shapesFile, sm.line, sm.want, sm.provider, verdict, sm.text)
		}
	}
	t.Logf("missed %d, false alarms %d, misread %d, misled %d, nice %d", missed, alarms, misread, misled, nice)
	if missed > mostMissed || alarms > mostFalse || misread > mostMisread || misled > mostMisled || nice < leastNice {
		t.Error("worse than it was")
	}
}
