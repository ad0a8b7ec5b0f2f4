package form

import (
	"bytes"

	"skleak/rules/internal/ascii"
	"skleak/rules/internal/keys"
)

// decodeJoined puts together the pieces of a string: 'sk' + '…', "…" "…", ["sk", "live"].join("_"),
// `${"…"}…`. Between two pieces stands a joint: the closing quote of the one, something that joins,
// the opening quote of the other.
func decodeJoined(d *Decoding) {
	if decodeFormat(d) {
		return
	}
	j := joiner{d: d, body: -1}
	for i := d.first; i < d.last; {
		n := j.joint(i)
		if n == 0 {
			j.put(d.src.Text[i], i, i+1)
			n = 1
		}
		i += n
	}
	d.stop(d.last)
}

type joiner struct {
	d      *Decoding
	last   int  // how much was decoded before the latest joint
	list   bool // that was a comma
	spaced bool // the list's parts are joined by underscores
	body   int  // where in what was decoded the body starts that it ends with, or -1
	joins  bool // something near joins the parts of lists; known if asked
	asked  bool
}

// put appends a byte and notes where a body starts.
func (j *joiner) put(c byte, from, to int) {
	j.d.put(c, from, to)
	out := j.d.Out.Text
	switch {
	case !ascii.IsBody(c) || len(out)-j.body > keys.MaxBody:
		j.body = -1
	case c == '_' && keys.EndsPrefix(out):
		j.body = len(out)
	}
}

// progress says how much of a key was decoded last: have is the length of the body so far, or -1; part is true if
// it may be the start of a prefix.
func (j *joiner) progress() (have int, part bool) {
	out := j.d.Out.Text
	if j.body >= 0 {
		return len(out) - j.body, false
	}
	return -1, endsInPart(out)
}

// endsInPart says whether out ends in the start of a prefix.
func endsInPart(out []byte) bool {
	for n := min(len(out), keys.PrefixLen-1); n > 0; n-- {
		if end := string(out[len(out)-n:]); end == keys.Live[:n] || end == keys.Test[:n] {
			return true
		}
	}
	return false
}

type jointKind int

const (
	noJoint     jointKind = iota
	byOperator            // + . & || and the like
	byComma               // a list, or the arguments of a function
	byCharacter           // a comma between two single characters
	byLine                // the next literal on another line
	byBlank               // or on the same one
	byTemplate            // }…${ and what else leaves a template
	byShell               // a quote in the midst of a word
)

// joint is the length of the joint at text[i:] if the key goes on behind it, else 0.
func (j *joiner) joint(i int) int {
	text := j.d.src.Text
	if j.body == len(j.d.Out.Text) {
		if value, n := constant(j.d, i); n > 0 {
			for _, c := range value {
				j.put(c, i, i+n)
			}
			return n
		}
	}
	if quoteLength(text[i:]) == 0 {
		return 0
	}
	have, part := j.progress()
	if have < 0 && !part {
		return 0 // what stands before a key is none of it
	}
	n, kind := readJoint(text, i)
	j.d.extra += max(n, Attempt)
	joined := have >= 0 && j.last > len(j.d.Out.Text)-have-keys.PrefixLen
	if kind == noJoint || have >= keys.MinBody && !joined && !(kind.isSafe() && (kind != byLine || j.isGroup(i, i+n))) {
		return 0
	}
	if kind == byComma {
		if !(j.list && joined) && (joined || !j.namesJoin()) {
			return 0
		}
		bare := !bytes.HasSuffix(j.d.Out.Text, []byte{'_'}) && !ascii.HasPrefix(text[i+n:], "_")
		j.spaced = joined && j.spaced || part && bare
		if j.spaced && bare {
			j.put('_', i, i+n)
		}
	}
	j.last, j.list = len(j.d.Out.Text), kind == byComma
	return n
}

// isSafe says whether a key that could be whole may go on behind a joint of this kind: it does behind an operator,
// and in a group of literals on lines of their own.
func (kind jointKind) isSafe() bool {
	return kind == byOperator || kind == byTemplate || kind == byCharacter || kind == byLine
}

// quoteLength is the length of the quote that text starts with, escaped or not.
func quoteLength(text []byte) int {
	n := 0
	for n < len(text) && n < 3 && text[n] == '\\' {
		n++
	}
	if n < len(text) && (text[n] == '"' || text[n] == '\'' || text[n] == '`') {
		return n + 1
	}
	return 0
}

// longestJoint bounds a joint: an operator, a comment, a line's indentation.
const longestJoint = 240

