package literal

import (
	"encoding/base32"
	"math/big"
	"strings"

	"skleak/rules/internal/form"
	"skleak/rules/internal/keys"
)

// alone are the encodings that are not looked for inside others, nor others in them.
func alone(prefix string) []Literal {
	var all []Literal
	for before := range 5 {
		text, phase := base32At(prefix, before)
		all = append(all, Literal{Text: text, Form: form.Base32, Phase: phase},
			Literal{Text: strings.ToLower(text), Form: form.Base32, Phase: phase})
	}
	for before := range 3 {
		text := uuencodedAt(prefix, before)
		for _, line := range breakEverywhere(Literal{Text: text, Form: form.UUEncode}, "\nM") {
			all = append(all, Literal{Text: line.Text, Form: form.UUEncode})
		}
		all = append(all, Literal{Text: text, Form: form.UUEncode},
			Literal{Text: strings.ReplaceAll(text, " ", "`"), Form: form.UUEncode})
	}
	for _, alphabet := range form.Base85Alphabets {
		all = append(all, Literal{Text: encodeBase85(prefix, alphabet), Form: form.Base85})
	}
	for _, n := range base58Bodies() {
		if text := base58Beginning(prefix, n); len(text) >= form.CandidateLength {
			all = append(all, Literal{Text: text, Form: form.Base58})
		}
	}
	word := prefix[3:7]
	for _, text := range []string{"Sk_" + word, "SK_" + word, "Sk_" + strings.ToUpper(word[:1]) + word[1:],
		"SK_" + strings.ToUpper(word)} {
		all = append(all, Literal{Text: text + "_", Form: form.Capital})
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

// base58Beginning is the one that all keys with a prefix and a body of n characters have in base58.
func base58Beginning(prefix string, n int) string {
	least, most := encodeBase58(prefix, n, 0x2d), encodeBase58(prefix, n, 0x7b)
	same := 0
	for same < len(least) && len(least) == len(most) && least[same] == most[same] {
		same++
	}
	return least[:same]
}

func encodeBase58(prefix string, n int, fill byte) string {
	bytes := []byte(prefix)
	for range n {
		bytes = append(bytes, fill)
	}
	number, base, digit := new(big.Int).SetBytes(bytes), big.NewInt(int64(len(form.Base58Letters))), new(big.Int)
	var out []byte
	for number.Sign() > 0 {
		number.DivMod(number, base, digit)
		out = append([]byte{form.Base58Letters[digit.Int64()]}, out...)
	}
	return string(out)
}

// base58Bodies are the lengths of the bodies that are looked for in base58.
func base58Bodies() (lengths []int) {
	for n := 16; n <= 48; n++ {
		lengths = append(lengths, n)
	}
	return append(lengths, 64, keys.AccountLength)
}

// encodeBase85 writes a text whose length is a multiple of four.
func encodeBase85(text, alphabet string) string {
	var out []byte
	for i := 0; i+4 <= len(text); i += 4 {
		value := uint32(text[i])<<24 | uint32(text[i+1])<<16 | uint32(text[i+2])<<8 | uint32(text[i+3])
		var group [5]byte
		for k := 4; k >= 0; k-- {
			group[k] = alphabet[value%85]
			value /= 85
		}
		out = append(out, group[:]...)
	}
	return string(out)
}
