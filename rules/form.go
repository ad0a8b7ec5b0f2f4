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
	formPercent
	formHTML
	formQuotedPrintable
	formBytes
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
	formPercent:         "percent",
	formHTML:            "html",
	formQuotedPrintable: "quoted-printable",
	formBytes:           "bytes",
	formContinued:       "continued",
	formInvisible:       "invisible",
	formJoined:          "joined",
	formReversed:        "reversed",
	formRot13:           "rot13",
}

// formUnits is how many bytes of text make a unit: four characters of base64, two digits of hex,
// two bytes of UTF-16. All others need no more than their own marks to find where a unit starts.
var formUnits = [formCount]int{
	formPlain: 1, formBase64: 4, formHex: 2, formUTF16: 2, formUTF32: 4, formUTF7: 1, formEscaped: 1, formPercent: 1, formHTML: 1,
	formQuotedPrintable: 1, formBytes: 1, formContinued: 1, formInvisible: 1, formJoined: 1, formReversed: 1, formRot13: 1,
}

func rot13Byte(c byte) byte {
	switch {
	case c >= 'a' && c <= 'z':
		return 'a' + (c-'a'+13)%26
	case c >= 'A' && c <= 'Z':
		return 'A' + (c-'A'+13)%26
	}
	return c
}
