package form

import (
	"bytes"
	"html"
	"strconv"
)

// longestEntity bounds the search for the semicolon that ends an entity.
const longestEntity = 32

// htmlStep undoes one layer of HTML's entities, numeric and named.
func htmlStep(d *Decoding, i int) int {
	rest := d.src.Text[i:]
	if rest[0] != '&' {
		return 0
	}
	end := bytes.IndexByte(rest[:min(len(rest), longestEntity)], ';')
	if end < 2 {
		return 0
	}
	if rest[1] == '#' {
		return numericEntity(d, i, rest[2:end])
	}
	entity := string(rest[:end+1])
	decoded := html.UnescapeString(entity)
	if decoded == entity {
		return 0
	}
	for _, b := range []byte(decoded) {
		d.put(b, i, i+end+1)
	}
	return end + 1
}

// numericEntity reads the number of &#95; or &#x5f;.
func numericEntity(d *Decoding, i int, number []byte) int {
	length := len("&#;") + len(number)
	base := 10
	if len(number) > 0 && number[0]|0x20 == 'x' {
		number, base = number[1:], 16
	}
	value, err := strconv.ParseUint(string(number), base, 21)
	if err != nil {
		return 0
	}
	d.putRune(rune(value), i, i+length)
	return length
}
