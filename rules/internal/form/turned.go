package form

import "skleak/rules/internal/ascii"

// decodeReversed reads backwards: the key stands left of the candidate, whose window is the whole
// prefix.
func decodeReversed(d *Decoding) {
	first, last := max(0, d.At-d.ahead), min(len(d.src.Text), d.At+CandidateLength+behind)
	for i := last - 1; i >= first; i-- {
		d.put(d.src.Text[i], i, i+1)
	}
	d.near = last - d.At - CandidateLength
	d.Out.Cut = first > 0 // a view is never cut at its start, for a key of this form
}

// rot13Step turns letters by half the alphabet.
func rot13Step(d *Decoding, i int) int {
	d.put(Turn(d.src.Text[i]), i, i+1)
	return 1
}

// Turn turns a letter by half the alphabet.
func Turn(c byte) byte {
	switch {
	case ascii.IsLower(c):
		return 'a' + (c-'a'+13)%26
	case ascii.IsUpper(c):
		return 'A' + (c-'A'+13)%26
	}
	return c
}
