package form

import (
	"bytes"

	"skleak/rules/internal/keys"
)

// GoesOn lists the forms that what stands behind a body of length body may belong to, at text[end:].
func GoesOn(text []byte, end, body int) (forms []ID) {
	after := text[end:]
	switch {
	case body == 0 && (startsVerb(after) || mayRefer(after)):
		return []ID{Joined}
	case body == 0 && lostColour(after) > 0:
		return []ID{Invisible}
	case foldLength(text[:end], after) > 0:
		return []ID{Continued}
	}
	switch after[0] {
	case '%':
		if _, ok := hexAfter(after, 1, 2); ok {
			return []ID{Percent}
		}
	case '&':
		if bytes.IndexByte(after[:min(len(after), longestEntity)], ';') > 0 {
			forms = append(forms, HTML)
		}
	case '=':
		if _, ok := hexAfter(after, 1, 2); ok || softBreak(after) > 0 {
			return []ID{QuotedPrintable}
		}
	case '+':
		if bytes.IndexByte(after[:min(len(after), longestUTF7)], '-') > 0 {
			return []ID{UTF7}
		}
	case '\\':
		switch {
		case lineEnd(after[1:]) > 0:
			return []ID{Continued}
		case mayJoin(text, end, body):
			return []ID{Escaped, Joined}
		}
		return []ID{Escaped}
	case '`', '^', '"', '\'':
		if lineEnd(after[1:]) > 0 && !closesTemplate(text[:end], body, after) {
			forms = append(forms, Continued)
		}
		if mayJoin(text, end, body) {
			forms = append(forms, Joined)
		}
		return forms
	}
	if invisible(after) > 0 || highlightEnd(after) > 0 {
		forms = append(forms, Invisible)
	}
	return forms
}

// mayJoin says whether a body that ends at text[end:] may go on behind a joint.
func mayJoin(text []byte, end, body int) bool {
	if quoteLength(text[end:]) == 0 {
		return false
	}
	_, kind := readJoint(text, end)
	return kind != noJoint && (body < keys.MinBody || kind.isSafe())
}

// startsVerb says whether a verb of a format stands at the start of text.
func startsVerb(text []byte) bool {
	percent, _ := verb(text, false)
	braces, _ := verb(text, true)
	return percent > 0 || braces > 0
}

// closesTemplate says whether what follows a body is the backquote that ends a string, not PowerShell's at the end of a
// line that goes on: one that was opened on the line, or one behind a body that is as long as keys are.
func closesTemplate(before []byte, body int, after []byte) bool {
	if after[0] != '`' {
		return false
	}
	start := max(0, len(before)-body)
	line := lastLine(before[max(0, start-keys.MaxBody):start])
	return bytes.Count(line, []byte{'`'})%2 == 1 || keys.IsUsual(before[start:]) && !isQuoted(line)
}
