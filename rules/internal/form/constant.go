package form

import (
	"bytes"

	"skleak/rules/internal/ascii"
	"skleak/rules/internal/keys"
)

// How far from a name the assignment of its value may be, and how long a value must be to be taken for a body.
const (
	constantBefore = 2048
	constantBehind = 768
	shortestValue  = 16
	longestName    = 48
)

// mayRefer says whether text, which follows a prefix, may go on with a name in place of a body.
func mayRefer(text []byte) bool {
	_, n := reference(text)
	return n > 0
}

// reference reads the name that stands in place of a body, and returns how much of text it takes: ${NAME}, #{name} and
// {name} in a template, $NAME in a shell, or behind the end of the literal "+ NAME and what else puts two texts
// together.
func reference(text []byte) (name []byte, n int) {
	for _, open := range []string{"${", "#{", "{"} {
		if !ascii.HasPrefix(text, open) {
			continue
		}
		start := blanksBehind(text, len(open))
		end := nameEnd(text, start)
		if at := blanksBehind(text, end); end > start && ascii.HasPrefix(text[at:], "}") {
			return lastPart(text[start:end]), at + 1
		}
		return nil, 0
	}
	if ascii.HasPrefix(text, "$") {
		end := nameEnd(text, 1)
		return text[1:end], end
	}
	at := quoteLength(text)
	if at == 0 {
		return nil, 0
	}
	at = blanksBehind(text, at)
	operator := at
	for at < len(text) && at-operator < 2 && bytes.IndexByte([]byte("+.&|~<>"), text[at]) >= 0 {
		at++
	}
	if at == operator {
		return nil, 0
	}
	start := blanksBehind(text, at)
	if ascii.HasPrefix(text[start:], "$") {
		start++
	}
	end := nameEnd(text, start)
	if end == start || end < len(text) && (text[end] == '(' || text[end] == '[' || quoteLength(text[end:]) > 0) {
		return nil, 0
	}
	return lastPart(text[start:end]), end
}

func blanksBehind(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
		at++
	}
	return at
}

// nameEnd is where the name ends that starts at text[at:], with the names of what it belongs to: self.body.
func nameEnd(text []byte, at int) int {
	end := at
	if end < len(text) && ascii.IsDigit(text[end]) {
		return at
	}
	for end < len(text) && end-at < longestName && (ascii.IsAlnum(text[end]) || text[end] == '_' || text[end] == '.' &&
		end > at && end+1 < len(text) && ascii.IsLetter(text[end+1])) {
		end++
	}
	return end
}

// lastPart is the name without what it belongs to.
func lastPart(name []byte) []byte { return name[bytes.LastIndexByte(name, '.')+1:] }

// constant reads the name that stands in place of a body at text[i:] and the value that the same text gives it. It
// returns how much of text the name takes, or 0.
func constant(d *Decoding, i int) (value []byte, n int) {
	text := d.src.Text
	name, n := reference(text[i:])
	if len(name) < 2 {
		return nil, 0
	}
	first, last := max(0, i-constantBefore), min(len(text), i+n+constantBehind)
	d.extra += Attempt + (last-first)/8 // the name is looked for much faster than a decoder reads
	for end := i; end > first; {
		at := bytes.LastIndex(text[first:end], name)
		if at < 0 {
			break
		}
		if value := valueBehind(text[:last], first+at, len(name)); value != nil {
			return value, n
		}
		end = first + at
	}
	for start := i + n; start < last; {
		at := bytes.Index(text[start:last], name)
		if at < 0 {
			break
		}
		if value := valueBehind(text[:last], start+at, len(name)); value != nil {
			return value, n
		}
		start += at + len(name)
	}
	return nil, 0
}

// valueBehind is the body that is assigned to the name at text[at:], or nil.
func valueBehind(text []byte, at, length int) []byte {
	if at > 0 && (ascii.IsAlnum(text[at-1]) || text[at-1] == '_') {
		return nil
	}
	i := at + length
	if i < len(text) && (ascii.IsAlnum(text[i]) || text[i] == '_') {
		return nil
	}
	i = skipType(text, i)
	quoted := 0
	if i > 0 {
		quoted = opensLiteral(text[i:])
	}
	start := i + quoted
	end := start
	for end < len(text) && end-start <= keys.MaxBody && ascii.IsBody(text[end]) {
		end++
	}
	value := text[start:end]
	bare := quoted == 0 && text[max(0, i-1)] != '=' // only a shell and its like need no quotes
	if i == 0 || bare || len(value) < shortestValue || !keys.IsMixedOrHex(value) || quoted > 0 &&
		quoteLength(text[end:]) == 0 {
		return nil
	}
	return value
}

// skipType is where the value starts behind a name and what assigns to it: NAME = , name: string = , NAME := , "name":
// and #define NAME. It is 0 if nothing is assigned.
func skipType(text []byte, i int) int {
	line := text[i:min(len(text), i+longestGap)]
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	n := 0
	for n < len(line) && bytes.IndexByte([]byte(" \t\"'&[]?*:"), line[n]) >= 0 || n < len(line) && ascii.IsAlnum(line[n]) {
		if n > 0 && (line[n] == '"' || line[n] == '\'') && (line[n-1] == ' ' || line[n-1] == '\t') {
			return i + n // "name": "value", and #define NAME "value"
		}
		n++
	}
	if n == len(line) || line[n] != '=' || n+1 < len(line) && (line[n+1] == '=' || line[n+1] == '~') {
		return 0
	}
	n++
	if n < len(line) && line[n] == '>' {
		n++
	}
	return blanksBehind(text, i+n)
}
