package scanner

import (
	"strings"

	"skleak/rules"
)

// Readings are keys that were read where it is known where they begin and end, each at a place. In the bytes around
// them, where nothing says so, the same key may seem to go on further, or to end early.
type Readings map[readingAt][]rules.Key

type readingAt struct{ stem, place string }

const (
	// stemLength is how much of a key its readings share: the prefix and the shortest body.
	stemLength = 18
	// mostReadings is how many keys with the same stem are told apart. Nobody's keys have it but by intent.
	mostReadings = 8
)

func stemAt(k rules.Key, place string) readingAt {
	text := k.Reveal()
	return readingAt{text[:min(len(text), stemLength)], place}
}

// Add notes a key at a place.
func (r Readings) Add(k rules.Key, place string) {
	at := stemAt(k, place)
	if !r.has(at, k, false) && len(r[at]) < mostReadings {
		r[at] = append(r[at], k)
	}
}

// AddBelow notes a key for the path that it was read at, and for those of the containers which that leads through, up
// to the outermost one at outer. separator stands between their names; more parts than most are of a name.
func (r Readings) AddBelow(k rules.Key, outer, path, separator string, most int) {
	r.Add(k, outer)
	for range most {
		r.Add(k, path)
		end := strings.LastIndex(path, separator)
		if end < len(outer) {
			return
		}
		path = path[:end]
	}
}

// Has tells whether a key at a place is one of these, or seems to be one that goes on or that ends early.
func (r Readings) Has(k rules.Key, place string) bool { return r.has(stemAt(k, place), k, true) }

func (r Readings) has(at readingAt, k rules.Key, orPart bool) bool {
	for _, known := range r[at] {
		a, b := known.Reveal(), k.Reveal()
		if a == b || orPart && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
			return true
		}
	}
	return false
}
