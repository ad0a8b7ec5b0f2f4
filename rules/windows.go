package rules

import "strings"

// An entry says what to try where a window is found.
type entry struct {
	form  formID
	phase int8  // of the window's first byte, see literal
	rule  int16 // for formPlain
	lead  int16 // for formPlain: how far behind the start of the literal the window starts
}

// windows chooses one window of each literal and collects what to try where it is found.
type windows struct {
	number  map[string]int
	texts   []string
	entries [][]entry
	grams   map[string]bool // those the chosen windows bring along
	stride  int
}

func newWindows(stride int) *windows {
	return &windows{number: map[string]int{}, grams: map[string]bool{}, stride: stride}
}

func (w *windows) add(l literal) {
	size := windowLong
	if len(l.text) < windowLong {
		size = windowShort
	}
	at := w.choose(l.text, size)
	text := l.text[at : at+size]
	n, known := w.number[text]
	if !known {
		n = len(w.texts)
		w.number[text] = n
		w.texts = append(w.texts, text)
		w.entries = append(w.entries, nil)
		for i := range w.stride {
			w.grams[text[i:i+gramLen]] = true
		}
	}
	e := entry{form: l.form, phase: int8(l.phaseAt(at)), rule: int16(l.rule), lead: int16(at)}
	if l.form != formPlain {
		e.rule, e.lead = 0, 0
	}
	for _, other := range w.entries[n] {
		if other == e {
			return
		}
	}
	w.entries[n] = append(w.entries[n], e)
}

// choose returns where the window of a literal starts: one that is searched for already, else the
// one that says the most and whose new grams are the rarest in ordinary text.
func (w *windows) choose(text string, size int) int {
	best, least := 0, 0.0
	for at := 0; at+size <= len(text); at++ {
		window := text[at : at+size]
		if _, known := w.number[window]; known {
			return at
		}
		cost := 30 * float64(size-distinct(window))
		for i := range w.stride {
			if gram := window[i : i+gramLen]; !w.grams[gram] {
				cost += commonness(gram) + 2
			}
		}
		if at == 0 || cost < least {
			best, least = at, cost
		}
	}
	return best
}

// distinct counts the different bytes of a window: few of them say little, as in 0, 0x0, 0x.
func distinct(window string) int {
	n := 0
	for i := range len(window) {
		if strings.IndexByte(window, window[i]) == i {
			n++
		}
	}
	return n
}

// commonness guesses how often a gram occurs in ordinary text. Only the order matters. It is made
// of how common the kinds of its bytes are and how often the kind changes. Counts from real source
// code in its place make the search less than 5 % faster, and would tie it to that code.
func commonness(gram string) float64 {
	product := 1.0
	for i := range len(gram) {
		product *= kindOf(gram[i]).weight()
		if i > 0 && kindOf(gram[i]) != kindOf(gram[i-1]) {
			product *= 0.4
		}
	}
	return product
}

type byteKind int

const (
	kindLower byteKind = iota
	kindSpace
	kindDigit
	kindUpper
	kindMark // the punctuation and control bytes every text is full of
	kindRare
)

func kindOf(c byte) byteKind {
	switch {
	case c >= 'a' && c <= 'z':
		return kindLower
	case c == ' ':
		return kindSpace
	case c >= '0' && c <= '9':
		return kindDigit
	case c >= 'A' && c <= 'Z':
		return kindUpper
	case c == '\n', c == '\t', c == 0, c == '_', c == '"', c == ',', c == '.':
		return kindMark
	}
	return kindRare
}

func (k byteKind) weight() float64 { return [...]float64{4, 5, 2.5, 2, 2.5, 1.2}[k] }
