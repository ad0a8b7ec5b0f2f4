package search

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"skleak/rules/internal/ascii"
	"skleak/rules/internal/form"
	"skleak/rules/internal/keys"
)

// A literal is a piece of text that stands wherever a key is written in one of the forms.
type literal struct {
	text string
	form form.ID // the outermost form, the one to undo first
	rule int     // for form.Plain: which rule's prefix this is
	// phase says where in the form's unit the first byte stands: the character of a base64 group of
	// four, the digit of a hex pair, the byte of a UTF-16 unit. The break, if any, is no part of it.
	phase                int
	breakStart, breakEnd int
	// loose says that nobody knows how far from text the key starts.
	loose bool
}

// phaseAt is the phase of the byte at offset, or of the next one that is not part of the break.
func (l *literal) phaseAt(offset int) int {
	counted := offset
	if l.breakEnd > 0 {
		counted -= min(max(offset-l.breakStart, 0), l.breakEnd-l.breakStart)
	}
	return (l.phase + counted) % l.form.Unit()
}

// A spelling is one way of writing text: every character of it changes its look.
type spelling struct {
	form  form.ID
	phase int
	write func(string) string
}

// wholesale spellings are what encoders make of a text of any length. They nest in one another.
func wholesale() []spelling {
	return []spelling{
		{form.Base64, 0, base64At(0)},
		{form.Base64, 2, base64At(1)},
		{form.Base64, 3, base64At(2)},
		{form.Hex, 0, hexLower},
		{form.Hex, 0, hexUpper},
		{form.UTF16, 0, interleaveNUL},
	}
}

// alone are the encodings that are not looked for inside others, nor others in them.
func alone(prefix string) []literal {
	var all []literal
	for before := range 5 {
		text, phase := base32At(prefix, before)
		all = append(all, literal{text: text, form: form.Base32, phase: phase},
			literal{text: strings.ToLower(text), form: form.Base32, phase: phase})
	}
	for before := range 3 {
		text := uuencodedAt(prefix, before)
		for _, line := range breakEverywhere(literal{text: text, form: form.UUEncode}, "\nM") {
			all = append(all, literal{text: line.text, form: form.UUEncode})
		}
		all = append(all, literal{text: text, form: form.UUEncode}, literal{text: strings.ReplaceAll(text, " ", "`"), form: form.UUEncode})
	}
	for _, alphabet := range form.Base85Alphabets {
		all = append(all, literal{text: form.EncodeBase85(prefix, alphabet), form: form.Base85})
	}
	for _, n := range form.Base58Bodies() {
		if text := form.Base58Beginning(prefix, n); len(text) >= windowLong {
			all = append(all, literal{text: text, form: form.Base58})
		}
	}
	word := prefix[3:7]
	for _, text := range []string{"Sk_" + word, "SK_" + word, "Sk_" + strings.ToUpper(word[:1]) + word[1:], "SK_" + strings.ToUpper(word)} {
		all = append(all, literal{text: text + "_", form: form.Capital})
	}
	return all
}

// base32At spells s as it looks inside a longer base32 text, before bytes into a group of five. phase is that of its
// first character.
func base32At(s string, before int) (text string, phase int) {
	text = base32.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + s))
	phase = (before*8 + 4) / 5
	return text[phase : (before+len(s))*8/5], phase % 8
}

// uuencodedAt spells s as it looks inside a longer text that is uuencoded, before bytes into a group of three.
func uuencodedAt(s string, before int) string {
	text := []byte(base64At(before)(s))
	for i, c := range text {
		text[i] = ' ' + byte(strings.IndexByte(base64Letters, c))
	}
	return string(text)
}

