package form

import (
	"skleak/rules/internal/ascii"
	"skleak/rules/internal/keys"
)

// Base85Alphabets are those of Adobe's ascii85, of Python and git, and of ZeroMQ.
var Base85Alphabets = []string{
	"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstu",
	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
	"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",
}

var base85Values = func() (all [][256]int8) {
	for _, alphabet := range Base85Alphabets {
		all = append(all, valuesOf(alphabet))
	}
	return all
}()

// decodeBase85 reads groups of five characters from the candidate on, where a key starts with a group. Only at one of
// four places it does, but a key that is encoded alone always does.
func decodeBase85(d *Decoding) {
	for alphabet := range base85Values {
		d.reset()
		end := d.readBase85(&base85Values[alphabet])
		if ascii.HasPrefix(d.Out.Text, keys.Live, keys.Test) {
			d.near = 0
			d.stop(end)
			return
		}
	}
	d.reset()
	d.stop(d.Start)
}

func (d *Decoding) readBase85(values *[256]int8) (end int) {
	text := d.src.Text
	for i := d.Start; i < d.last; {
		n, value := 0, uint64(0)
		for n < 5 && i+n < len(text) && values[text[i+n]] >= 0 {
			value = value*85 + uint64(values[text[i+n]])
			n++
		}
		if n < 2 {
			return i
		}
		for range 5 - n {
			value = value*85 + 84
		}
		for k := range n - 1 {
			d.put(byte(value>>(24-8*k)), i, i+n)
		}
		i += n
		if n < 5 {
			return i
		}
	}
	return d.last
}
