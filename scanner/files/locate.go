package files

import (
	"skleak/rules"
	"skleak/scanner"
)

// found is a match in the text at hand.
type found struct {
	at     int64 // offset in the text
	match  rules.Match
	around scanner.Surroundings
	text   []byte // a copy of what was matched: the window moves on
	place  scanner.Place
}

// noPlace stays where the place of a match cannot be worked out, since the file changed or failed on
// the second reading. The zero Place would say that the key is in the name.
var noPlace = scanner.Place{Line: 1, Column: 1, EndLine: 1, EndColumn: 2}

// locator works out the places of matches, in order of their offsets, while the text passes by.
type locator struct {
	cursor scanner.Cursor
	at     int64 // offset of the cursor
	found  []found
	next   int // the first of found without a place
}

func (l *locator) done() bool { return l.next == len(l.found) }

// skip moves over zeros to an offset, but not over the next match.
func (l *locator) skip(to int64) {
	n := min(to, l.found[l.next].at) - l.at
	l.cursor.Skip(n)
	l.at += max(n, 0)
}

// advance moves over the next piece of the text.
func (l *locator) advance(piece []byte) {
	for ; !l.done() && l.found[l.next].at < l.at+int64(len(piece)); l.next++ {
		one := &l.found[l.next]
		ahead := one.at - l.at
		l.cursor.Advance(piece[:ahead])
		piece, l.at = piece[ahead:], one.at
		one.place = l.cursor.PlaceOf(one.text)
	}
	l.cursor.Advance(piece)
	l.at += int64(len(piece))
}
