package rules

import "bytes"

// Marks that silence a key by a comment beside it: ours, and those of scanners that people come from.
var (
	allowMarks    = []string{"skleak:allow", "gitleaks:allow", "trufflehog:ignore", "kingfisher:ignore"}
	allowNextLine = "skleak:allow-next-line"
)

// Allowed returns the mark that silences a match which Scan found in text, or "": skleak:allow,
// gitleaks:allow, trufflehog:ignore or kingfisher:ignore on any of the lines that the key is written
// on, or skleak:allow-next-line on the line before. A mark counts as a word of its own. It is looked
// for no further than the window of Clues, so that a mark somewhere in a file without line ends does not
// silence all of it.
func (s *Set) Allowed(text []byte, m Match) (mark string) {
	w := s.surroundings(text, m)
	before, own := w.linesBefore()
	rest, _, _ := bytes.Cut(w.behind, []byte("\n"))
	end := min(m.End, m.Start+s.Reach()-1, len(text))
	for _, mark := range allowMarks {
		if holdsMark(own.text, mark) || holdsMark(text[m.Start:end], mark) || holdsMark(rest, mark) {
			return mark
		}
	}
	if n := len(before); n > 0 && holdsMark(before[n-1].text, allowNextLine) {
		return allowNextLine
	}
	return ""
}

// holdsMark says whether the mark stands in line with nothing joined to it on either side.
func holdsMark(line []byte, mark string) bool {
	for from := 0; ; {
		at := bytes.Index(line[from:], []byte(mark))
		if at < 0 {
			return false
		}
		start, end := from+at, from+at+len(mark)
		if (start == 0 || !isBody(line[start-1])) && (end == len(line) || !isBody(line[end])) {
			return true
		}
		from = end
	}
}
