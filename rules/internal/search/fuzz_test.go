package search

import (
	"slices"
	"strings"
	"testing"

	"skleak/rules/internal/keys"
	"skleak/rules/internal/search/literal"
)

// FuzzNext holds the search against comparing every window at every position.
func FuzzNext(f *testing.F) {
	for _, seed := range nextSeeds() {
		f.Add([]byte(seed), uint16(0), uint16(len(seed)))
		f.Add([]byte(strings.Repeat(".", 41)+seed), uint16(3), uint16(41+len(seed)))
	}
	sets := []*Index{New(nil), withShort(f)}
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
	seeds := []string{"", "acme_k", "zx9_tok", keys.Test + keys.Live, "sk_live_sk_liv"}
	for i, l := range literal.Texts() {
		if i%100 == 0 {
			seeds = append(seeds, l)
		}
	}
	return seeds
}

// A fuzz target without seeds tests nothing in an ordinary run.
func TestFuzzSeeds(t *testing.T) {
	s, candidates := New(nil), 0
	for _, seed := range nextSeeds() {
		candidates += min(1, len(s.candidates([]byte(seed), 0, len(seed))))
	}
	if candidates < 100 {
		t.Errorf("the seeds hold %d candidates", candidates)
	}
}
