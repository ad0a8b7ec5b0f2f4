package placeholder

import (
	"math"
	"sync"

	"skleak/rules/internal/ascii"
)

// shortestLetters is how many letters must stand in a row to be read as a word that is not known.
const shortestLetters = 4

// A model says in bits how unlikely one letter is behind another. Index 26 is where a word starts or ends.
type model [27][27]float64

// language is learned from the dictionary.
var language = sync.OnceValue(func() *model {
	var counts model
	for _, w := range dictionary() {
		last := 26
		for i := range len(w.text) {
			if !ascii.IsLower(w.text[i]) {
				break
			}
			counts[last][w.text[i]-'a']++
			last = int(w.text[i] - 'a')
		}
		counts[last][26]++
	}
	for a := range counts {
		sum := 0.0
		for b := range counts[a] {
			counts[a][b] += 0.5
			sum += counts[a][b]
		}
		for b := range counts[a] {
			counts[a][b] = math.Log2(sum / counts[a][b])
		}
	}
	return &counts
})

// lettersAt finds letters in the order of a language: a whole stretch of letters of one case, or of a capital and small
// letters. They count only if they say less than random ones.
func (r *reader) lettersAt(i int) {
	end := wordEnd(r.body, i)
	if end-i < shortestLetters || i > 0 && ascii.IsLetter(r.body[i-1]) &&
		!(ascii.IsLower(r.body[i-1]) && ascii.IsUpper(r.body[i])) {
		return
	}
	cost, last := costOther+2, 26
	for k := i; k < end; k++ {
		letter := int(r.body[k]|0x20) - 'a'
		cost += language()[last][letter]
		last = letter
	}
	cost += language()[last][26]
	if cost < r.bits[i]*float64(end-i) {
		r.add(i, end, pieceLetters, cost)
	}
}

// wordEnd is where the letters end that start at i and have one case, but for a capital at the start.
func wordEnd(s string, i int) int {
	end := i
	for end < len(s) && ascii.IsUpper(s[end]) {
		end++
	}
	if end-i <= 1 {
		for end < len(s) && ascii.IsLower(s[end]) {
			end++
		}
	}
	return end
}
