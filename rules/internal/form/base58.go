package form

import "math/big"

// Base58Letters are the digits of base58, by their values.
const Base58Letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

const longestBase58 = 150 // characters; 107 bytes take 147

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
	number, base := new(big.Int), big.NewInt(int64(len(Base58Letters)))
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
var base58Values = valuesOf(Base58Letters)

func valuesOf(letters string) (values [256]int8) {
	for c := range values {
		values[c] = -1
	}
	for i := range len(letters) {
		values[letters[i]] = int8(i)
	}
	return values
}
