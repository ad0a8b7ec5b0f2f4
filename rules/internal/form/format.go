package form

import (
	"bytes"

	"skleak/rules/internal/ascii"
	"skleak/rules/internal/keys"
)

// Bounds of a call that formats: what is longer is not read.
const (
	longestFormat = 200
	mostArguments = 12
	longestGap    = 80 // between a format and its arguments, or two of them
)

// A formatCall is a format and the literals that go into it: fmt.Sprintf("%s_%s", "a", "b"), "{}_{}".format("a", "b"),
// '{0}' -f 'a'.
type formatCall struct {
	start, end int // the format, without its quotes
	braces     bool
	arguments  []argument
}

// An argument is what stands for a verb: text[start:end]. What is no literal has no value.
type argument struct {
	start, end int
	literal    bool
}

// decodeFormat writes what a format makes of its arguments if the candidate lies in a format or in one of its
// arguments. It says whether it does. A verb that has no literal is written as an ellipsis: nobody knows what
// stands there, so that no key reaches over it.
func decodeFormat(d *Decoding) bool {
	call, ok := findFormat(d)
	if !ok {
		return false
	}
	w := formatWriter{d: d, call: call}
	for i := call.start; i < call.end; {
		n, number := verb(d.src.Text[i:call.end], call.braces)
		switch {
		case n == 0:
			w.put(d.src.Text[i], i, i+1)
			n = 1
		default:
			w.argument(i, n, number)
		}
		i += n
	}
	d.put('\n', call.end, call.end+1)
	d.stop(call.end)
	return true
}

type formatWriter struct {
	d    *Decoding
	call formatCall
	next int // the argument of the next verb that has no number
}

// put writes a byte. What is written never seems to stand before what was written earlier.
func (w *formatWriter) put(b byte, from, to int) {
	if n := len(w.d.Out.to); n > 0 && to <= int(w.d.Out.to[n-1]) {
		from, to = int(w.d.Out.from[n-1]), int(w.d.Out.to[n-1])
	}
	w.d.put(b, from, to)
}

// argument writes what the verb at text[at:at+n] stands for; number is -1 for the next one.
func (w *formatWriter) argument(at, n, number int) {
	if number < 0 {
		number = w.next
		w.next++
	}
	text := w.d.src.Text
	if number >= len(w.call.arguments) || !w.call.arguments[number].literal {
		for _, b := range []byte("…") {
			w.put(b, at, at+n)
		}
		return
	}
	a := w.call.arguments[number]
	for i := a.start; i < a.end; i++ {
		if w.call.start <= w.d.At && w.d.At < w.call.end && at < w.d.At {
			w.put(text[i], at, at+n) // a candidate behind it in the format must not seem to stand before it
		} else {
			w.put(text[i], i, i+1)
		}
	}
}

// verb is the length of the verb that text starts with, or 0, and the number of its argument if it has one, else -1.
// A verb that no literal fits has a number that no argument has.
func verb(text []byte, braces bool) (n, number int) {
	if braces {
		return braceVerb(text)
	}
	n = keys.VerbLength(text)
	switch {
	case n == 0:
		return 0, 0
	case n > 3 && text[2] == '$' && ascii.IsDigit(text[1]): // %1$s
		return n, int(text[1]-'1') & 0xff
	case bytes.IndexByte([]byte("sv@"), text[n-1]) < 0 || n > 2:
		return n, mostArguments
	}
	return n, -1
}

// braceVerb is verb for {}, {0} and {0:s}.
func braceVerb(text []byte) (n, number int) {
	if text[0] != '{' {
		return 0, 0
	}
	n = bytes.IndexByte(text[:min(len(text), 24)], '}') + 1
	switch {
	case n < 2 || text[1] == '{':
		return 0, 0
	case n == 2 || ascii.HasPrefix(text[1:], ":s}"):
		return n, -1
	case ascii.IsDigit(text[1]) && (n == 3 || ascii.HasPrefix(text[2:], ":s}")):
		return n, int(text[1] - '0')
	}
	return n, mostArguments
}

// findFormat finds the format whose literal the candidate lies in, or which its literal goes into.
func findFormat(d *Decoding) (call formatCall, ok bool) {
	text := d.src.Text
	start, quote := openQuote(text, d.Start)
	for range mostArguments {
		if start < 0 {
			return call, false
		}
		end := closeQuote(text, start, quote)
		d.extra += Attempt + end - start
		if call = (formatCall{start: start, end: end}); end > start && call.read(text) {
			return call, true
		}
		start, quote = literalBefore(text, start-1)
	}
	return call, false
}

// openQuote is where the literal starts that text[at] stands in, and what ends it; -1 if there is none on this line.
func openQuote(text []byte, at int) (start int, quote byte) {
	for start = at; start > 0 && at-start < longestFormat; start-- {
		switch c := text[start-1]; c {
		case '"', '\'', '`':
			return start, c
		case '\n':
			return -1, 0
		}
	}
	return -1, 0
}

