package rules

import "bytes"

// A clueLine is a line around a key, or the part of the key's own line on one side of it.
type clueLine struct {
	text     []byte // without the end of the line
	distance int    // in lines from the key; 0 is its own
	behind   bool   // the key stands before it
	joined   bool   // a backslash at the end of a line makes it part of the key's statement
	closed   bool   // the block in which the key stands has ended before it
	// The window begins or ends in the midst of it, so that its outermost word may be half of one.
	cutStart, cutEnd bool
}

// lines cuts the window around a match into lines, those before the key first, the nearest of
// them last.
func (w *surroundings) lines() []clueLine {
	before, own := w.linesBefore()
	behind := w.linesBehind(indent(own.text))
	return append(append(before, own), behind...)
}

func (w *surroundings) linesBefore() (lines []clueLine, own clueLine) {
	rest := w.before
	joined := true
	for distance := 0; distance <= linesBefore; distance++ {
		at := bytes.LastIndexByte(rest, '\n')
		l := clueLine{text: rest[at+1:], distance: distance, cutStart: at < 0 && w.cutBefore}
		if distance == 0 {
			own = l
		} else {
			joined = joined && continues(l.text)
			l.joined = joined
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

// linesBehind starts with the rest of the key's own line. indented is how far that line is.
func (w *surroundings) linesBehind(indented int) (lines []clueLine) {
	rest := w.behind
	joined, closed := true, false
	for distance := 0; distance <= linesBehind; distance++ {
		at := bytes.IndexByte(rest, '\n')
		l := clueLine{text: rest, distance: distance, behind: true, joined: joined, cutEnd: at < 0 && w.cutBehind}
		if at >= 0 {
			l.text = rest[:at]
		}
		closed = closed || distance > 0 && !joined && endsBlock(l.text, indented)
		l.closed = closed
		lines = append(lines, l)
		if at < 0 {
			break
		}
		joined = joined && continues(l.text)
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
	return indent(line) < indented || hasPrefix(trimmed, "[", "#", "//", "--", "/*", "<!--", ";")
}

// unclosed counts the brackets that open in text and do not close there.
func unclosed(text []byte) int {
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

// unmatched counts the brackets in text that lack their counterpart.
func unmatched(text []byte) int {
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