// readJoint reads the joint at text[i:], which starts with a quote.
func readJoint(text []byte, i int) (n int, kind jointKind) {
	end := min(len(text), i+longestJoint)
	at := i + quoteLength(text[i:])
	if n, ok := leavesTemplate(text[:end], i, at); ok {
		return n, byTemplate
	}
	if at < end && ascii.IsBody(text[at]) && text[at-1] != '`' && opensBare(text, i) { // `…` runs a command
		return at - i, byShell
	}
	kind = byBlank
	for at < end {
		if open := opensLiteral(text[at:end]); open > 0 {
			if kind == byComma && isCharacter(text, i, at+open) {
				kind = byCharacter
			}
			return at + open - i, kind
		}
		step, next := jointStep(text, i, at, end, kind)
		if step == 0 {
			return 0, noJoint
		}
		at, kind = at+step, next
	}
	return 0, noJoint
}

// jointStep reads what comes next in a joint that starts at i: how long it is, 0 if it belongs to none, and what
// kind the joint is with it.
func jointStep(text []byte, i, at, end int, kind jointKind) (step int, next jointKind) {
	c := text[at]
	step = 1
	switch {
	case c == '\n':
		if kind == byBlank {
			kind = byLine
		}
	case c == ' ' || c == '\t' || c == '\r' || c == '(':
	case ascii.HasPrefix(text[at:end], `\n`, `\t`, `\r`):
		step = 2
	case ascii.HasPrefix(text[at:end], "\\\n", "\\\r"):
	case c == '_' && kind == byOperator && lineEnd(text[at+1:end]) > 0: // Visual Basic's way to continue a line
	case ascii.HasPrefix(text[at:end], ".append(", ".Append("):
		kind, step = byOperator, len(".append(")
	case kind == byBlank && ascii.HasPrefix(text[at:end], "//"): // Fortran's operator; a comment has words behind it
		kind, step = byOperator, 2
	case (kind == byBlank || kind == byLine) && chainLength(text, i, at, end) > 0:
		kind, step = byOperator, chainLength(text, i, at, end)
	case c == ';' || c == ')':
		n := callAgain(text, i, at, end)
		if n == 0 && c == ';' {
			return 0, noJoint
		}
		if n > 0 {
			kind = byOperator
		}
		step = max(n, 1)
	case ascii.HasPrefix(text[at:end], ".concat("):
		kind, step = byComma, len(".concat(")
	case c == ',':
		kind = byComma
	case bytes.IndexByte([]byte("+.&|~<>"), c) >= 0:
		if kind != byComma {
			kind = byOperator
		}
	case ascii.HasPrefix(text[at:end], "//", "# ", "-- ") && kind != byBlank:
		step = max(0, bytes.IndexByte(text[at:end], '\n'))
	default:
		return 0, noJoint
	}
	return step, kind
}

// chainLength is the length of a statement's end and what adds to the same variable in the next one: ; key += and its
// like, or 0. The variable stands in front of the piece before, too.
func chainLength(text []byte, i, at, end int) int {
	n := at
	for n < end && bytes.IndexByte([]byte("; \t\r\n"), text[n]) >= 0 {
		n++
	}
	name := n
	for n < end && (ascii.IsAlnum(text[n]) || text[n] == '_' || text[n] == '$' || text[n] == '.' && n > name &&
		ascii.IsAlnum(text[n-1]) && n+1 < end && ascii.IsAlnum(text[n+1])) {
		n++
	}
	variable := text[name:n]
	for n < end && text[n] == ' ' {
		n++
	}
	if len(variable) == 0 || !ascii.HasPrefix(text[n:end], "+=", ".=", "<<") ||
		!bytes.Contains(text[max(0, i-longestJoint):i], variable) {
		return 0
	}
	return n + 2 - at
}

// callAgain is the length of a call's end and what begins another call that adds to the same thing, or 0:
// b.append("…"); b.append("…"), strcpy(k, "…"); strcat(k, "…"), b.WriteString("…") on two lines. What begins it ends in
// front of the next literal.
func callAgain(text []byte, i, at, end int) int {
	n := at
	for n < end && bytes.IndexByte([]byte("); \t\r\n"), text[n]) >= 0 {
		n++
	}
	start := n
	for n < end && n-start < longestName && quoteLength(text[n:]) == 0 && bytes.IndexByte([]byte("\n;="), text[n]) < 0 {
		n++
	}
	if n == end || n == start || quoteLength(text[n:]) == 0 {
		return 0
	}
	next := text[start:n]
	open := bytes.LastIndexByte(text[max(0, i-longestJoint):i], text[i])
	if open < 0 || !addsTo(next) {
		return 0
	}
	before := text[max(0, i-longestJoint):][:open]
	if !bytes.HasSuffix(before, next) && !bytes.HasSuffix(bytes.ReplaceAll(before, []byte("cpy("), []byte("cat(")), next) {
		return 0
	}
	return n - at
}

