// Package nearby cuts out what stands around a key: the lines before and behind it, or those of the file in base64 that
// the key lies in, and the marks beside the key that allow it.
package nearby

import (
	"bytes"

	"skleak/rules"
)

// The window around a key, in bytes and in lines. It lies within Reach of where the match starts, whatever Reach is.
const (
	Before      = 2048
	Behind      = 1024
	LinesBefore = 12
	LinesBehind = 8
)

// A Window is what stands around a key. CutBefore and CutBehind say that the text goes on there.
type Window struct {
	Before, Behind       []byte
	CutBefore, CutBehind bool
}

// Around cuts the window around a match that the set found in text. It says the same of every part of a text that holds
// what lies within Reach of the start of the match.
func Around(set *rules.Set, text []byte, m rules.Match) Window {
	// One byte less than Reach: a reader that has no more than Reach would not see that text goes on.
	reach := set.Reach() - 1
	first := max(0, m.Start-min(Before, reach))
	end := min(m.End, m.Start+reach, len(text))
	last := min(len(text), end+Behind, m.Start+reach)
	w := Window{Before: text[first:m.Start], Behind: text[end:last], CutBefore: first > 0, CutBehind: last < len(text)}
	// What stands around UTF-16 is UTF-16 as well, and its names are ASCII but for the NULs.
	if bytes.Contains([]byte(m.Form), []byte("utf")) {
		w.Before = bytes.ReplaceAll(w.Before, []byte{0}, nil)
		w.Behind = bytes.ReplaceAll(w.Behind, []byte{0}, nil)
	}
	return w
}
