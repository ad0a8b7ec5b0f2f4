package rules

import (
	"math"
	"slices"
	"strings"
)

// An entry says what to try where a window is found.
type entry struct {
	form  formID
	phase int8 // of the window's first byte, see literal
	loose bool // see literal
	// broken says that a break is known to be in the literal, or may be where it is loose.
	broken bool
	rule   int16 // for formPlain
	// leads says how far behind the start of the literal the window starts: several literals may
	// share it.
	leads []int16
}

// windows chooses one window of each literal and collects what to try where it is found.
type windows struct {
	number  map[string]int
	texts   []string
	entries [][]entry
	grams   map[uint32]bool // those the chosen windows bring along
	stride  int
	costs   []float32 // memory for choose
}

func newWindows(stride int) *windows {
	return &windows{number: map[string]int{}, grams: map[uint32]bool{}, stride: stride}
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
			w.grams[gramAt(text, i)] = true
		}
	}
	w.addEntry(n, entry{form: l.form, phase: int8(l.phaseAt(at)), loose: l.loose, broken: l.loose || l.breakEnd > 0, rule: int16(l.rule)}, int16(at))
}

// addEntry adds the lead to the entry that is like e but for it, so that the form is undone once for
// all of them.
func (w *windows) addEntry(n int, e entry, lead int16) {
	for i := range w.entries[n] {
		other := &w.entries[n][i]
		if other.form == e.form && other.phase == e.phase && other.broken == e.broken && other.rule == e.rule {
			other.loose = other.loose || e.loose
			if !slices.Contains(other.leads, lead) {
				other.leads = append(other.leads, lead)
			}
			return
		}
	}
	e.leads = []int16{lead}
	w.entries[n] = append(w.entries[n], e)
}

// choose returns where the window of a literal starts: one that is searched for already, else the
// one that says the most and whose new grams are the rarest in ordinary text.
func (w *windows) choose(text string, size int) int {
	for at := 0; at+size <= len(text); at++ {
		if _, known := w.number[text[at:at+size]]; known {
			return at
		}
	}
	w.costs = w.costs[:0]
	for at := 0; at+gramLen <= len(text); at++ {
		cost := float32(0)
		if !w.grams[gramAt(text, at)] {
			cost = commonness(text[at:at+gramLen]) + 2
		}
		w.costs = append(w.costs, cost)
	}
	best, least := 0, float32(math.MaxFloat32)
	for at := 0; at+size <= len(text); at++ {
		cost := 30 * float32(size-distinct(text[at:at+size]))
		for _, c := range w.costs[at : at+w.stride] {
			cost += c
		}
		if cost < least {
			best, least = at, cost
		}
	}
	return best
}

func gramAt(text string, at int) uint32 {
	return uint32(text[at]) | uint32(text[at+1])<<8 | uint32(text[at+2])<<16 | uint32(text[at+3])<<24
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
func commonness(gram string) float32 {
	product := float32(1)
	last := kinds[gram[0]]
	for i := range len(gram) {
		kind := kinds[gram[i]]
		product *= kindWeights[kind]
		if kind != last {
			product *= 0.4
		}
		last = kind
	}
	return product
}

type byteKind uint8

const (
	kindLower byteKind = iota
	kindSpace
	kindDigit
	kindUpper
	kindMark // the punctuation and control bytes every text is full of
	kindRare
)

// kindWeights say how common the bytes of each kind are.
var kindWeights = [...]float32{kindLower: 4, kindSpace: 5, kindDigit: 2.5, kindUpper: 2, kindMark: 2.5, kindRare: 1.2}

var kinds = func() (kinds [256]byteKind) {
	for i := range kinds {
		switch c := byte(i); {
		case isLower(c):
			kinds[i] = kindLower
		case c == ' ':
			kinds[i] = kindSpace
		case isDigit(c):
			kinds[i] = kindDigit
		case isUpper(c):
			kinds[i] = kindUpper
		case c == '\n', c == '\t', c == 0, c == '_', c == '"', c == ',', c == '.':
			kinds[i] = kindMark
		default:
			kinds[i] = kindRare
		}
	}
	return kinds
}()
