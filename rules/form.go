package rules

// formID names a form. The words are those of Match.Form.
type formID uint8

const (
	formPlain formID = iota
	formBase64
	formHex
	formUTF16
	formUTF32
	formUTF7
	formEscaped
	formStripped // escaped, and the backslashes were lost
	formPercent
	formHTML
	formQuotedPrintable
	formHexBytes
	formDecimalBytes
	formColumns
	formContinued
	formInvisible
	formJoined
	formReversed
	formRot13
	formCount
)

var formNames = [formCount]string{
	formPlain:           "plain",
	formBase64:          "base64",
	formHex:             "hex",
	formUTF16:           "utf16",
	formUTF32:           "utf32",
	formUTF7:            "utf7",
	formEscaped:         "escaped",
	formStripped:        "escaped",
	formPercent:         "percent",
	formHTML:            "html",
	formQuotedPrintable: "quoted-printable",
	formHexBytes:        "bytes",
	formDecimalBytes:    "bytes",
	formColumns:         "bytes",
	formContinued:       "continued",
	formInvisible:       "invisible",
	formJoined:          "joined",
	formReversed:        "reversed",
	formRot13:           "rot13",
}

// unitOf is how many bytes of text make a unit: four characters of base64, two digits of hex, two
// bytes of UTF-16. The other forms find by their marks where a unit starts.
func unitOf(form formID) int {
	switch form {
	case formBase64, formUTF32:
		return 4
	case formHex, formUTF16:
		return 2
	}
	return 1
}