// addsTo says whether the beginning of a call names that it adds a text to another.
func addsTo(call []byte) bool {
	lowered := bytes.ToLower(call)
	for _, word := range []string{"append", "push", "write", "cat(", "concat", "add(", ".ascii ", "put(", "puts(",
		"print("} {
		if bytes.Contains(lowered, []byte(word)) {
			return true
		}
	}
	return false
}

// isCharacter says whether the literals before the joint at i and behind it at next are single
// characters, as in C's way of writing an array.
func isCharacter(text []byte, i, next int) bool {
	return i >= 2 && text[i-2] == text[i] && next+1 < len(text) && text[next+1] == text[i]
}

// opensLiteral is the length of the prefix letters and the quote that open a literal, or 0.
func opensLiteral(text []byte) int {
	n := 0
	for n < len(text) && n < 2 && bytes.IndexByte([]byte("bBfFrRuUL@$"), text[n]) >= 0 {
		n++
	}
	if q := quoteLength(text[n:]); q > 0 {
		return n + q
	}
	return 0
}

// leavesTemplate reads "} behind a piece that ${" opened, and ${" if another follows at once.
func leavesTemplate(text []byte, i, at int) (n int, ok bool) {
	if !ascii.HasPrefix(text[at:], "}") {
		return 0, false
	}
	at++
	for _, open := range []string{"${", "#{", "{"} {
		if ascii.HasPrefix(text[at:], open) {
			if q := quoteLength(text[at+len(open):]); q > 0 {
				at += len(open) + q
				break
			}
		}
	}
	return at - i, true
}

// opensBare says whether the word that the quote at text[i] ends or goes on in is not quoted at its
// start, as in KEY=sk"…", or its first part is and the rest is not, as in "sk"…: a shell's way.
func opensBare(text []byte, i int) bool {
	start := i
	for start > 0 && i-start < keys.MaxBody && ascii.IsBody(text[start-1]) {
		start--
	}
	return start > 0 && start < i && (text[start-1] == '=' || text[start-1] == ' ' || text[start-1] == text[i])
}

// namesJoin says whether something near the candidate joins the parts of lists.
func (j *joiner) namesJoin() bool {
	if !j.asked {
		j.asked = true
		d := j.d
		around := d.lower[:0]
		for _, c := range d.src.Text[max(0, d.At-joinBefore):min(len(d.src.Text), d.At+joinBehind)] {
			if ascii.IsUpper(c) {
				c |= 0x20
			}
			around = append(around, c)
		}
		d.lower = around
		for _, word := range []string{"join", "concat", "implode", "paste", "glue", "strcat"} {
			j.joins = j.joins || bytes.Contains(around, []byte(word))
		}
		d.extra += len(around)
	}
	return j.joins
}

// How far from the candidate the word may be that says that the parts of a list are joined.
const (
	joinBefore = 80
	joinBehind = 320
)

// isGroup says whether a joint of nothing but a line end lies inside parentheses or an assignment, so
// that two literals on two lines are one string, and the second holds nothing but more of the key.
func (j *joiner) isGroup(i, next int) bool {
	text := j.d.src.Text
	j.d.extra += Attempt
	end := next
	for end < len(text) && end-next <= keys.MaxBody && ascii.IsBody(text[end]) {
		end++
	}
	if end == next || quoteLength(text[end:]) == 0 {
		return false
	}
	rest := bytes.TrimLeft(text[end+quoteLength(text[end:]):min(len(text), end+longestJoint)], " \t\r\n")
	if len(rest) == 0 || bytes.IndexByte([]byte(");\"'"), rest[0]) < 0 {
		return false
	}
	open := bytes.LastIndexByte(text[max(0, i-keys.MaxBody-keys.PrefixLen-longestJoint):i], text[i])
	if open < 0 {
		return false
	}
	before := bytes.TrimRight(text[max(0, i-keys.MaxBody-keys.PrefixLen-longestJoint):][:open], " \t\r\n")
	return len(before) > 0 && bytes.IndexByte([]byte("(="), before[len(before)-1]) >= 0
}
