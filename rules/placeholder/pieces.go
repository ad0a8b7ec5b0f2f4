package placeholder

import (
	"math"
	"math/bits"
	"strings"
	"sync"

	"skleak/rules/internal/ascii"
)

// A reader has a body and all pieces that it could be made of.
type reader struct {
	body   string
	bits   []float64 // what each character says
	value  []float64 // what all before each place say
	place  float64   // what a place in the body says
	pieces []piece   // in the order of their starts
}

// keyboards are the ways that people run their fingers along, grouped so that a key has one next key in each group.
var keyboards = [...][256]byte{
	nextKeys("qwertyuiop", "asdfghjkl", "zxcvbnm"),
	nextKeys("qwertzuiop", "azert", "qsdfghjklm", "yxcvbnm"),
	nextKeys("poiuytrewq", "lkjhgfdsa", "mnbvcxz"),
	nextKeys("1q2w3e4r5t6y7u8i9o0p"),
}

func newReader(body string) *reader {
	body = body[:min(len(body), maxRead)]
	r := &reader{body: body, bits: bitsOf(body), value: make([]float64, len(body)+1),
		place: math.Log2(float64(len(body) + 1))}
	for i, bits := range r.bits {
		r.value[i+1] = r.value[i] + bits
	}
	runs, turns, copies := runsOf(body), turnsOf(body), copiesOf(body)
	for i := range len(body) {
		if isSeparator(body[i]) {
			continue
		}
		r.wordsAt(i)
		r.runAt(i, runs)
		r.turnsAt(i, turns)
		r.blocksAt(i)
		r.copyAt(i, copies)
		r.numberAt(i)
		r.lettersAt(i)
	}
	return r
}

// mayReadAll says whether every letter and digit is in some piece.
func (r *reader) mayReadAll() bool {
	end := 0
	for _, p := range r.pieces {
		for ; end < p.start; end++ {
			if !isSeparator(r.body[end]) {
				return false
			}
		}
		end = max(end, p.end)
	}
	return end == len(r.body) || strings.Trim(r.body[end:], "_-") == ""
}

// mostGain is more than any reading saves. Nearly all random bodies end here.
func (r *reader) mostGain() (sum float64) {
	for _, p := range r.pieces {
		sum += max(0, r.value[p.end]-r.value[p.start]-p.cost-costLink)
	}
	return sum
}

func (r *reader) add(start, end int, kind pieceKind, cost float64) {
	r.pieces = append(r.pieces, piece{start, end, cost, kind})
}

// repeats says whether a body of sixteen characters or more is one piece twice or more often.
func repeats(body string) bool {
	if len(body) < 16 {
		return false
	}
	at := strings.Index((body + body)[1:], body) + 1
	return at*2 <= len(body)
}

// The kinds of runs: the same character, the next one, the one before, the next key of each group.
const (
	orderKinds = 3
	runKinds   = orderKinds + len(keyboards)
)

// runsOf says how long the run of each kind is that starts at each place.
func runsOf(body string) [][runKinds]uint8 {
	runs := make([][runKinds]uint8, len(body)+1)
	for i := len(body) - 2; i >= 0; i-- {
		links := linksOf()[body[i]&0x7f][body[i+1]&0x7f]
		for kind := 0; links != 0; kind, links = kind+1, links>>1 {
			if links&1 != 0 {
				runs[i][kind] = max(1, runs[i+1][kind]) + 1
			}
		}
	}
	return runs
}

// linksOf has a bit for each kind of run in which the second character follows the first.
var linksOf = sync.OnceValue(func() *[128][128]uint8 {
	var links [128][128]uint8
	for a := range links {
		for b := range links[a] {
			for kind := range runKinds {
				if follows(byte(a), byte(b), kind) {
					links[a][b] |= 1 << kind
				}
			}
		}
	}
	return &links
})

// runAt finds characters in order: three and more, four and more on a keyboard.
func (r *reader) runAt(i int, runs [][runKinds]uint8) {
	for kind, n := range runs[i] {
		n := int(n)
		if n < 3 || n < 4 && kind >= orderKinds {
			continue
		}
		what := pieceRun
		if n >= 4 {
			what = pieceLongRun
		}
		r.add(i, i+n, what, costOther+costRun+r.bits[i]+lengthCost(n-2)+caseCost(r.body[i:i+n]))
	}
}

// turnsOf says where the turns end that start at each place: letters that are a run of the kind, if the digits between
// them are left out, and digits that are one without the letters.
func turnsOf(body string) (ends [2][][orderKinds]int) {
	if !mayTakeTurns(body) {
		return ends
	}
	for class := range ends {
		ends[class] = make([][orderKinds]int, len(body)+1)
	}
	next := [2]int{len(body), len(body)} // the letter or digit that comes next
	for kind := range ends[0][len(body)] {
		ends[0][len(body)][kind], ends[1][len(body)][kind] = len(body), len(body)
	}
	for i := len(body) - 1; i >= 0; i-- {
		ends[0][i], ends[1][i] = ends[0][i+1], ends[1][i+1]
		if isSeparator(body[i]) {
			next = [2]int{i, i}
			for kind := range ends[0][i] {
				ends[0][i][kind], ends[1][i][kind] = i, i
			}
			continue
		}
		class := 0
		if ascii.IsDigit(body[i]) {
			class = 1
		}
		for kind := range ends[class][i] {
			if n := next[class]; n < len(body) && !isSeparator(body[n]) && !takesTurn(body[i], body[n], kind) {
				ends[class][i][kind] = n
			}
		}
		next[class] = i
	}
	return ends
}

