package keys

import (
	"bytes"
	"strings"

	"skleak/rules/internal/ascii"
)

// IsRemnant says whether what follows a body shows that only a part of a key, or none, stands here:
// it was masked, shortened, or goes on in a variable, a pattern or a format. before is the text left of the
// prefix.
func IsRemnant(before, body, after []byte) bool {
	if len(after) == 0 {
		return false
	}
	switch after[0] {
	case '*':
		return !isEmphasis(before, after)
	case '.':
		return ascii.HasPrefix(after, "...")
	case '$', '#':
		return len(after) > 1 && after[1] == '{'
	case '{':
		if ascii.HasPrefix(after, "{}") {
			return len(after) > 2 && ascii.IsBody(after[2]) && !hasUsualLength(body)
		}
		return opensExpression(before, after)
	case '[', '<', '(':
		return namesRemoval(after[1:]) || opensClass(after)
	case '%':
		return VerbLength(after) > 0 && !hasUsualLength(body)
	case '\\':
		return ascii.HasPrefix(after, `\w`, `\d`, `\S`, `\*`, `\u2026`, `\u2022`)
	case '&':
		return ascii.HasPrefix(after, "&hellip;", "&#8230;", "&bull;", "&#8226;", "&#x2026;", "&#x2022;")
	}
	// …, •, ●, █, ▒, ■, ×, ․․․ and the asterisk operator
	return ascii.HasPrefix(after, "…", "•", "●", "█", "▒", "■", "∗", "․․․", "⋯")
}

// isEmphasis says whether the asterisks around a key are Markdown's or the end of a C comment. Those that open it may
// stand in front of the words before the key: **API key: KEY**.
func isEmphasis(before, after []byte) bool {
	n := 0
	for n < len(after) && after[n] == '*' {
		n++
	}
	if n < len(after) && after[n] == '/' {
		return true
	}
	if n > 3 || n < len(after) && ascii.IsAlnum(after[n]) {
		return false
	}
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	at := bytes.LastIndexByte(line, '*') + 1
	open := at
	for open > 0 && line[open-1] == '*' {
		open--
	}
	return at-open == n && (open == 0 || !ascii.IsAlnum(line[open-1])) && (at == len(line) || line[at] != ' ')
}

// opensExpression says whether a brace opens a template's expression or a pattern's count: {{ x }}, {name}, {24},
// {10,}. Statements put nothing there: {% endif %}, {{ else }}, {{/if}}. Nor does a macro of a wiki that was opened
// before the key: {code}KEY{code}.
func opensExpression(before, after []byte) bool {
	if ascii.HasPrefix(after, "{%") {
		return false
	}
	if ascii.HasPrefix(after, "{{") {
		return !isStatement(after[2:])
	}
	end := bytes.IndexByte(after, '}')
	if end < 2 {
		return false
	}
	for _, c := range after[1:end] {
		if !ascii.IsAlnum(c) && !strings.ContainsRune("_.,", rune(c)) {
			return false
		}
	}
	return ascii.IsDigit(after[1]) || !bytes.Contains(before, after[:end])
}

// isStatement says whether what stands in double braces controls a template rather than writing anything.
func isStatement(inside []byte) bool {
	inside = bytes.TrimLeft(inside, "-~ ")
	return ascii.HasPrefix(inside, "/", "#", "^", "!", "else", "end ", "end}", "end-", "endif", "endfor")
}

// opensClass says whether a character class of a regular expression starts here.
func opensClass(after []byte) bool {
	if isFootnote(after) {
		return false
	}
	return ascii.HasPrefix(after, "[0-9", "[a-", "[A-", "[\\w", "[\\d", "[\\s", "[^", "(?:", "[...", "[…", "<...",
		"<…", "(...", "(…")
}

// isFootnote says whether a mark of Markdown's stands here: [^1], [^note].
func isFootnote(after []byte) bool {
	end := bytes.IndexByte(after, ']')
	if !ascii.HasPrefix(after, "[^") || end < 3 || end+1 < len(after) &&
		bytes.IndexByte([]byte("+*{?"), after[end+1]) >= 0 {
		return false
	}
	for _, c := range after[2:end] {
		if !ascii.IsAlnum(c) {
			return false
		}
	}
	return true
}

// namesRemoval says whether the word in brackets tells that something was taken out.
func namesRemoval(inside []byte) bool {
	word := strings.ToLower(string(inside[:min(len(inside), 12)]))
	for _, w := range []string{"redact", "mask", "hidden", "remov", "trunc", "snip", "filter", "censor", "omit",
		"scrub", "sanitiz"} {
		if strings.HasPrefix(word, w) {
			return true
		}
	}
	return false
}

// VerbLength is the length of the verb of a format that text starts with, %s, %08d, %1$s, or 0. What may as well be an
// escaped character of a URL, %3D or %de, is none.
func VerbLength(text []byte) int {
	n := 1
	for n < len(text) && n < 8 && bytes.IndexByte([]byte("-+#0123456789.$"), text[n]) >= 0 {
		n++
	}
	for n < len(text) && n < 10 && bytes.IndexByte([]byte("lhzjt"), text[n]) >= 0 {
		n++
	}
	if len(text) < 2 || text[0] != '%' || n >= len(text) || bytes.IndexByte([]byte("sdvxXiuqcofgGeEt@pT"), text[n]) < 0 {
		return 0
	}
	if ascii.IsHex(text[1]) && len(text) > 2 && ascii.IsHex(text[2]) && !isWidth(text[1:n+1]) {
		return 0
	}
	return n + 1
}

// isWidth says whether what follows a percent sign is the width of a number and its base, 08d or 016x, and no escaped
// character: those with such numbers are in no URL.
func isWidth(text []byte) bool {
	n := len(text) - 1
	return n >= 2 && text[0] == '0' && bytes.IndexByte([]byte("dxXiu"), text[n]) >= 0 &&
		(n > 2 || text[1] >= '2' && text[1] <= '8')
}
