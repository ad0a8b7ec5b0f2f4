package rules

// decodeReversed reads backwards: the key stands left of the candidate, whose window is the whole
// prefix.
func decodeReversed(d *decoding) {
	first, last := max(0, d.at-d.ahead), min(len(d.src.text), d.at+windowLong+behind)
	for i := last - 1; i >= first; i-- {
		d.put(d.src.text[i], i, i+1)
	}
	d.near = last - d.at - windowLong
	d.out.cut = first > 0 // a view is never cut at its start, for a key of this form
}

// rot13Step turns letters by half the alphabet.
func rot13Step(d *decoding, i int) int {
	d.put(rot13Byte(d.src.text[i]), i, i+1)
	return 1
}

func rot13Byte(c byte) byte {
	switch {
	case isLower(c):
		return 'a' + (c-'a'+13)%26
	case isUpper(c):
		return 'A' + (c-'A'+13)%26
	}
	return c
}
