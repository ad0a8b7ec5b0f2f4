package rules

import "bytes"

// continuedStep takes out a line's continuation: a backslash (shell, C, YAML, make, Dockerfile,
// properties), a backquote (PowerShell) or a caret (cmd) and the line end. The blanks that follow go
// too where the key stands in quotes, as YAML wants it; elsewhere they end the key, as in a shell.
func continuedStep(d *decoding, i int) int {
	rest := d.src.text[i:]
	if c := rest[0]; c != '\\' && c != '`' && c != '^' {
		return 0
	}
	n := lineEnd(rest[1:])
	if n == 0 {
		return 0
	}
	n++
	if isQuoted(d.src.text[max(0, i-maxBody-prefixLen):i]) {
		for n < len(rest) && n < 200 && (rest[n] == ' ' || rest[n] == '\t') {
			n++
		}
	}
	return n
}

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
