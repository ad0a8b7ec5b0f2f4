package placeholder

import (
	"bytes"
	"cmp"
	_ "embed"
	"slices"
	"sort"
	"strings"
	"sync"

	"skleak/rules/internal/ascii"
)

//go:embed words.txt
var wordList string

// A word is one of the dictionary, with what it tells of a body: pieceDummy if nobody puts it into a secret,
// pieceFiller if placeholders are made of it and of others, pieceOrdinary if names are.
type word struct {
	text string
	kind pieceKind
	cost float64 // in bits
}

// What a word says in bits: which of the words of its class it is, and which class that is.
var wordCosts = [...]float64{pieceDummy: 9.9, pieceFiller: 10.9, pieceOrdinary: 12.1}

// marks are the commonest of the dummy words.
var marks = []string{"dummy", "example", "fake", "mock", "placeholder", "replace", "sample", "your"}

const costMark = 6

// dictionary reads words.txt, sorted: a line that starts with # names the class of the words below it. A word of several
// classes is of the first of them.
var dictionary = sync.OnceValue(func() []word {
	classes := map[string]pieceKind{"# dummy": pieceDummy, "# filler": pieceFiller, "# ordinary": pieceOrdinary}
	all := make([]word, 0, strings.Count(wordList, " ")+strings.Count(wordList, "\n"))
	class := pieceOrdinary
	for line := range strings.Lines(wordList) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			class = classes[line]
			continue
		}
		for text := range strings.FieldsSeq(line) {
			w := word{text, class, wordCosts[class]}
			if slices.Contains(marks, text) {
				w.cost = costMark
			}
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(a, b word) int {
		return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.kind, b.kind))
	})
	return slices.CompactFunc(all, func(a, b word) bool { return a.text == b.text })
})

// What English puts before a word of four letters or more, and what it hangs on one.
var (
	beginnings = []string{"de", "re", "un", "pre", "non", "sub", "mis", "dis", "over", "auto", "multi"}
	endings    = []string{"s", "es", "ed", "d", "ing", "er", "ers", "r", "ion", "ions", "al", "ly", "ment", "able"}
)

const (
	longestWord  = 20
	shortestRoot = 4
	costAffix    = 9 // that there is one, which, and whether an e was dropped for it
)

// wordsAt finds the words that start at i: ABC, abc or Abc. Mixed case is no word: it is what random characters look
// like. Words of one or two letters count only where they are set off, as in getUserById: in the midst of letters they
// are everywhere.
func (r *reader) wordsAt(i int) {
	var buf [longestWord]byte
	text, style := oneCase(&buf, r.body[i:])
	add := func(n int, w word, affixes float64) {
		if n > 2 || isSetOff(r.body, i, i+n) {
			r.add(i, i+n, w.kind, costWord+w.cost+affixes*costAffix+style)
		}
	}
	if len(text) == 0 || len(text) < 3 && !isSetOff(r.body, i, i+len(text)) {
		return
	}
	withEndings(text, add)
	for _, b := range beginnings {
		if len(text) >= len(b)+shortestRoot && string(text[:len(b)]) == b {
			withEndings(text[len(b):], func(n int, w word, affixes float64) {
				if len(w.text) >= shortestRoot {
					add(len(b)+n, w, affixes+1)
				}
			})
		}
	}
}

// withEndings calls found for each word that text starts with, alone and with an ending, and how long that is.
func withEndings(text []byte, found func(n int, w word, affixes float64)) {
	walk(text, func(n int, w word) {
		if n == len(w.text) {
			found(n, w, 0)
		}
		if n < shortestRoot {
			return
		}
		for _, ending := range endings {
			if bytes.HasPrefix(text[n:], []byte(ending)) {
				found(n+len(ending), w, 1)
			}
		}
	})
}

// walk calls found for each word that text starts with, or that it would start with if an e followed, with how much of
// text that is.
func walk(text []byte, found func(n int, w word)) {
	words := dictionary()
	for n := 1; n <= len(text); n++ {
		words = narrow(words, n-1, text[n-1])
		if len(words) == 0 {
			return
		}
		if len(words[0].text) == n {
			found(n, words[0])
		}
		if more := narrow(words, n, 'e'); len(more) > 0 && len(more[0].text) == n+1 {
			found(n, more[0])
		}
	}
}

// narrow returns those of the sorted words that are alike before at and have c there.
func narrow(words []word, at int, c byte) []word {
	first := sort.Search(len(words), func(k int) bool { return len(words[k].text) > at && words[k].text[at] >= c })
	words = words[first:]
	return words[:sort.Search(len(words), func(k int) bool { return words[k].text[at] > c })]
}

// oneCase copies in lower case what s starts with in one style, and says what the style costs.
func oneCase(buf *[longestWord]byte, s string) (text []byte, style float64) {
	isCase, style := ascii.IsLower, 1.0
	if ascii.IsUpper(s[0]) {
		style = 2
		if len(s) > 1 && ascii.IsUpper(s[1]) {
			isCase = ascii.IsUpper
		}
	} else if !ascii.IsLower(s[0]) {
		return nil, 0
	}
	text = append(buf[:0], s[0]|0x20)
	for k := 1; k < min(len(s), longestWord) && (isCase(s[k]) || ascii.IsDigit(s[k])); k++ {
		text = append(text, s[k]|0x20)
	}
	return text, style
}

// isSetOff says whether body[start:end] is a whole token or one of the words of camel case. Digits beside it are not
// enough: hex is full of them.
func isSetOff(body string, start, end int) bool {
	left := start == 0 || isSeparator(body[start-1]) || ascii.IsLower(body[start-1]) && ascii.IsUpper(body[start])
	right := end == len(body) || isSeparator(body[end]) || ascii.IsLower(body[end-1]) && ascii.IsUpper(body[end])
	return left && right
}

// IsWord says whether a text in lower case is a word of the dictionary, alone or with an ending.
func IsWord(text string) bool {
	known := false
	if len(text) <= longestWord {
		withEndings([]byte(text), func(n int, _ word, _ float64) { known = known || n == len(text) })
	}
	return known
}
