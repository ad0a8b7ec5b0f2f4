package placeholder

import (
	"math"

	"skleak/rules/internal/ascii"
)

// maxRead bounds how much of a body is read: as much as the longest key of the built-in rules has.
const maxRead = 255

// What the code charges in bits, besides what a piece itself says. The comment of Judge tells what for.
const (
	costChain = 2.0  // that there is another chain, and whether it starts the body
	costLink  = 1.59 // whether a chain ends, goes on, or goes on behind a separator
	costEnd   = 1.0  // that there is no other chain
	costWord  = 1.0  // that a piece is a word: half of all pieces are
	costOther = 3.0  // that a piece is of one of the four other kinds
	costRun   = 3.2  // which kind of run it is
)

// A piece is a part of a body that is not read character by character.
type piece struct {
	start, end int
	cost       float64 // in bits
	kind       pieceKind
}

type pieceKind uint8

const (
	pieceDummy pieceKind = iota // a word, by its class
	pieceFiller
	pieceOrdinary
	pieceLetters // letters in the order of a language, but no word that is known
	pieceNumber
	pieceRun     // three characters in order
	pieceLongRun // four and more
	pieceCopy    // what stood before, once more
	pieceKinds
)

// A reading is the best way to read a body as pieces.
type reading struct {
	gain     float64 // bits that it saves
	literals int     // letters and digits that no piece has
	has      [pieceKinds]bool
}

// A state is where a reader may be between two characters.
type state uint8

const (
	atLiteral   state = iota
	atPiece           // right behind a piece
	atSeparator       // behind a piece and a separator
	states
)

// A step is the best way to come to a state.
type step struct {
	worth, gain float64
	from        int16
	fromState   state
	kind        pieceKind // of the piece that was read last, if one was
	read        bool
}

// readAll reads as many characters as can be.
func (r *reader) readAll() reading {
	if !r.mayReadAll() {
		return reading{literals: len(r.body)}
	}
	return r.best(toReadAll)
}

// saveMost reads what saves bits.
func (r *reader) saveMost() reading {
	if r.mostGain() < 8 {
		return reading{literals: len(r.body)}
	}
	return r.best(0)
}

// toReadAll is the worth of a character that is read where all shall be, in bits.
const toReadAll = 20

// A route is the best way to each state at each place of a body.
type route [][states]step

// best finds the way through the body that saves most, where each character that is read is worth some bits more.
func (r *reader) best(worthReading float64) reading {
	n := len(r.body)
	way := make(route, n+1)
	for i := range way {
		for s := range way[i] {
			way[i][s].worth = math.Inf(-1)
		}
	}
	way[0][atLiteral] = step{}
	pieces := r.pieces
	for i := range n {
		r.literal(way, i)
		for len(pieces) > 0 && pieces[0].start == i {
			r.piece(way, pieces[0], worthReading)
			pieces = pieces[1:]
		}
	}
	return r.follow(way)
}

// literal reads one character as it is.
func (r *reader) literal(way route, i int) {
	for s, from := range way[i] {
		to := atLiteral
		if state(s) == atPiece && isSeparator(r.body[i]) {
			to = atSeparator
		}
		if from.worth > way[i+1][to].worth {
			way[i+1][to] = step{worth: from.worth, gain: from.gain, from: int16(i), fromState: state(s)}
		}
	}
}

// piece reads a piece.
func (r *reader) piece(way route, p piece, worthReading float64) {
	value := r.value[p.end] - r.value[p.start]
	for s := range states {
		from := way[p.start][s]
		gain := value - p.cost - costLink
		if s == atLiteral {
			gain -= costChain
			if p.start > 0 {
				gain -= r.place
			}
		}
		worth := from.worth + gain + worthReading*float64(p.end-p.start)
		if to := &way[p.end][atPiece]; worth > to.worth {
			*to = step{worth: worth, gain: from.gain + gain, from: int16(p.start), fromState: s, kind: p.kind, read: true}
		}
	}
}

// follow goes the best way back and sums up.
func (r *reader) follow(way route) reading {
	at, s := len(r.body), atLiteral
	for other := range states {
		if way[at][other].worth > way[at][s].worth {
			s = other
		}
	}
	sum := reading{gain: way[at][s].gain - costEnd}
	for at > 0 {
		here := way[at][s]
		switch {
		case here.read:
			sum.has[here.kind] = true
		case !isSeparator(r.body[at-1]):
			sum.literals++
		}
		at, s = int(here.from), here.fromState
	}
	return sum
}

func isSeparator(c byte) bool { return c == '_' || c == '-' }

// bitsOf is what each character says if the body is random: the logarithm of the size of the smallest alphabet in use
// that has all characters of its token, which is the one that says least. Separators count for nothing.
func bitsOf(body string) []float64 {
	bits := make([]float64, len(body))
	for start := 0; start < len(body); {
		end := start
		for end < len(body) && !isSeparator(body[end]) {
			end++
		}
		n := math.Log2(float64(alphabetOf(body[start:end])))
		for i := start; i < end; i++ {
			bits[i] = n
		}
		start = end + 1
	}
	return bits
}

// alphabetOf is the size of the smallest alphabet that keys are made of and a token fits into: digits, hex, base36,
// base58.
func alphabetOf(token string) int {
	lower, upper, hex := false, false, true
	digits := true
	for i := range len(token) {
		c := token[i]
		lower = lower || ascii.IsLower(c)
		upper = upper || ascii.IsUpper(c)
		digits = digits && ascii.IsDigit(c)
		hex = hex && (ascii.IsDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f')
	}
	switch {
	case digits:
		return 10
	case lower && upper:
		return 58
	case hex:
		return 16
	}
	return 36
}