// mayTakeTurns says whether four letters and digits in a row come next to the letter or digit before them. Nearly all
// random bodies end here.
func mayTakeTurns(body string) bool {
	var last [2]byte
	row := 0
	for i := range len(body) {
		c := body[i]
		class := 0
		if ascii.IsDigit(c) {
			class = 1
		}
		if a := last[class]; a != 0 && linksOf()[a&0x7f][c&0x7f]&(1<<orderKinds-1) == 0 && !takesTurn(a, c, 1) {
			row = 0
		} else if a != 0 {
			row++
		}
		if row >= 4 {
			return true
		}
		last[class] = c
	}
	return false
}

// takesTurn is follows, but that letters may start over behind f, the last hex digit, and digits behind 9 only.
func takesTurn(a, b byte, kind int) bool {
	return follows(a, b, kind) || kind == 1 && a|0x20 == 'f' && b|0x20 == 'a'
}

// turnsAt finds letters and digits that each count on their own: a1b2c3, abc123def456.
func (r *reader) turnsAt(i int, ends [2][][orderKinds]int) {
	if ends[0] == nil {
		return
	}
	best := 0
	for _, letters := range ends[0][i] {
		for _, digits := range ends[1][i] {
			best = max(best, min(letters, digits)-i)
		}
	}
	if best >= 6 {
		run := r.body[i : i+best]
		r.add(i, i+best, pieceLongRun, costOther+costRun+2*r.bits[i]+3.2+lengthCost(best-5)+float64(best)+caseCost(run))
	}
}

// blocksAt finds a token that counts in blocks of the same character: aaabbbccc, 1111222233334444.
func (r *reader) blocksAt(i int) {
	if i > 0 && !isSeparator(r.body[i-1]) {
		return
	}
	size := 1
	for i+size < len(r.body) && r.body[i+size] == r.body[i] {
		size++
	}
	end := i + size
	for size > 1 && end+size <= len(r.body) && follows(r.body[end-1], r.body[end], 1) &&
		strings.Count(r.body[end:end+size], r.body[end:end+1]) == size {
		end += size
	}
	if end-i >= 3*size {
		r.add(i, end, pieceLongRun,
			costOther+costRun+r.bits[i]+lengthCost(size-1)+lengthCost((end-i)/size)+caseCost(r.body[i:end]))
	}
}

// lengthCost is what a number from 1 says in a code that favours small ones.
func lengthCost(n int) float64 { return float64(2*bits.Len(uint(n)) - 1) }

// caseCost is what the cases of the letters say where a run mixes them.
func caseCost(run string) float64 {
	letters, uppers := 0, 0
	for i := range len(run) {
		if ascii.IsLetter(run[i]) {
			letters++
		}
		if ascii.IsUpper(run[i]) {
			uppers++
		}
	}
	if uppers == 0 || uppers == letters {
		return 1
	}
	return 1 + float64(letters)
}

// copiesOf says how many characters from each place on stand earlier in the body as well.
func copiesOf(body string) []int {
	longest, same := make([]int, len(body)), make([]int, len(body)) // same by the distance to the original
	for i := len(body) - 1; i > 0; i-- {
		for distance := 1; distance <= i; distance++ {
			if body[i] != body[i-distance] {
				same[distance] = 0
				continue
			}
			same[distance]++
			longest[i] = max(longest[i], same[distance])
		}
	}
	return longest
}

func (r *reader) copyAt(i int, copies []int) {
	if n := copies[i]; n >= 4 {
		r.add(i, i+n, pieceCopy, costOther+2*r.place)
	}
}

// numberAt finds a number of up to five digits, or of as many as a date and time have.
func (r *reader) numberAt(i int) {
	n := 0
	for i+n < len(r.body) && ascii.IsDigit(r.body[i+n]) {
		n++
	}
	if n > 0 && (i == 0 || !ascii.IsDigit(r.body[i-1])) && isNumber(r.body[i:i+n]) {
		r.add(i, i+n, pieceNumber, costOther+3.4+3.33*float64(n))
	}
}

// isNumber says whether digits are a number as people write them into names: up to five digits, a date, a date and
// time, or the seconds or milliseconds of a clock.
func isNumber(digits string) bool {
	switch len(digits) {
	case 1, 2, 3, 4, 5:
		return true
	case 8, 12, 14:
		return (strings.HasPrefix(digits, "19") || strings.HasPrefix(digits, "20")) && digits[4:6] <= "12" &&
			digits[6:8] <= "31"
	case 10, 13:
		return digits[0] == '1' && digits[1] >= '4' && digits[1] <= '8'
	}
	return false
}

// follows says whether b comes after a in a run of the kind: the same, the next of digits or letters, which start over
// at their end (hex digits go on from 9 to a), the one before, or the next key of a row.
func follows(a, b byte, kind int) bool {
	if !ascii.IsAlnum(a) || !ascii.IsAlnum(b) {
		return false
	}
	if !ascii.IsDigit(a) {
		a |= 0x20
	}
	if !ascii.IsDigit(b) {
		b |= 0x20
	}
	switch {
	case kind == 0:
		return a == b
	case kind == 2:
		return follows(b, a, 1)
	case kind >= orderKinds:
		return keyboards[kind-orderKinds][a] == b
	case a == '9':
		return b == '0' || b == 'a'
	case a == 'z':
		return b == 'a'
	case a == 'f' && b == '0':
		return true
	}
	return b == a+1
}

func nextKeys(rows ...string) (next [256]byte) {
	for _, row := range rows {
		for i := range len(row) - 1 {
			next[row[i]] = row[i+1]
		}
	}
	return next
}
