package placeholder

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A Judgment says what a body stands for.
type Judgment int

const (
	Secret Judgment = iota // nothing speaks against its being one
	Dummy                  // a documentation or dummy value
	Name                   // an identifier that happens to start like a key
)

// Judge looks for evidence that the body of a key is no secret: it is documented, it repeats or counts, or it consists
// of words. Low entropy alone is no evidence: a key may be short or of few characters. See the package comment.
func Judge(key, body string) Judgment {
	lately := judgedLately()
	hash := maphash.String(lately.seed, key)
	slots := &lately.sets[hash%judgedSets]
	into := &slots[hash>>32%judgedWays]
	for i := range slots {
		switch last := slots[i].Load(); {
		case last == nil:
			into = &slots[i]
		case last.key == key && last.body == len(body):
			return last.Judgment
		}
	}
	judged := judge(key, body)
	into.Store(&judgedKey{strings.Clone(key), len(body), judged})
	return judged
}

// judgedLately remembers keys that were judged: in a history, the same one comes a thousand times, and to judge it
// takes four fifths of what it takes to find it. It is made for the first key, since Go notes at the start of a program
// of each word of a variable whether it points somewhere.
var judgedLately = sync.OnceValue(func() *judgedKeys { return &judgedKeys{seed: maphash.MakeSeed()} })

// judgedKeys has four slots for a key to choose from: with one, a quarter of the 5,000 keys of a file pushed one another
// out in each of its versions, and took half the time of the search.
type judgedKeys struct {
	seed maphash.Seed
	sets [judgedSets][judgedWays]atomic.Pointer[judgedKey]
}

const (
	judgedSets = 1 << 13
	judgedWays = 4
)

type judgedKey struct {
	key  string
	body int // bytes at the end of key
	Judgment
}

func judge(key, body string) Judgment {
	if isDocumented(key, body) {
		return Dummy
	}
	if len(body) == 0 {
		return Secret
	}
	if strings.Trim(body, "xX") == "" && len(body) > 1 || repeats(body) {
		return Dummy
	}
	tokens := strings.FieldsFunc(body, func(r rune) bool { return isSeparator(byte(r)) })
	if judged, decided := judgeTokens(tokens, len(body)); decided {
		return judged
	}
	read := newReader(body)
	part := read.saveMost()
	if part.gain >= enough(len(body)) && part.has[pieceDummy] {
		return Dummy
	}
	if whole := read.readAll(); whole.literals == 0 && (len(body) < longBody || whole.gain >= enough(len(body))) {
		if judged := whole.judgeWhole(); judged == Dummy || judged == Name && (len(body) < 16 || whole.gain >= 8) {
			return judged
		}
	}
	if part.gain >= enough(len(body)) {
		if judged := part.judgePart(); judged != Secret {
			return judged
		}
	}
	if len(body) < longBody && slices.ContainsFunc(tokens, startsOrEndsDummy) {
		return Dummy
	}
	if isName(tokens) {
		return Name
	}
	if isStruck(body) {
		return Dummy
	}
	return Secret
}

const (
	longBody  = 24
	shortRest = 8
)

// enough is how many bits a reading must save to be believed: of random bodies of 24 characters and more, fewer than
// one in 2^30 saves so much, of shorter ones, which no vendor issues now but few, one in 2^17 or, below 16, in 2^12.
func enough(length int) float64 {
	switch {
	case length >= longBody:
		return 30
	case length >= 16:
		return 17
	}
	return 12
}

// judgePart judges a body that was read in part, and cannot be random.
func (r *reading) judgePart() Judgment {
	switch {
	case r.has[pieceLongRun] || r.has[pieceRun]:
		return Dummy
	case (r.has[pieceFiller] || r.has[pieceCopy]) && r.literals < longToken:
		return Dummy
	case r.literals < shortRest:
		return Name
	}
	return Secret // a vendor's or a customer's name, and what is random
}

// judgeWhole judges a body of which every character is read.
func (r *reading) judgeWhole() Judgment {
	words := r.has[pieceFiller] || r.has[pieceOrdinary] || r.has[pieceLetters]
	switch {
	case r.has[pieceDummy] || r.has[pieceLongRun]:
		return Dummy
	case (r.has[pieceRun] || r.has[pieceCopy]) && !words && !r.has[pieceNumber]:
		return Dummy
	case r.has[pieceOrdinary] || r.has[pieceLetters]:
		return Name
	case r.has[pieceFiller]:
		return Dummy
	}
	return Secret
}
