package search

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"skleak/rules/internal/ascii"
	"skleak/rules/internal/form"
)

// An Entry says what to try where a window is found.
type Entry struct {
	Form  form.ID
	Phase int8 // of the window's first byte, see literal
	Loose bool // see literal
	// Broken says that a break is known to be in the literal, or may be where it is loose.
	Broken bool
	Rule   int16 // for form.Plain: 0 and 1 are the built-in prefixes, then come the user's own literals
	// Leads says how far behind the start of the literal the window starts: several literals may
	// share it.
	Leads []int16
}

const (
	// Overlap is how many bytes two neighbouring pieces of a text must share to be searched apart.
	Overlap = windowLong - 1
	// ShortestLiteral is that of the literals of one's own.
	ShortestLiteral = windowShort
	// builtinRules is how many rules have the prefixes that are built in.
	builtinRules = 2
)

// New builds the search for what is built in, and for the literals of the user's own rules.
func New(own []string) *Index {
	s := newIndex()
	for _, literal := range own {
		if len(literal) < windowLong {
			s.stride = strideShort
		}
	}
	if s.stride == strideLong {
		s.readFilters()
	} else {
		s.admitNothing()
		for n := range s.stored.count { // fewer grams of each
			s.admit(binary.LittleEndian.AppendUint64(nil, s.stored.window(n)))
		}
	}
	if len(own) > 0 {
		s.long, s.short, s.own = newWindowTable(len(own)), newWindowTable(len(own)), map[int][]Entry{}
	}
	for i, literal := range own {
		s.addOwn(literal, s.stored.count+i, builtinRules+i)
	}
	return s
}

// newIndex is one whose filters are still to be filled.
func newIndex() *Index {
	s := &Index{stride: strideLong, stored: storedWindows()}
	for i := range s.masks {
		s.masks[i] = gramMask(i)
	}
	return s
}

// addOwn adds a window of a literal of the user's own: one that is searched for already, or else the rarest, which gets
// the number.
func (s *Index) addOwn(text string, number, rule int) {
	size := windowLong
	if len(text) < windowLong {
		size = windowShort
	}
	e := Entry{Form: form.Plain, Rule: int16(rule)}
	for at := 0; at+size <= len(text); at++ {
		long, short := s.windowsAt([]byte(text), at)
		if n := max(long, short); n >= 0 {
			e.Leads = []int16{int16(at)}
			s.own[n] = append(slices.Clip(s.entries(n)), e) // the list may be that of other windows too
			return
		}
	}
	at := s.rarest(text, size)
	e.Leads = []int16{int16(at)}
	s.add([]byte(text[at:at+size]), number)
	s.own[number] = []Entry{e}
}

// At returns what to try at text[at:]: the entries of the long and the short window that start there.
func (s *Index) At(text []byte, at int) (long, short []Entry) {
	l, sh := s.windowsAt(text, at)
	if l >= 0 {
		long = s.entries(l)
	}
	if sh >= 0 {
		short = s.entries(sh)
	}
	return long, short
}

// entries returns what to try at a window.
func (s *Index) entries(number int) []Entry {
	if list, changed := s.own[number]; changed {
		return list
	}
	return s.stored.entries(number)
}

// rarest returns where the window of text starts that says the most and whose new grams are the rarest in
// ordinary text.
func (s *Index) rarest(text string, size int) int {
	best, least := 0, float32(math.MaxFloat32)
	for at := 0; at+size <= len(text); at++ {
		cost := 30 * float32(size-distinct(text[at:at+size]))
		for offset := range s.stride {
			if gram := text[at+offset : at+offset+gramLen]; s.admits(gramAt(gram, 0)) >= 0 {
				cost += commonness(gram) + 2
			}
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
// of how common the kinds of its bytes are and how often the kind changes. The windows that are built in
// were chosen by counts; nobody can know those of the user's own literals.
func commonness(gram string) float32 {
	product := float32(1)
	last := kindOf(gram[0])
	for i := range len(gram) {
		kind := kindOf(gram[i])
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

func kindOf(c byte) byteKind {
	switch c {
	case ' ':
		return kindSpace
	case '\n', '\t', 0, '_', '"', ',', '.':
		return kindMark
	}
	switch {
	case ascii.IsLower(c):
		return kindLower
	case ascii.IsDigit(c):
		return kindDigit
	case ascii.IsUpper(c):
		return kindUpper
	}
	return kindRare
}
