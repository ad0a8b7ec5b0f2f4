package rules

import (
	"bytes"
	"fmt"
	"testing"

	"skleak/rules/internal/form"
	"skleak/rules/internal/keys"
)

// FuzzScan plants a key into any bytes and expects it back, whole and in place. Whatever else the
// bytes hold, matches lie inside the text, rise, and do not repeat.
func FuzzScan(f *testing.F) {
	for _, seed := range scanSeeds() {
		f.Add([]byte(seed), []byte(seed))
	}
	s := Default()
	key := keys.Live + base62Body
	f.Fuzz(func(t *testing.T, before, after []byte) {
		// Semicolons are no part of any form, and nothing joins what they part.
		text := append(append(append(bytes.Clone(before), " ;"...), key...), "; "...)
		start := len(before) + 2
		text = append(text, after...)
		seen := map[string]bool{}
		planted, last := false, 0
		s.Scan(text, func(m Match) {
			if m.Start < last || m.End > len(text) || m.End <= m.Start || seen[fmt.Sprintf("%+v", m)] {
				t.Fatalf("match %+v behind %d in %d bytes", m, last, len(text))
			}
			seen[fmt.Sprintf("%+v", m)], last = true, m.Start
			planted = planted || m.Start == start && m.End == start+len(key) && m.Key.Reveal() == key && m.Form == "plain" && !m.Placeholder
		})
		if !planted {
			t.Fatalf("planted key not found in %q: %v", text, seen)
		}
		s.Redact(string(before))
	})
}

func scanSeeds() []string {
	seeds := []string{"", "K=", "\\n", "\x1b[1m", keys.Live, "%22", "=\r\n", "\\u00"}
	for _, sh := range shapes {
		seeds = append(seeds, parseMarks(sh.text).text)
	}
	return seeds
}

// FuzzDecoders undoes each form at any place of any text: what comes out maps into the part that was decoded.
func FuzzDecoders(f *testing.F) {
	for _, seed := range scanSeeds() {
		f.Add([]byte(seed), uint16(len(seed)/2), uint8(1), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, at uint16, phase uint8, broken bool) {
		if len(text) < form.CandidateLength {
			return
		}
		place := min(int(at), len(text)-form.CandidateLength)
		for id := form.Plain + 1; id < form.Count; id++ {
			var d form.Decoding
			d.Begin(&form.View{Text: text}, form.Place{At: place, Start: max(0, place-int(phase)), Phase: int(phase) % id.Unit(), Broken: broken})
			d.Undo(id, form.Ahead[0])
			for i := range d.Out.Text {
				if from, to := d.Out.Span(i, i+1); from < 0 || from >= to || to > len(text) {
					t.Fatalf("%s: byte %d is written at [%d:%d] of %d", id, i, from, to, len(text))
				}
			}
		}
	})
}

// A fuzz target without seeds tests nothing in an ordinary run.
func TestFuzzSeeds(t *testing.T) {
	s := Default()
	found := map[string]bool{}
	for _, seed := range scanSeeds() {
		s.Scan([]byte(seed), func(m Match) { found[m.Form] = true })
	}
	if len(found) < int(form.Count)-2 {
		t.Errorf("the seeds hold keys of %d forms", len(found))
	}
}
