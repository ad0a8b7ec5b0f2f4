package nearby

import (
	"bytes"

	"skleak/rules/internal/ascii"
)

// A Line is a line around a key, or the part of the key's own line on one side of it.
type Line struct {
	Text     []byte // without the end of the line
	Distance int    // in lines from the key; 0 is its own
	Behind   bool   // the key stands before it
	Joined   bool   // a backslash at the end of a line makes it part of the key's statement
	Closed   bool   // the block in which the key stands has ended before it
	// The window begins or ends in the midst of it, so that its outermost word may be half of one.
	CutStart, CutEnd bool
}

// Lines cuts the window around a match into lines, those before the key first, the nearest of
// them last.
func (w *Window) Lines() []Line {
	lines, own := w.linesBefore(make([]Line, 0, LinesBefore+LinesBehind+2))
	return w.linesBehind(append(lines, own), indent(own.Text))
}

// linesBefore appends the lines before the key's own to lines, and returns the part of its own.
func (w *Window) linesBefore(lines []Line) (all []Line, own Line) {
	rest := w.Before
	joined := true
	for distance := 0; distance <= LinesBefore; distance++ {
		at := bytes.LastIndexByte(rest, '\n')
		l := Line{Text: rest[at+1:], Distance: distance, CutStart: at < 0 && w.CutBefore}
		if distance == 0 {
			own = l
		} else {
			joined = joined && continues(l.Text)
			l.Joined = joined
			lines = append(lines, l)
		}
		if at < 0 {
			break
		}
		rest = rest[:at]
	}
	for i, j := 0, len(lines)-1; i < j; i, j = i+1, j-1 {
		lines[i], lines[j] = lines[j], lines[i]
	}
	return lines, own
}

// linesBehind appends the lines behind the key to lines, from the rest of its own on. indented is how far that line is.
func (w *Window) linesBehind(lines []Line, indented int) []Line {
	rest := w.Behind
	joined, closed := true, false
	for distance := 0; distance <= LinesBehind; distance++ {
		at := bytes.IndexByte(rest, '\n')
		l := Line{Text: rest, Distance: distance, Behind: true, Joined: joined, CutEnd: at < 0 && w.CutBehind}
		if at >= 0 {
			l.Text = rest[:at]
		}
		closed = closed || distance > 0 && !joined && endsBlock(l.Text, indented)
		l.Closed = closed
		lines = append(lines, l)
		if at < 0 {
			break
		}
		joined = joined && continues(l.Text)
		rest = rest[at+1:]
	}
	return lines
}

// continues says whether a line goes on in the next one.
func continues(line []byte) bool {
	return bytes.HasSuffix(bytes.TrimRight(line, " \t\r"), []byte(`\`))
}

func indent(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " \t")) }

// endsBlock says whether a line behind the key starts something new: it is less indented, or it is
// a heading or a comment, which tell of what follows them.
func endsBlock(line []byte, indented int) bool {
	trimmed := bytes.TrimSpace(line)
	if len(trimmed) == 0 {
		return false
	}
	return indent(line) < indented || ascii.HasPrefix(trimmed, "[", "#", "//", "--", "/*", "<!--", ";")
}

// Unclosed counts the brackets that open in text and do not close there.
func Unclosed(text []byte) int {
	open, depth := 0, 0
	for i := len(text) - 1; i >= 0; i-- {
		switch text[i] {
		case ')', ']', '}':
			depth++
		case '(', '[', '{':
			if depth > 0 {
				depth--
			} else {
				open++
			}
		}
	}
	return open
}

// Unmatched counts the brackets in text that lack their counterpart.
func Unmatched(text []byte) int {
	open, alone := 0, 0
	for _, c := range text {
		switch {
		case c == '(' || c == '[' || c == '{':
			open++
		case c == ')' || c == ']' || c == '}':
			if open > 0 {
				open--
			} else {
				alone++
			}
		}
	}
	return open + alone
}
