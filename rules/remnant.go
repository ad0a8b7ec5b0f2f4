package rules

import (
	"bytes"
	"strings"
)

// isRemnant says whether what follows a body shows that only a part of a key, or none, stands here:
// it was masked, shortened, or goes on in a variable or a pattern. before is the text left of the
// prefix.
func isRemnant(before, after []byte) bool {
	if len(after) == 0 {
		return false
	}
	switch after[0] {
	case '*':
		return !isEmphasis(before, after)
	case '.':
		return hasPrefix(after, "...")
	case '$', '#':
		return len(after) > 1 && after[1] == '{'
	case '{':
		return opensExpression(after)
	case '[', '<', '(':
		return namesRemoval(after[1:]) || opensClass(after)
	case '\\':
		return hasPrefix(after, `\w`, `\d`, `\S`, `\*`, `\u2026`, `\u2022`)
	case '&':
		return hasPrefix(after, "&hellip;", "&#8230;", "&bull;", "&#8226;", "&#x2026;", "&#x2022;")
	}
	// …, •, ●, █, ▒, ■, ×, ․․․ and the asterisk operator
	return hasPrefix(after, "…", "•", "●", "█", "▒", "■", "∗", "․․․", "⋯")
}

// isEmphasis says whether the asterisks around a key are Markdown's or the end of a C comment.
func isEmphasis(before, after []byte) bool {
	n := 0
	for n < len(after) && after[n] == '*' {
		n++
	}
	if n < len(after) && after[n] == '/' {
		return true
	}
	return n <= 3 && bytes.HasSuffix(before, after[:n])
}

// opensExpression says whether a brace opens a template's expression or a pattern's count: {{ x }},
// {name}, {24}, {10,}.
func opensExpression(after []byte) bool {
	for i, c := range after[1:min(len(after), 40)] {
		switch {
		case c == '{' || c == '%':
			return i == 0
		case c == '}':
			return i > 0
		case !isAlnum(c) && !strings.ContainsRune("_.,", rune(c)):
			return false
		}
	}
	return false
}

// opensClass says whether a character class of a regular expression starts here.
func opensClass(after []byte) bool {
	return hasPrefix(after, "[0-9", "[a-", "[A-", "[\\w", "[\\d", "[\\s", "[^", "(?:", "[...", "[…", "<...", "<…", "(...", "(…")
}

// namesRemoval says whether the word in brackets tells that something was taken out.
func namesRemoval(inside []byte) bool {
	word := strings.ToLower(string(inside[:min(len(inside), 12)]))
	for _, w := range []string{"redact", "mask", "hidden", "remov", "trunc", "snip", "filter", "censor", "omit", "scrub", "sanitiz"} {
		if strings.HasPrefix(word, w) {
			return true
		}
	}
	return false
}

func hasPrefix(text []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if len(text) >= len(p) && string(text[:len(p)]) == p {
			return true
		}
	}
	return false
}