// closeQuote is where the literal ends that starts at start, or start if that is too far away.
func closeQuote(text []byte, start int, quote byte) int {
	n := bytes.IndexByte(text[start:min(len(text), start+longestFormat+keys.MaxBody)], quote)
	return start + max(n, 0)
}

// literalBefore is where the literal starts that ends in front of the one whose quote is text[at], with nothing
// between them but what parts arguments.
func literalBefore(text []byte, at int) (start int, quote byte) {
	i := at
	for i > 0 && at-i < longestGap {
		c := text[i-1]
		if c == '"' || c == '\'' || c == '`' {
			open := bytes.LastIndexByte(text[max(0, i-1-longestFormat):i-1], c)
			if open < 0 {
				return -1, 0
			}
			return max(0, i-1-longestFormat) + open + 1, c
		}
		if bytes.IndexByte([]byte(" \t\r\n,(%.+-"), c) < 0 && !ascii.IsLower(c|0x20) {
			return -1, 0
		}
		i--
	}
	return -1, 0
}

// read reads the arguments behind the format, and says whether there are any and a verb for them.
func (c *formatCall) read(text []byte) bool {
	if !bytes.ContainsAny(text[c.start:c.end], "%{") {
		return false
	}
	i, bare := c.opening(text)
	if i < 0 {
		return false
	}
	percent, braces := 0, 0
	for at := c.start; at < c.end; at++ {
		n, _ := verb(text[at:c.end], false)
		percent += min(n, 1)
		n, _ = verb(text[at:c.end], true)
		braces += min(n, 1)
	}
	c.braces = c.braces || percent == 0
	if percent == 0 && braces == 0 {
		return false
	}
	for len(c.arguments) < mostArguments && i < len(text) {
		a, next := readArgument(text, i, bare)
		if next == i {
			break
		}
		c.arguments = append(c.arguments, a)
		if i = nextArgument(text, next, bare); i < 0 {
			break
		}
	}
	for _, a := range c.arguments {
		if a.literal {
			return true
		}
	}
	return false
}

// opening is where the first argument starts, or -1. bare says that arguments need no quotes: those of a shell.
func (c *formatCall) opening(text []byte) (at int, bare bool) {
	at = c.end + 1
	if at >= len(text) {
		return -1, false
	}
	rest := text[at:min(len(text), at+longestGap)]
	line := bytes.TrimRight(text[max(0, c.start-longestGap):max(0, c.start-1)], " \t\r\n")
	line = line[bytes.LastIndexByte(line, '\n')+1:]
	for _, between := range []string{".format(", " -f ", " -f", " % (", " % ", "%(", ".formatted("} {
		if ascii.HasPrefix(rest, between) {
			c.braces = between[0] == '.' && between != ".formatted(" || between[1] == '-'
			return at + len(between), false
		}
	}
	lowered := bytes.ToLower(line)
	formats := bytes.Contains(lowered, []byte("format")) || bytes.Contains(lowered, []byte("printf"))
	if at < len(text) && text[at] == ',' && formats {
		return skipBlanks(text, at+1), false
	}
	if text[at] == ' ' && bytes.HasSuffix(lowered, []byte("printf")) {
		return at + 1, true
	}
	return -1, false
}

func skipBlanks(text []byte, at int) int {
	end := min(len(text), at+longestGap)
	for at < end && bytes.IndexByte([]byte(" \t\r\n"), text[at]) >= 0 {
		at++
	}
	return at
}

// readArgument reads the argument at text[i:] and returns where it ends, or i if there is none.
func readArgument(text []byte, i int, bare bool) (a argument, next int) {
	if open := opensLiteral(text[i:]); open > 0 && text[i+open-1] != '\\' {
		start := i + open
		end := closeQuote(text, start, text[start-1])
		if end > start {
			for start < end && text[end-1] == '\\' {
				end--
			}
			return argument{start, end, true}, closeQuote(text, start, text[start-1]) + 1
		}
	}
	end := i
	for end < len(text) && end-i < longestFormat && bytes.IndexByte([]byte(",);\n"), text[end]) < 0 &&
		!(bare && (text[end] == ' ' || text[end] == '"')) {
		end++
	}
	return argument{i, end, bare && end > i && !bytes.ContainsAny(text[i:end], "$`")}, end
}

// nextArgument is where the argument behind the one that ends at text[i:] starts, or -1.
func nextArgument(text []byte, i int, bare bool) int {
	at := skipBlanks(text, i)
	switch {
	case bare && at > i && bytes.IndexByte(text[i:at], '\n') < 0 && at < len(text) && text[at] != '|' && text[at] != '>':
		return at
	case bare || at >= len(text) || text[at] != ',':
		return -1
	}
	return skipBlanks(text, at+1)
}
