package deltas

import (
	"math/rand/v2"
	"testing"
)

// TestFreshRows: where a row of letters begins in a result, and its base has none that begins alike, it stands in what is fresh.
func TestFreshRows(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	letters := [256]bool{'a': true, 'b': true}
	for c := 'A'; c < 'M'; c++ { // some of what is inserted
		letters[c] = true
	}
	news := 0
	for range 50_000 {
		base := make([]byte, r.IntN(60))
		for i := range base {
			base[i] = "aaaaabbbbb.( "[r.IntN(13)]
		}
		whole := randomDelta(r, base)
		_, size, instructions, err := Sizes(whole)
		if err != nil {
			t.Fatal(err)
		}
		result, margin := make([]byte, size), Margin{Bytes: r.IntN(4), Row: 4 + r.IntN(20)}
		if _, err := Apply(result, base, instructions, 0, nil); err != nil {
			t.Fatal(err)
		}
		fresh, _, err := AppendFresh(nil, base, instructions, len(result), margin)
		if err != nil {
			t.Fatal(err)
		}
		has := beginnings(fresh, &letters, margin.Row)
		had := beginnings(base, &letters, margin.Row)
		for row := range beginnings(result, &letters, margin.Row) {
			if had[row] {
				continue
			}
			if news++; !has[row] {
				t.Fatalf("base %q, result %q, margin %d over %d: the row %q is not in %q", base, result, margin.Bytes, margin.Row, row, fresh)
			}
		}
	}
	if news < 10_000 {
		t.Errorf("only %d rows were new", news)
	}
}

// beginnings are the rows of letters in a text, as far as most bytes of each, and whatever they begin with.
func beginnings(text []byte, letters *[256]bool, most int) map[string]bool {
	all := map[string]bool{}
	for i := range text {
		if i > 0 && letters[text[i-1]] {
			continue
		}
		for n := 0; n < min(most, len(text)-i) && letters[text[i+n]]; n++ {
			all[string(text[i:i+n+1])] = true
		}
	}
	return all
}
