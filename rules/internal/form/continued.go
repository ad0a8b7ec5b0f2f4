package form

import (
	"bytes"

	"skleak/rules/internal/ascii"
	"skleak/rules/internal/keys"
)

// continuedStep takes out a line's continuation: a backslash (shell, C, YAML, make, Dockerfile,
// properties), a backquote (PowerShell) or a caret (cmd) and the line end, and what a diff puts before
// each line. The blanks that follow go too where the language wants it: in quotes, as in YAML, and
// where nothing else stands on the line, as in properties. Elsewhere they end the key, as in a shell.
func continuedStep(d *Decoding, i int) int {
	text := d.src.Text
	rest := text[i:]
	if n := foldLength(text[max(0, i-keys.MaxBody):i], rest); n > 0 {
		return n
	}
	if c := rest[0]; c != '\\' && c != '`' && c != '^' {
		return 0
	}
	n := lineEnd(rest[1:])
	if n == 0 {
		return 0
	}
	n++
	line := lastLine(text[max(0, i-keys.MaxBody-keys.PrefixLen):i])
	if len(line) > 0 && n < len(rest) && (line[0] == '+' || line[0] == '-') && rest[n] == line[0] {
		n++
	}
	blanks := n
	for blanks < len(rest) && blanks < 200 && (rest[blanks] == ' ' || rest[blanks] == '\t') {
		blanks++
	}
	if isQuoted(text[max(0, i-keys.MaxBody-keys.PrefixLen):i]) || fillsLine(rest[blanks:]) {
		return blanks
	}
	return n
}

// foldLength is the length of a line end, and a blank behind it, that parts a key: behind a bare prefix, if the next
// line is a body and nothing else, or in the midst of a body whose shape tells that it goes on. before ends where
// text starts.
func foldLength(before, text []byte) int {
	n := lineEnd(text)
	if n == 0 {
		return 0
	}
	if keys.EndsPrefix(before) {
		end := n
		for end < len(text) && end-n <= keys.MaxBody && ascii.IsAlnum(text[end]) {
			end++
		}
		if end-n >= 20 && keys.IsMixedOrHex(text[n:end]) && (end == len(text) || lineEnd(text[end:]) > 0) {
			return n
		}
		return 0
	}
	if n < len(text) && (text[n] == ' ' || text[n] == '\t') {
		n++
	}
	have := 0
	for have < len(before) && have < keys.AccountLength && ascii.IsAlnum(before[len(before)-1-have]) {
		have++
	}
	start := len(before) - have
	more := keys.AccountLength - have
	if more <= 0 || start < keys.PrefixLen || !ascii.HasPrefix(before[start:], "51") ||
		!keys.EndsPrefix(before[:start]) || len(text) < n+more {
		return 0
	}
	if !keys.IsMixed(before[start:]) || !keys.IsMixedOrHex(text[n:n+more]) || len(text) > n+more &&
		ascii.IsAlnum(text[n+more]) {
		return 0
	}
	return n
}

// fillsLine says whether the line that starts here holds body characters and nothing else.
func fillsLine(text []byte) bool {
	n := 0
	for n < len(text) && n <= keys.MaxBody && ascii.IsBody(text[n]) {
		n++
	}
	return n > 0 && (n == len(text) || lineEnd(text[n:]) > 0 || isContinued(text[:n+1]))
}

// lastLine is the part of left behind its last line end.
func lastLine(left []byte) []byte { return left[bytes.LastIndexByte(left, '\n')+1:] }

// isQuoted says whether a double quote is open at the end of the line left.
func isQuoted(left []byte) bool {
	if at := bytes.LastIndexByte(left, '\n'); at >= 0 && !isContinued(left[:at]) {
		left = left[at:]
	}
	return bytes.Count(left, []byte{'"'})%2 == 1
}

func isContinued(line []byte) bool {
	line = bytes.TrimSuffix(line, []byte{'\r'})
	return len(line) > 0 && bytes.IndexByte([]byte("\\`^"), line[len(line)-1]) >= 0
}
