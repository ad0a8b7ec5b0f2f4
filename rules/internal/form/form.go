// Package form undoes the forms in which texts are written, around a place that was found: base64, escapes, dumps,
// what a program joins. One file a form says what that form is. It knows where things stand, not which of them are
// keys.
package form

import "slices"

// ID names a form. The words are those of Match.Form.
type ID uint8

const (
	Plain ID = iota
	Base64
	Hex
	UTF16
	UTF32
	UTF7
	Escaped
	Stripped // escaped, and the backslashes were lost
	Percent
	HTML
	QuotedPrintable
	HexBytes
	DecimalBytes
	Columns
	Continued
	Invisible
	Joined
	Reversed
	Rot13
	Base32
	Base58
	Base85
	UUEncode
	Capital // the prefix was capitalised, as at the start of a sentence
	Count
)

var names = [Count]string{
	Plain:           "plain",
	Base64:          "base64",
	Hex:             "hex",
	UTF16:           "utf16",
	UTF32:           "utf32",
	UTF7:            "utf7",
	Escaped:         "escaped",
	Stripped:        "escaped",
	Percent:         "percent",
	HTML:            "html",
	QuotedPrintable: "quoted-printable",
	HexBytes:        "bytes",
	DecimalBytes:    "bytes",
	Columns:         "bytes",
	Continued:       "continued",
	Invisible:       "invisible",
	Joined:          "joined",
	Reversed:        "reversed",
	Rot13:           "rot13",
	Base32:          "base32",
	Base58:          "base58",
	Base85:          "base85",
	UUEncode:        "uuencode",
	Capital:         "capital",
}

// String is the form's name.
func (id ID) String() string { return names[id] }

// Names lists the names of all forms, each once.
func Names() []string {
	var all []string
	for _, name := range names {
		if name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// Unit is how many bytes of text make a unit: four characters of base64, two digits of hex, two bytes of UTF-16. The
// other forms find by their marks where a unit starts.
func (id ID) Unit() int {
	switch id {
	case Base32:
		return 8
	case Base64, UTF32:
		return 4
	case Hex, UTF16:
		return 2
	}
	return 1
}
