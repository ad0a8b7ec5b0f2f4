package nearby

import (
	"bytes"

	"skleak/rules"
	"skleak/rules/internal/ascii"
)

// Marks that silence a key by a comment beside it: ours, and those of scanners that people come from.
var (
	allowMarks    = []string{"skleak:allow", "gitleaks:allow", "trufflehog:ignore", "kingfisher:ignore"}
	allowNextLine = "skleak:allow-next-line"
)

// Allowed returns the mark that silences a match which the set found in text, or "": skleak:allow,
// gitleaks:allow, trufflehog:ignore or kingfisher:ignore on any of the lines that the key is written
// on, or skleak:allow-next-line on the line before. A mark counts as a word of its own. It is looked
// for no further than the window, so that a mark somewhere in a file without line ends does not
// silence all of it.
func Allowed(set *rules.Set, text []byte, m rules.Match) (mark string) {
	w := Around(set, text, m)
	var room [LinesBefore]Line
	before, own := w.linesBefore(room[:0])
	rest, _, _ := bytes.Cut(w.Behind, []byte("\n"))
	end := min(m.End, m.Start+set.Reach()-1, len(text))
	for _, mark := range allowMarks {
		if holdsMark(own.Text, mark) || holdsMark(text[m.Start:end], mark) || holdsMark(rest, mark) {
			return mark
		}
	}
	if n := len(before); n > 0 && holdsMark(before[n-1].Text, allowNextLine) {
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
		if (start == 0 || !ascii.IsBody(line[start-1])) && (end == len(line) || !ascii.IsBody(line[end])) {
			return true
		}
		from = end
	}
}
