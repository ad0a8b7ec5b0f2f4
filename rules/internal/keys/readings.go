package keys

import (
	"bytes"

	"skleak/rules/internal/ascii"
)

// shortestReading is how long a body must be at least for something behind it to be taken for another text.
const shortestReading = 16

// readings says where the body at text[start:] may end, whose characters go on to end. Mostly that is end. Where
// several ends are possible and no usual length tells which it is, likely is the one at which nothing of the kind of a
// body touches the key, and there are others. Of several usual lengths in front of a name, likely is the likeliest.
func readings(text []byte, start, end int) (likely int, others []int) {
	body, after := text[start:end], text[end:]
	if len(after) > 0 && ascii.IsUpper(after[0]) {
		for _, n := range usualReadings(body, after) {
			others = append(others, start+n)
		}
		return end, others
	}
	if len(body) < shortestReading || len(after) == 0 || hasUsualLength(body) {
		return end, nil
	}
	switch c := after[0]; {
	case c == '.':
		if n := tailLength(after); n > 0 && end+n-start <= MaxBody && IsMixedOrHex(body) {
			return end + n, []int{end}
		}
		if n := fileSuffix(body, after); n > 0 {
			others = []int{end - n}
		}
	case c == '=' && !ascii.HasPrefix(after, "=="):
		for _, n := range variableSuffixes(body) {
			others = append(others, end-n)
		}
	case c < ' ' && c != '\n' && c != '\r' && c != '\t' || c >= 0x80:
		for _, n := range bodyLengths {
			if extra := len(body) - n; extra > 0 && extra <= 2 && hasUsualLength(body[:n]) &&
				isBinary(text[max(0, start-recordBefore):start]) {
				others = []int{start + n}
			}
		}
	}
	return end, others
}

// usualReadings are the lengths that a body may have as well that is cut before the next variable's name, which goes on
// behind it with capitals or digits: a body may end in those, too.
func usualReadings(body, after []byte) (lengths []int) {
	n := len(body)
	for name := after; len(name) > 0 && name[0] != '='; name = name[1:] {
		if n++; !ascii.IsUpper(name[0]) && !ascii.IsDigit(name[0]) && name[0] != '_' || n > MaxBody {
			return nil
		}
	}
	run := append(body[:len(body):len(body)], after[:min(n-len(body), len(after))]...)
	for _, n := range bodyLengths[:3] {
		if n != len(body) && endsBeforeName(run, n) {
			lengths = append(lengths, n)
		}
	}
	return lengths
}

// tailLength is the length of a dot and random characters behind it that may be more of a body: KEYID.SECRET.
func tailLength(after []byte) int {
	n := 1
	for n < len(after) && n <= MaxBody && ascii.IsAlnum(after[n]) {
		n++
	}
	tail := after[1:n]
	if len(tail) < 20 || !IsMixed(tail) && !(len(tail) >= 32 && IsHexText(tail)) || n < len(after) &&
		(after[n] == '.' || after[n] == '_' || after[n] == '-') {
		return 0
	}
	return n
}

// fileSuffix is the length of a hyphen or underscore and a word at the end of a body, in front of a file's extension.
func fileSuffix(body, after []byte) int {
	at := bytes.LastIndexAny(body, "-_")
	if at < shortestReading || len(body)-at < 4 || len(after) < 3 || !ascii.IsLower(after[1]) ||
		!ascii.IsLower(after[2]) ||
		len(bytes.Trim(body[at+1:], "abcdefghijklmnopqrstuvwxyz")) > 0 || !IsMixedOrHex(body[:at]) {
		return 0
	}
	return len(body) - at
}

// variableSuffixes are the lengths that the next variable's name may have at the end of a body where a line end was
// lost. A body may end in capitals, too.
func variableSuffixes(body []byte) (lengths []int) {
	at := len(body)
	for at > 0 && (ascii.IsUpper(body[at-1]) || ascii.IsDigit(body[at-1]) || body[at-1] == '_') {
		at--
	}
	for ; at < len(body) && body[at] != '_' && len(lengths) < mostOthers; at++ {
		if at >= shortestReading && isVariable(body[at:]) && IsMixedOrHex(body[:at]) && !endsInCapitals(body[:at]) {
			lengths = append(lengths, len(body)-at)
		}
	}
	return lengths
}
