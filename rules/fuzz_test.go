package rules

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// FuzzScan plants a key into any bytes and expects it back, whole and in place. Whatever else the
// bytes hold, matches lie inside the text, rise, and do not repeat.
func FuzzScan(f *testing.F) {
	for _, seed := range scanSeeds() {
		f.Add([]byte(seed), []byte(seed))
	}
	s := Default()
	key := prefixLive + base62Body
	f.Fuzz(func(t *testing.T, before, after []byte) {
		// Semicolons are no part of any form, and nothing joins what they part.
		text := append(append(append(bytes.Clone(before), " ;"...), key...), "; "...)
		start := len(before) + 2
		text = append(text, after...)
		seen := map[Match]bool{}
		planted, last := false, 0
		s.Scan(text, func(m Match) {
			if m.Start < last || m.End > len(text) || m.End <= m.Start || seen[m] {
				t.Fatalf("match %+v behind %d in %d bytes", m, last, len(text))
			}
			seen[m], last = true, m.Start
			planted = planted || m.Start == start && m.End == start+len(key) && m.Key.Reveal() == key && m.Form == "plain" && !m.Placeholder
		})
		if !planted {
			t.Fatalf("planted key not found in %q: %v", text, seen)
		}
		s.Redact(string(before))
	})
}

func scanSeeds() []string {
	seeds := []string{"", "K=", "\\n", "\x1b[1m", prefixLive, "%22", "=\r\n", "\\u00"}
	for _, sh := range shapes {
		seeds = append(seeds, parseMarks(sh.text).text)
	}
	return seeds
}

// FuzzNext holds the search against comparing every window at every position.
func FuzzNext(f *testing.F) {
	for _, seed := range nextSeeds() {
		f.Add([]byte(seed), uint16(0), uint16(len(seed)))
		f.Add([]byte(strings.Repeat(".", 41)+seed), uint16(3), uint16(41+len(seed)))
	}
	sets := []*Set{Default(), withShort(f)}
	f.Fuzz(func(t *testing.T, text []byte, from, to uint16) {
		last := min(int(to), len(text))
		first := min(int(from), last)
		for _, s := range sets {
			want := slices.DeleteFunc(s.naive(text[:last]), func(at int) bool { return at < first })
			if got := s.candidates(text, first, last); !slices.Equal(got, want) {
				t.Errorf("%q in [%d:%d]: candidates %v, want %v", text, first, last, got, want)
			}
		}
	})
}

func nextSeeds() []string {
	seeds := []string{"", "acme_k", "zx9_tok", prefixTest + prefixLive, "sk_live_sk_liv"}
	for i, l := range builtinLiterals() {
		if i%100 == 0 {
			seeds = append(seeds, l.text)
		}
	}
	return seeds
}

// FuzzDecoders undoes each form at any place of any text: what comes out maps into the part that was decoded.
func FuzzDecoders(f *testing.F) {
	for _, seed := range scanSeeds() {
		f.Add([]byte(seed), uint16(len(seed)/2), uint8(1), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, at uint16, phase uint8, broken bool) {
		if len(text) < windowLong {
			return
		}
		place := min(int(at), len(text)-windowLong)
		for form, decode := range decoders {
			if decode == nil {
				continue
			}
			d := decoding{src: view{text: text}, at: place, start: max(0, place-int(phase)), broken: broken}
			d.phase = int(phase) % unitOf(formID(form))
			d.around(ahead[0])
			decode(&d)
			if len(d.out.from) != len(d.out.text) || len(d.out.to) != len(d.out.text) {
				t.Fatalf("%s: %d bytes from %d places to %d", formNames[form], len(d.out.text), len(d.out.from), len(d.out.to))
			}
			for i := range d.out.text {
				if from, to := d.out.span(i, i+1); from < 0 || from >= to || to > len(text) {
					t.Fatalf("%s: byte %d is written at [%d:%d] of %d", formNames[form], i, from, to, len(text))
				}
			}
		}
	})
}

// A fuzz target without seeds tests nothing in an ordinary run.
func TestFuzzSeeds(t *testing.T) {
	s := Default()
	found, candidates := map[string]bool{}, 0
	for _, seed := range scanSeeds() {
		s.Scan([]byte(seed), func(m Match) { found[m.Form] = true })
	}
	for _, seed := range nextSeeds() {
		candidates += min(1, len(s.candidates([]byte(seed), 0, len(seed))))
	}
	if len(found) < int(formCount)-2 || candidates < 100 {
		t.Errorf("the seeds hold keys of %d forms and %d candidates", len(found), candidates)
	}
}
