// Package rules knows what a key looks like: how it is found fast, told from its look-alikes, and
// kept from being printed.
//
//	set := rules.Default()
//	set.Scan(text, func(m rules.Match) { … m.Start, m.End, m.Key.Redacted() … })
//
// A Set is immutable and may be used by many goroutines. Package search finds where a key may be, package form undoes
// how it is written, package keys tells where it starts and ends. It works in two steps. Next finds candidates: places
// that hold one of some thousands of short literals, at least one of which occurs in a key however it is written. It
// reads a few gigabytes a second and may be wrong. Scan confirms them one by one and is right as often as we know how
// to be.
//
// # What makes a key
//
// A key is a prefix in lower case and a body of 10 to 255 of A-Za-z0-9_-. The lengths that vendors
// use now, 16 to 99, are not built upon: they change, and one vendor documents none. These decide:
//
//   - Left neighbour: no letter or digit, or else cpumask_test_cpu would be a key. Some letters and
//     digits are allowed for what they end: an escape (\n, \u0022, \x22, \075, %22, %253D, =3D), a
//     terminal's colour, an option of one letter (curl -uKEY), another whole key, the end of a value
//     that was shortened (sk_test_BQok...2HlWKEY), a word that people leave there (BearerKEY). The escape has to
//     stand for something that is no letter itself.
//   - Where the shape of the body is unmistakable, what touches it does not matter, on either side.
//   - Binary formats write the length of a text in front of it. Where a letter or digit is that length, it is none of
//     the key, and where characters of a body follow behind that length, they are not either.
//   - A word and an underscore or hyphen to the left make a longer vendor prefix. The key is
//     reported and marked LongPrefix, since nobody can say whose it is. Line numbers, as grep
//     writes them, diff marks, and Markdown's emphasis make none.
//   - A hyphen or underscore at the end is no part of the body. Vendors who issue keys that end so
//     are unknown, and prose and Markdown that put one there are not.
//   - Where the body starts a2V5Xz it is base64 of "key_…" and may hold + and /, and = at its end.
//   - A body ends where another value's prefix begins (pk_live_, whsec_): keys get joined by commas, but also by
//     nothing. It ends at a length that is usual where the next variable's name follows, or -prod.json. Where no usual
//     length decides, Match.Others has the other readings.
//   - *, …, ..., •, [REDACTED], ${, {24}, a verb of a format, a regular expression's class or the like right behind
//     the body show that it was masked, shortened or is made elsewhere: no key. Markup does not: asterisks of
//     Markdown's or a C comment's, footnotes, statements of templates, a wiki's {code}.
//
// # What makes a placeholder
//
// Evidence, never low entropy alone: a key of lower-case hex or of sixteen characters must survive. Package
// placeholder judges a body and says how, and how few random bodies it takes for something else. A body is a
// placeholder, reported with Placeholder set however short it is, if it is printed in a vendor's documentation, if it
// repeats or counts, or if words stand out of it that nobody puts into a secret. If all of it is words but ordinary
// ones, it is a name in somebody's program and is passed over in silence: sk_live_button, sk_test_results_by_fold.
// Bodies shorter than ten that are no placeholders are passed over as well.
//
// # Forms
//
// A key is found however it is written; Match.Form says how, from the outside in: base64+utf16 is what
// PowerShell makes of a command. Forms nest three deep. The span is the text as written, the key what
// it decodes to. One file a form says what that form is:
//
//	base64, hex, utf16, utf32, utf7   encodings of the whole text, wrapped or not, at any alignment
//	percent, escaped, html            single characters, or all of them, are escaped
//	quoted-printable                  =5F, and lines broken by =
//	bytes                             lists of numbers, Chr(115) & Chr(107), and dumps
//	continued                         a line that goes on behind a backslash, backquote or caret, or that was folded
//	joined                            pieces that a program puts together, formats and constants among them
//	invisible                         zero-width characters, colours and highlighting inside
//	base32, base58, base85, uuencode  encodings that are not looked for inside others, nor others in them
//	capital                           Sk_live_ or SK_LIVE_ in front of a body as long as keys are
//	reversed, rot13                   hidden from readers
//
// A form is undone around a candidate only, and a literal of the form has to be there: base64 of
// something that holds a key is found since the prefix can look like six things in base64, wherever it
// stands. Three decisions in doubt:
//
//   - Where a line ends inside base64 or hex, the next one belongs to it if it holds nothing else and
//     this one is as long as encoders make them. Else two values on two lines are the likelier.
//   - Where a whole key ends at a closing quote, it goes on behind an operator, but behind a comma,
//     blanks or a line end only if something else says so: a join, parentheses, an unfinished prefix.
//   - Where a form reads more of a body than plain text does, it is believed.
//
// Not found are: a body that comes from a variable without a value in the same text, what is compressed, base58 and
// base85 of more than the key (base85 at three of four offsets), and forms inside the two that hide from readers.
//
// # What a text may cost
//
// Work is counted, and a text may cost so much for each of its bytes: see work. Whoever writes a text that is dense
// with what looks like keys cannot make a scan slow, only Scan's answer false: some candidates were not looked into.
//
// # What it does not do
//
// It does not ask anybody whether a key is active, and it does not know where a text comes from.
package rules
