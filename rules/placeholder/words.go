package placeholder

import (
	_ "embed"
	"strings"
	"sync"

	"skleak/rules/internal/ascii"
)

// wordClass says what a word tells of the body it is part of.
type wordClass uint8

const (
	wordUnknown  wordClass = iota
	wordOrdinary           // what identifiers are made of
	wordFiller             // what placeholders are made of, next to other words
	wordDummy              // what nobody puts into a secret: enough by itself
)

//go:embed words.txt
var wordList string

// dictionary reads words.txt: a line that starts with # names the class of the words below it.
var dictionary = sync.OnceValue(func() map[string]wordClass {
	classes := map[string]wordClass{"# ordinary": wordOrdinary, "# filler": wordFiller, "# dummy": wordDummy}
	words := map[string]wordClass{}
	class := wordUnknown
	for line := range strings.Lines(wordList) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			class = classes[line]
			continue
		}
		for _, w := range strings.Fields(line) {
			words[w] = max(words[w], class)
		}
	}
	return words
})

// endings are what English hangs on a word.
var endings = []string{"s", "es", "ed", "d", "ing", "er", "ers", "r", "ion", "ions", "al", "ly", "ment", "able"}

// longestWord bounds the work of reading a piece as a word.
const longestWord = 20

// classOf looks up a word of one case, ABC, abc or Abc. Mixed case is no word: it is what random
// characters look like.
func classOf(s string) wordClass {
	if len(s) > longestWord || !hasOneCase(s) {
		return wordUnknown
	}
	lower := strings.ToLower(s)
	words := dictionary()
	if class := words[lower]; class != wordUnknown {
		return class
	}
	for _, ending := range endings {
		stem := strings.TrimSuffix(lower, ending)
		if len(stem) == len(lower) || len(stem) < 4 {
			continue
		}
		if class := max(words[stem], words[stem+"e"]); class != wordUnknown {
			return class
		}
	}
	return wordUnknown
}

// hasOneCase says whether the letters of s are all lower case, all upper case, or so but for a
// capital at the start. Digits do not matter: v2 and k8s are words as well.
func hasOneCase(s string) bool {
	lowers, uppers := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case ascii.IsLower(c):
			lowers++
		case ascii.IsUpper(c):
			uppers++
		case !ascii.IsDigit(c):
			return false
		}
	}
	return lowers == 0 || uppers == 0 || uppers == 1 && ascii.IsUpper(s[0])
}

// readWords judges a body by the words in it.
func readWords(body string) Judgment {
	tokens := strings.FieldsFunc(body, func(r rune) bool { return r == '_' || r == '-' })
	var sum tally
	for _, t := range tokens {
		sum.add(t)
	}
	switch {
	case sum.dummy:
		return Dummy
	case len(tokens) == 0:
		return Secret
	case sum.unread == 0 && !sum.ordinary && (sum.filler || sum.longRun):
		return Dummy
	case sum.unread == 0 && sum.longRun:
		return Dummy
	case sum.unread == 0 && sum.ordinary:
		return Name
	case sum.isName(len(tokens)):
		return Name
	}
	return Secret
}

// A tally counts what the tokens of a body turned out to be.
type tally struct {
	dummy, filler, ordinary bool
	longRun                 bool // four characters or more in order
	unread                  int  // letters and digits that are no word, run or short number
	read                    int  // letters that are
	wordlike                int  // tokens that look like a word, read or not
	styles                  int  // one bit for each of lower case, upper case and capitals at the start
}

func (t *tally) add(token string) {
	if isWordlike(token) {
		t.wordlike++
		t.styles |= styleOf(token)
	}
	if startsOrEndsDummy(token) {
		t.dummy = true
	}
	p := parser{token: token}
	if !p.parse(0, false) {
		t.unread += len(token)
		return
	}
	t.dummy = t.dummy || p.seen[wordDummy]
	t.filler = t.filler || p.seen[wordFiller]
	t.ordinary = t.ordinary || p.seen[wordOrdinary]
	t.longRun = t.longRun || p.longRun
	t.read += len(token)
}

// isName says whether a body that holds unknown words still is an identifier: all of it looks like
// words of one style or short numbers, and either a third of it is known or there are three of them.
// No generator makes keys of letters of one case and separators.
func (t *tally) isName(tokens int) bool {
	return tokens >= 2 && t.wordlike == tokens && t.styles&(t.styles-1) == 0 && (t.read*3 >= t.read+t.unread || tokens >= 3)
}