const base64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// stepwise spellings write one character after the other, each with a mark of its own.
func stepwise() []spelling {
	return []spelling{
		{form.Escaped, 0, each(`\x`, 16, 2, ``)},
		{form.Escaped, 0, eachUpper(`\x`, 16, 2, ``)},
		{form.Escaped, 0, each(`\u`, 16, 4, ``)},
		{form.Escaped, 0, eachUpper(`\u`, 16, 4, ``)},
		{form.Escaped, 0, each(`\u{`, 16, 1, `}`)},
		{form.Escaped, 0, each(`\`, 8, 3, ``)},
		{form.Percent, 0, each(`%`, 16, 2, ``)},
		{form.Percent, 0, eachUpper(`%`, 16, 2, ``)},
		{form.Percent, 0, each(`%u`, 16, 4, ``)},
		{form.Percent, 0, each(`%25`, 16, 2, ``)},
		{form.Percent, 0, eachUpper(`%25`, 16, 2, ``)},
		{form.HTML, 0, each(`&#`, 10, 1, `;`)},
		{form.HTML, 0, each(`&#x`, 16, 1, `;`)},
		{form.HTML, 0, eachUpper(`&#x`, 16, 1, `;`)},
		{form.QuotedPrintable, 0, eachUpper(`=`, 16, 2, ``)},
	}
}

// dumps list the numbers of the characters. Nobody dumps but what a program held.
func dumps() []spelling {
	return []spelling{
		{form.DecimalBytes, 0, each(``, 10, 1, `,`)},
		{form.DecimalBytes, 0, each(``, 10, 1, `, `)},
		{form.DecimalBytes, 0, each(``, 10, 1, ` `)},
		{form.HexBytes, 0, each(`0x`, 16, 2, `,`)},
		{form.HexBytes, 0, each(`0x`, 16, 2, `, `)},
		{form.HexBytes, 0, eachUpper(`0x`, 16, 2, `,`)},
		{form.HexBytes, 0, eachUpper(`0x`, 16, 2, `, `)},
		{form.HexBytes, 0, each(``, 16, 2, `,`)},
		{form.HexBytes, 0, each(``, 16, 2, `:`)},
		{form.HexBytes, 0, eachUpper(``, 16, 2, `:`)},
		{form.HexBytes, 0, eachUpper(``, 16, 2, `-`)},
	}
}

// calls list the numbers of the characters, each in a call or on a line of its own.
func calls(prefix string) []literal {
	var all []literal
	for _, call := range []string{"Chr(", "chr(", "CHR(", "ChrW(", "CHAR(", "char("} {
		for _, joint := range []string{")&", ") & ", ")+", ") + ", ").", ") . ", ")||", ") || "} {
			all = append(all, spelling{form.DecimalBytes, 0, each(call, 10, 1, joint)}.literal(prefix))
		}
	}
	for _, line := range []string{",\n", ",\n  ", ",\n    ", ",\n      ", ",\n        ", ",\n          ", ",\n\t\t", ",\r\n    ", "\n"} {
		all = append(all, spelling{form.DecimalBytes, 0, each("", 10, 1, line)}.literal(prefix))
	}
	return all
}

// lineDumps are those that tools write in lines, of sixteen bytes mostly, with an offset before them and the text
// beside.
func lineDumps() []spelling {
	return []spelling{
		{form.HexBytes, 0, each(``, 16, 2, ` `)},
		{form.HexBytes, 0, eachUpper(``, 16, 2, ` `)},
		{form.HexBytes, 0, inPairs(0)},
		{form.HexBytes, 0, inPairs(1)},
		{form.Columns, 0, each4},
	}
}

// rareDumps are those of xxd -u, xxd -i and gdb. They are not looked for inside other forms.
func rareDumps() []spelling {
	return []spelling{
		{form.HexBytes, 0, func(s string) string { return strings.ToUpper(inPairs(0)(s)) }},
		{form.HexBytes, 0, func(s string) string { return strings.ToUpper(inPairs(1)(s)) }},
		{form.HexBytes, 0, each(`0x`, 16, 2, `, `)},
		{form.HexBytes, 0, each(`0x`, 16, 2, "\t")},
	}
}

// underscores are ways of writing the one character of the prefix that is not a letter. The letters
// around it stay as they are, and so does every base64 or hex digit: no others are needed for them.
var underscores = []struct {
	form form.ID
	text string
}{
	{form.Percent, `%5F`}, {form.Percent, `%5f`},
	{form.Percent, `%255F`}, {form.Percent, `%255f`},
	{form.Percent, `%25255F`}, {form.Percent, `%25255f`},
	{form.Escaped, `\u005f`}, {form.Escaped, `\u005F`}, {form.Escaped, `\u{5f}`}, {form.Escaped, `\u{5F}`},
	{form.Escaped, `\x5f`}, {form.Escaped, `\x5F`}, {form.Escaped, `\137`}, {form.Escaped, `\_`}, {form.Escaped, `\\_`},
	{form.Stripped, `u005f`}, {form.Stripped, `u005F`},
	{form.HTML, `&#95;`}, {form.HTML, `&#095;`}, {form.HTML, `&#x5f;`}, {form.HTML, `&#x5F;`}, {form.HTML, `&lowbar;`}, {form.HTML, `&UnderBar;`},
	{form.HTML, `&amp;#95;`}, {form.HTML, `&amp;#x5f;`}, {form.HTML, `&amp;#x5F;`}, {form.HTML, `&amp;lowbar;`},
	{form.QuotedPrintable, `=5F`}, {form.QuotedPrintable, `=5f`},
	{form.UTF7, `+AF8-`},
}

// rareUnderscores are those of RTF, TeX, and of Chinese and Japanese keyboards. They are not looked for inside other
// forms.
var rareUnderscores = []string{`\'5f`, `\'5F`, `{\_}`, "＿"}

// markers spell what is no letter or digit, the marks of another form among it.
func markers() []spelling {
	return []spelling{
		{form.Percent, 0, percentMarks(eachUpper(`%`, 16, 2, ``))},
		{form.Percent, 0, percentMarks(each(`%`, 16, 2, ``))},
		{form.Escaped, 0, strings.NewReplacer(`\`, `\\`, "\x00", `\u0000`, "&", `\u0026`).Replace},
		{form.Escaped, 0, strings.NewReplacer(`\`, `\\`, "\x00", `\x00`).Replace},
		{form.Escaped, 0, strings.NewReplacer("\x00", `\0`).Replace},
		{form.HTML, 0, strings.NewReplacer("&", "&amp;").Replace},
	}
}

// Where a line may be broken inside a key, by what breaks it. Base64 is broken at a fixed width by
// its encoder and may be indented behind the break or live in a string that escapes line ends.
var (
	base64Breaks = []string{
		"\n", "\r\n", `\n`, `\r\n`, "\n ", "\r\n ", "\n  ", "\n    ", "\n      ", "\n        ", "\n\t", "\n\t\t", "=\n", "=\r\n", "\\\n",
	}
	twiceBreaks = []string{"\n", "\r\n", `\n`}
	plainBreaks = []struct {
		form form.ID
		text string
	}{
		{form.QuotedPrintable, "=\n"}, {form.QuotedPrintable, "=\r\n"},
		{form.Continued, "\\\n"}, {form.Continued, "\\\r\n"}, {form.Continued, "`\n"}, {form.Continued, "`\r\n"},
		{form.Continued, "^\n"}, {form.Continued, "^\r\n"},
		{form.Invisible, "\u200b"}, {form.Invisible, "\u00ad"}, {form.Invisible, "\u2060"}, {form.Invisible, "\ufeff"},
		{form.Invisible, "<wbr>"}, {form.Invisible, "&shy;"}, {form.Invisible, "&#8203;"},
		{form.Invisible, "\x1b[0m"}, {form.Invisible, "\x1b[m"},
		{form.Invisible, "</em>"}, {form.Invisible, "</mark>"}, {form.Invisible, "</b>"}, {form.Invisible, "</strong>"}, {form.Invisible, "</span>"},
	}
	// quotes and operators that join the pieces of a string, in the languages we know of.
	quotes    = []string{`'`, `"`, "`", `\"`}
	operators = []string{
		"", " ", ",", ", ", "+", " + ", " +\n", "\n", ".", " . ", "..", " .. ", "&", " & ", "||", " || ", "~", " " +
			"~ ", "<>", " <> ", "++", " ++ ", ".concat(",
	}
)

// Literals lists all texts that are searched for.
func Literals() []string {
	all := []string{keys.Live, keys.Test}
	for _, l := range literals() {
		all = append(all, l.text)
	}
	return all
}

// literals lists what is searched for besides the prefixes themselves. It is long, and that is
// harmless: the search costs by the text it reads, hardly by the length of this list. No run of the program makes
// it: windows.bin holds what came of it.
func literals() []literal {
	var all []literal
	for _, text := range []string{"sk_%s_%s", "sk_{}_{}", "sk_{0}_{1}"} {
		all = append(all, literal{text: text, form: form.Joined})
	}
	for _, prefix := range []string{keys.Live, keys.Test} {
		all = append(all, encoded(prefix)...)
		all = append(all, broken(prefix)...)
		all = append(all, joined(prefix)...)
		all = append(all, turned(prefix)...)
		all = append(all, alone(prefix)...)
		all = append(all, calls(prefix)...)
	}
	return all
}

// encoded spells the prefix in every form and nests the forms: a wholesale one around everything,
// up to depth 3, a stepwise one around a wholesale one, and those that change the marks of others.
func encoded(prefix string) []literal {
	var once []literal
	for _, sp := range slices.Concat(wholesale(), stepwise(), dumps(), lineDumps()) {
		once = append(once, sp.literal(prefix))
	}
	for _, u := range underscores {
		once = append(once, literal{text: strings.ReplaceAll(prefix, "_", u.text), form: u.form})
	}
	twice := nest(wholesale(), once)
	all := append(append(once, twice...), nest(wholesale(), twice)...)
	all = append(all, nest(stepwise(), once)...)
	all = append(all, nest(slices.Concat(dumps(), lineDumps()), once[:len(wholesale())])...)
	marked := mark(once)
	all = append(append(all, marked...), nest(wholesale(), marked)...)
	for _, underscore := range rareUnderscores {
		all = append(all, literal{text: strings.ReplaceAll(prefix, "_", underscore), form: form.Escaped})
	}
	all = append(all, spelling{form.Escaped, 0, each(`\0`, 8, 3, ``)}.literal(prefix))
	return append(all, literal{text: strings.Join(strings.Split(prefix, ""), "\x00\x00\x00")[:clipped], form: form.UTF32})
}

// mark spells the marks of other forms.
func mark(inner []literal) []literal {
	var all []literal
	for _, m := range markers() {
		for _, l := range inner {
			if text := m.write(l.text); text != l.text {
				all = append(all, literal{text: text[:min(len(text), 2*clipped)], form: m.form})
			}
		}
	}
	return all
}

func nest(outer []spelling, inner []literal) []literal {
	var all []literal
	for _, sp := range outer {
		for _, l := range inner {
			if sp.form == form.UTF16 && l.form == form.UTF16 {
				continue // most of it would be NUL, as in any table of numbers
			}
			all = append(all, sp.literal(l.text))
		}
	}
	return all
}

// clipped is how much of a nested literal is kept: enough to be rare, and so little that its start is
// near wherever its window is.
const clipped = 24

func (sp spelling) literal(s string) literal {
	text := sp.write(s)
	return literal{text: text[:min(len(text), clipped)], form: sp.form, phase: sp.phase}
}

// broken are the literals with a line break, or something nobody sees, in the midst of them.
func broken(prefix string) []literal {
	var all []literal
	for _, b := range plainBreaks {
		all = append(all, breakEverywhere(literal{text: prefix, form: b.form}, b.text)...)
	}
	for _, hex := range wholesale()[3:5] {
		all = append(all, halves(hex.literal(prefix))...)
	}
	for _, dump := range slices.Concat(lineDumps(), rareDumps()) {
		all = append(all, halves(dump.literal(prefix))...)
	}
	for _, once := range wholesale()[:3] {
		for _, b := range base64Breaks {
			all = append(all, breakEverywhere(once.literal(prefix), b)...)
		}
		for _, other := range wholesale()[3:] {
			all = append(all, halves(once.literal(other.write(prefix)))...)
		}
		for _, twice := range wholesale()[:3] {
			for _, b := range twiceBreaks {
				all = append(all, breakEverywhere(twice.literal(once.write(prefix)), b)...)
			}
		}
	}
	return all
}

// halves are two literals in the place of a long one. Wherever it is broken, and by whatever, one of
// them is whole.
func halves(l literal) []literal {
	half := len(l.text) / 2
	second := l
	second.text, second.phase, second.loose = l.text[half:], l.phaseAt(half), true
	l.text = l.text[:half]
	return []literal{l, second}
}

func breakEverywhere(l literal, with string) []literal {
	var all []literal
	for at := 1; at < len(l.text); at++ {
		b := l
		b.text = l.text[:at] + with + l.text[at:]
		b.breakStart, b.breakEnd = at, at+len(with)
		all = append(all, b)
	}
	return all
}

// joined are the prefixes whose pieces a program puts together.
func joined(prefix string) []literal {
	var all []literal
	for _, quote := range quotes {
		for _, op := range operators {
			for _, l := range breakEverywhere(literal{text: prefix, form: form.Joined}, quote+op+quote) {
				all = append(all, literal{text: l.text, form: form.Joined})
			}
		}
		for _, op := range []string{",", ", ", "+", " + ", "."} {
			text := strings.Join(strings.Split(prefix, ""), quote+op+quote)
			all = append(all, literal{text: text[:clipped], form: form.Joined})
		}
		// The prefix's first part at the end of a line, or before a comment.
		for _, end := range []string{" +\n ", " +\n\t", " +\n+", " +\r\n", " + /", " + #", " .\n ", " .\n\t", " ..\n",
			" &\n ", " & _", ",\n  ", ",\n\t\t"} {
			all = append(all, literal{text: prefix[:3] + quote + end, form: form.Joined})
		}
		for at := 4; quote == `"` && at < len(prefix); at++ { // Visual Basic's
			all = append(all, literal{text: prefix[:at] + `" & _`, form: form.Joined})
		}
		// A list that is joined by underscores, and a piece that begins or ends with one whatever
		// the operator between the pieces.
		word := prefix[3 : len(prefix)-1]
		for _, text := range []string{"sk" + quote + "," + quote + word, "sk" + quote + ", " + quote + word,
			"sk_" + word + quote} {
			all = append(all, literal{text: text, form: form.Joined})
		}
		for _, before := range []string{" ", "+", "(", ".", ",", "&", "|", "\t", "\n"} {
			all = append(all, literal{text: before + quote + "_" + word + "_", form: form.Joined, loose: true})
		}
		all = append(all, literal{text: quote + "_" + word + "_" + quote, form: form.Joined, loose: true})
	}
	return all
}

// turned are the two ways in which people hide a text from a reader rather than from a parser.
func turned(prefix string) []literal {
	return []literal{
		{text: reverse(prefix), form: form.Reversed},
		{text: rot13(prefix), form: form.Rot13},
	}
}

// base64At spells s as it looks inside a longer base64 text, before bytes into a group of three.
// Only characters that s alone decides are kept.
func base64At(before int) func(string) string {
	return func(s string) string {
		text := base64.RawStdEncoding.EncodeToString([]byte("\x00\x00\x00"[:before] + s))
		first := (before*8 + 5) / 6
		return text[first : (before+len(s))*8/6]
	}
}

func hexLower(s string) string { return hex.EncodeToString([]byte(s)) }
func hexUpper(s string) string { return strings.ToUpper(hexLower(s)) }

// interleaveNUL spells s in UTF-16 of either byte order: what they share is a NUL between any two
// characters.
func interleaveNUL(s string) string { return strings.Join(strings.Split(s, ""), "\x00") }

// each writes the number of each byte, in digits of the base and at least width of them, between
// before and after.
func each(before string, base, width int, after string) func(string) string {
	return func(s string) string {
		b := make([]byte, 0, len(s)*(len(before)+width+len(after)+1))
		for i := range len(s) {
			number := strconv.FormatUint(uint64(s[i]), base)
			b = append(b, before...)
			b = append(b, "000000"[:max(0, width-len(number))]...)
			b = append(b, number...)
			b = append(b, after...)
		}
		return string(b)
	}
}

// eachUpper is each with the digits of hex in upper case.
func eachUpper(before string, base, width int, after string) func(string) string {
	lower := each("", base, width, "")
	return func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			b.WriteString(before + strings.ToUpper(lower(s[i:i+1])) + after)
		}
		return b.String()
	}
}

// inPairs writes two bytes a group, as xxd does; odd is 1 if the first stands alone.
func inPairs(odd int) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			if i > 0 && (i+odd)%2 == 0 {
				b.WriteByte(' ')
			}
			b.WriteString(hexLower(s[i : i+1]))
		}
		return b.String()
	}
}

// each4 writes one character in four columns, as od -c does.
func each4(s string) string { return strings.Join(strings.Split(s, ""), "   ") }

// percentMarks writes all but letters, digits and _ by means of one.
func percentMarks(one func(string) string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			if ascii.IsAlnum(s[i]) || s[i] == '_' {
				b.WriteByte(s[i])
			} else {
				b.WriteString(one(s[i : i+1]))
			}
		}
		return b.String()
	}
}

func reverse(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

func rot13(s string) string {
	return strings.Map(func(r rune) rune { return rune(form.Turn(byte(r))) }, s)
}
