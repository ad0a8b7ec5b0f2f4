package literal

import (
	"strings"

	"skleak/rules/internal/form"
)

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
func calls(prefix string) []Literal {
	var all []Literal
	for _, call := range []string{"Chr(", "chr(", "CHR(", "ChrW(", "CHAR(", "char("} {
		for _, joint := range []string{")&", ") & ", ")+", ") + ", ").", ") . ", ")||", ") || "} {
			all = append(all, spelling{form.DecimalBytes, 0, each(call, 10, 1, joint)}.literal(prefix))
		}
	}
	for _, line := range []string{",\n", ",\n  ", ",\n    ", ",\n      ", ",\n        ", ",\n          ",
		",\n\t\t", ",\r\n    ", "\n"} {
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
	{form.HTML, `&#95;`}, {form.HTML, `&#095;`}, {form.HTML, `&#x5f;`}, {form.HTML, `&#x5F;`}, {form.HTML, `&lowbar;`},
	{form.HTML, `&UnderBar;`},
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