// styleOf tells lower case, upper case and a capital at the start apart. A single letter or a number
// may be any.
func styleOf(token string) int {
	switch {
	case len(token) == 1 || ascii.IsDigit(token[0]):
		return 0
	case ascii.IsLower(token[0]):
		return 1
	case ascii.IsUpper(token[1]):
		return 2
	}
	return 4
}

// isWordlike says whether a token is a short number or could be pronounced: letters of one case,
// vowels in it, and never more than four consonants in a row.
func isWordlike(token string) bool {
	if len(token) <= 4 && strings.Trim(token, "0123456789") == "" {
		return true
	}
	if len(token) > 15 || !hasOneCase(token) || strings.ContainsAny(token, "0123456789") {
		return false
	}
	vowels, row := 0, 0
	for _, c := range strings.ToLower(token) {
		row++
		if strings.ContainsRune("aeiouy", c) {
			vowels++
			row = 0
		}
		if row > 4 {
			return false
		}
	}
	return vowels > 0 || len(token) <= 3
}

// startsOrEndsDummy says whether a token starts or ends with a dummy word of five letters or more, or
// with mock or fake, that its surroundings set off, as in FAKE1234 or 51exampleKey. One of seven
// letters or more needs no setting off. The token may also be the word.
func startsOrEndsDummy(token string) bool {
	for n := min(len(token), longestWord); n >= 4; n-- {
		head, tail := token[:n], token[len(token)-n:]
		before := len(token) - n
		if n == 4 && before > 0 && !isFake(head) && !isFake(tail) {
			return false
		}
		if isDummy(head) && (n >= 7 || before == 0 || setsOff(token[n-1], token[n])) {
			return true
		}
		if isDummy(tail) && (n >= 7 || before == 0 || setsOff(token[before-1], tail[0])) {
			return true
		}
	}
	return false
}

func isFake(s string) bool { return strings.EqualFold(s, "mock") || strings.EqualFold(s, "fake") }

func isDummy(s string) bool { return hasOneCase(s) && dictionary()[strings.ToLower(s)] == wordDummy }

// setsOff says whether a word can end or start between a and b: not between letters of one case.
func setsOff(a, b byte) bool {
	return ascii.IsDigit(a) != ascii.IsDigit(b) || ascii.IsLower(a) && ascii.IsUpper(b)
}

// A parser splits a token into words, runs and short numbers, all of it or none.
type parser struct {
	token   string
	dead    map[int]bool // where no parse goes on, with and without a number before
	seen    [4]bool
	longRun bool
}

// parse reads token[at:]. Two numbers never meet, else any digits would be read.
func (p *parser) parse(at int, afterNumber bool) bool {
	if at == len(p.token) {
		return true
	}
	state := at * 2
	if afterNumber {
		state++
	}
	if p.dead[state] {
		return false
	}
	rest := p.token[at:]
	if p.parseWord(at, rest) || p.parseRun(at, rest) || !afterNumber && p.parseNumber(at, rest) {
		return true
	}
	if p.dead == nil {
		p.dead = map[int]bool{}
	}
	p.dead[state] = true
	return false
}

// parseWord tries the longest word first. Words of one or two letters count only where they are set
// off, as in getUserById: in the midst of letters they are everywhere.
func (p *parser) parseWord(at int, rest string) bool {
	for n := min(len(rest), longestWord); n >= 1; n-- {
		if n <= 2 && !p.isSetOff(at, at+n) {
			continue
		}
		class := classOf(rest[:n])
		if class != wordUnknown && p.parse(at+n, false) {
			p.seen[class] = true
			return true
		}
	}
	return false
}

// isSetOff says whether token[start:end] is the whole token or one of the words of camel case. Digits
// beside it are not enough: hex is full of them.
func (p *parser) isSetOff(start, end int) bool {
	t := p.token
	return (start == 0 || ascii.IsLower(t[start-1]) && ascii.IsUpper(t[start])) && (end == len(t) || ascii.IsLower(t[end-1]) && ascii.IsUpper(t[end]))
}

func (p *parser) parseRun(at int, rest string) bool {
	n := runLength(rest)
	if n < 3 || !p.parse(at+n, false) {
		return false
	}
	p.longRun = p.longRun || n >= 4
	return true
}

func (p *parser) parseNumber(at int, rest string) bool {
	n := 0
	for n < len(rest) && ascii.IsDigit(rest[n]) {
		n++
	}
	return n >= 1 && n <= 4 && p.parse(at+n, true)
}
