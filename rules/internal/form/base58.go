package form

import (
	"math/big"

	"skleak/rules/internal/keys"
)

const (
	base58Letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	longestBase58 = 150 // characters; 107 bytes take 147
)

// decodeBase58 reads a key that was encoded alone: the characters are the digits of one large number, and each of them
// depends on all bytes behind it.
func decodeBase58(d *Decoding) {
	text := d.src.Text
	end := d.Start
	for end < len(text) && end-d.Start <= longestBase58 && base58Values[text[end]] >= 0 {
		end++
	}
	if d.Start > 0 && base58Values[text[d.Start-1]] >= 0 || end-d.Start > longestBase58 {
		d.stop(end)
		return
	}
	number, base := new(big.Int), big.NewInt(int64(len(base58Letters)))
	for _, c := range text[d.Start:end] {
		number.Add(number.Mul(number, base), big.NewInt(int64(base58Values[c])))
	}
	d.extra += (end - d.Start) * 8
	for _, c := range number.Bytes() {
		d.put(c, d.Start, end)
	}
	d.near = 0
	d.stop(end)
}

// base58Values are the values of the characters, and -1 for all others.
var base58Values = valuesOf(base58Letters)

func valuesOf(letters string) (values [256]int8) {
	for c := range values {
		values[c] = -1
	}
	for i := range len(letters) {
		values[letters[i]] = int8(i)
	}
	return values
}

// Base58Beginning is the one that all keys with a prefix and a body of n characters have in base58.
func Base58Beginning(prefix string, n int) string {
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
	number, base, digit := new(big.Int).SetBytes(bytes), big.NewInt(int64(len(base58Letters))), new(big.Int)
	var out []byte
	for number.Sign() > 0 {
		number.DivMod(number, base, digit)
		out = append([]byte{base58Letters[digit.Int64()]}, out...)
	}
	return string(out)
}

// Base58Bodies are the lengths of the bodies that are looked for in base58.
func Base58Bodies() (lengths []int) {
	for n := 16; n <= 48; n++ {
		lengths = append(lengths, n)
	}
	return append(lengths, 64, keys.AccountLength)
}
