package placeholder

import (
	"strings"

	"skleak/rules/internal/ascii"
)

// shortest is the least that a run must cover to be evidence by itself: as much as the shortest body that counts.
const shortest = 10

// A Judgment says what a body stands for.
type Judgment int

const (
	Secret Judgment = iota // nothing speaks against its being one
	Dummy                  // a documentation or dummy value
	Name                   // an identifier that happens to start like a key
)

// Judge looks for evidence that a body is no secret: it is documented, it repeats or counts, or it
// consists of words. Low entropy alone is no evidence: a key may be short or of few characters. Of
// random bodies of 16 or more hex digits, base62 or base64url, less than one in 100,000 passes these
// tests; of those of ten hex digits, four in 10,000.
func Judge(key, body string) Judgment {
	if DocumentedBy(key) != "" {
		return Dummy
	}
	if counts(body) || repeats(body) {
		return Dummy
	}
	return readWords(body)
}

// counts says whether a body is made of runs: one character repeated, digits or letters in order,
// neighbours on a keyboard. Runs of three must cover all of it but its separators; longer ones
// convince on their own.
func counts(body string) bool {
	if strings.Contains(body, "xxxxx") || strings.Contains(body, "XXXXX") {
		return true
	}
	short, long, total := 0, 0, 0
	for i := 0; i < len(body); {
		if body[i] == '_' || body[i] == '-' {
			i++
			continue
		}
		n := runLength(body[i:])
		if n >= 8 {
			return true
		}
		if n >= 3 {
			short += n
		}
		if n >= 4 {
			long += n
		}
		total += n
		i += n
	}
	return total >= 3 && short == total || long*10 >= total*6 && total >= shortest || len(body) == 2 && strings.EqualFold(body, "xx")
}

// keyboard are the rows that people run their fingers along.
var keyboard = []string{"qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "qsdfghjklm"}

// runLength is the length of the longest run at the start of s, at least 1.
func runLength(s string) int {
	best := 1
	for _, step := range []int{0, 1, -1} {
		n := 1
		for n < len(s) && follows(s[n-1], s[n], step) {
			n++
		}
		best = max(best, n)
	}
	for _, row := range keyboard {
		n := 0
		if at := strings.IndexByte(row, s[0]|0x20); at >= 0 && ascii.IsAlnum(s[0]) && !ascii.IsDigit(s[0]) {
			for at+n < len(row) && n < len(s) && s[n]|0x20 == row[at+n] {
				n++
			}
		}
		if n >= 4 {
			best = max(best, n)
		}
	}
	return best
}

// follows says whether b is a (step 0), comes next to it (1) or before it (-1) in the order of
// digits or letters, which starts over at its end; hex digits go on from 9 to a.
func follows(a, b byte, step int) bool {
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
	case step < 0:
		return follows(b, a, -step)
	case step == 0:
		return a == b
	case a == '9':
		return b == '0' || b == 'a'
	case a == 'z':
		return b == 'a'
	case a == 'f' && b == '0':
		return true
	}
	return b == a+1
}

// repeats says whether a body of sixteen characters or more is one piece twice or more often.
func repeats(body string) bool {
	if len(body) < 16 {
		return false
	}
	at := strings.Index((body + body)[1:], body) + 1
	return at*2 <= len(body)
}
