package form

import (
	"slices"
	"sort"
)

// How much of a text is decoded around a candidate. Decoding starts with a little, since most candidates are none, and
// goes on to more while a key does not end.
const (
	behind = 96 // decoded before the candidate: the boundary, a vendor's prefix
	nearby = 40 // how far from the outer candidate the inner one may be, in decoded bytes

	// How far from a loose candidate the inner one may be.
	looseBefore = 24
	looseBehind = 24

	// CandidateLength is how many bytes are known where a candidate was found.
	CandidateLength = 8

	// Attempt is what it costs to try a form, besides the bytes.
	Attempt = 16
)

// Ahead are the lengths of text behind a candidate that are decoded, one after the other. What is left of 4096 is for
// decoders and judges that look past that.
var Ahead = [...]int{64, 224, 800, 4096 - 1024}

// A Place is where to undo a form.
type Place struct {
	At    int // where the candidate starts in the text
	Start int // where its literal starts, or the longest of them
	Phase int // where in the form's unit the candidate's first byte stands
	// Broken says that between Start and the end of the candidate there may be any break.
	Broken bool
	// Leads say how far behind the start of the literal the candidate is: several literals may share it. A Loose one's is
	// not known.
	Leads []int16
	Loose bool
}

// A Decoding is one attempt to undo a form around a candidate. It keeps its memory from one to the next.
type Decoding struct {
	Out View // what came of it

	src View
	Place
	first int // the part of src.Text to decode is text[first:last]
	last  int
	ahead int // how much of text is wanted behind the candidate
	// near is the index in Out.Text of the key's start or what it is nested in, as far as the
	// decoder knows; else it is -1.
	near   int
	extra  int         // work besides what stands in Out
	starts []int       // memory for Nested
	chars  []codedChar // memory for run
	lower  []byte      // memory for namesJoin
}

// Begin sets what is to be decoded.
func (d *Decoding) Begin(src *View, p Place) {
	if p.Loose {
		p.Start = max(0, p.At-nearby/2)
	}
	d.src, d.Place = *src, p
}

// Undo undoes the form around the candidate and for ahead bytes behind it, and returns what that cost.
func (d *Decoding) Undo(id ID, ahead int) (work int) {
	d.around(ahead)
	decoders[id](d)
	return Attempt + d.last - d.first + d.extra
}

// IsWhole says whether the text was decoded to its end.
func (d *Decoding) IsWhole() bool { return d.last == len(d.src.Text) }

// Source is what is written at Span's places.
func (d *Decoding) Source(from, to int) []byte { return d.src.Text[from:to] }

// put appends a byte that is written at src.Text[from:to].
func (d *Decoding) put(b byte, from, to int) {
	d.Out.Text = append(d.Out.Text, b)
	d.Out.from = append(d.Out.from, int32(from))
	d.Out.to = append(d.Out.to, int32(to))
}

// putRune appends what a code point is in UTF-8.
func (d *Decoding) putRune(r rune, from, to int) {
	for _, b := range []byte(string(r)) {
		d.put(b, from, to)
	}
}

// around sets the part to decode to some text before the candidate and ahead bytes behind it.
func (d *Decoding) around(ahead int) {
	d.first, d.last, d.ahead = max(0, d.At-behind), min(len(d.src.Text), d.At+ahead), ahead
	d.reset()
	d.extra = 0
}

// reset empties what was decoded and keeps the memory.
func (d *Decoding) reset() {
	d.extra += len(d.Out.Text)
	d.Out.Text, d.Out.from, d.Out.to, d.Out.Cut, d.near = d.Out.Text[:0], d.Out.from[:0], d.Out.to[:0], false, -1
}

// Locate returns the index in Out.Text of what src.Text[at] is part of.
func (d *Decoding) Locate(at int) int {
	return sort.Search(len(d.Out.to), func(k int) bool { return int(d.Out.to[k]) > at })
}

// lookahead is how far decoders look at what follows to decide whether a form goes on.
const lookahead = 160

// stop notes that the form ended at src.Text[i:], or that the part did. Where src is cut not far
// behind, nobody can tell the one from the other.
func (d *Decoding) stop(i int) {
	if i >= d.last {
		d.Out.Cut = d.last < len(d.src.Text) || d.src.Cut
		return
	}
	d.Out.Cut = d.src.Cut && i+lookahead > len(d.src.Text)
}

// Leaves says whether the byte at text[i] stands unchanged at Out.Text[k].
func (d *Decoding) Leaves(i, k int) bool {
	return k < len(d.Out.Text) && int(d.Out.from[k]) == i && int(d.Out.to[k]) == i+1 && d.Out.Text[k] == d.src.Text[i]
}

// IsLeft says whether Out.Text[start:end] stands in the source as it is: then it is a candidate of its own
// there. Without this, a literal that the form leaves alone would be its own neighbour at every depth.
func (d *Decoding) IsLeft(start, end int) bool {
	for k := start; k < end; k++ {
		if !d.Leaves(int(d.Out.from[start])+k-start, k) {
			return false
		}
	}
	return true
}

// Nested says where in what was decoded to look for the inner literal, and where that may start: nil is anywhere.
func (d *Decoding) Nested() (from, to int, starts []int) {
	if d.near < 0 {
		d.near = d.Locate(d.Start)
	}
	if d.Loose {
		near := d.Locate(d.At)
		return max(0, near-looseBefore), min(len(d.Out.Text), near+looseBehind), nil
	}
	starts = append(d.starts[:0], d.near)
	to = d.near
	for _, lead := range d.Leads {
		if near := d.Locate(d.At - int(lead)); len(d.Leads) > 1 && !slices.Contains(starts, near) {
			starts = append(starts, near)
			to = max(to, near)
		}
	}
	d.starts = starts
	return d.near, min(len(d.Out.Text), to+nearby), starts
}

// A step undoes what a form wrote at d.src.Text[i:] and returns how many bytes that took, or 0 if
// nothing is written there in this form.
type step func(d *Decoding, i int) int

// decode runs the step over the part and copies what it leaves alone: the way of all forms that mark
// each thing they change.
func (s step) decode(d *Decoding) {
	i := d.first
	for i < d.last {
		n := s(d, i)
		if n == 0 {
			d.put(d.src.Text[i], i, i+1)
			n = 1
		}
		i += n
	}
	d.stop(i)
}

// decoders are the forms.
var decoders = [Count]func(*Decoding){
	Base64:          decodeBase64,
	Hex:             decodeHex,
	UTF16:           decodeUTF16,
	UTF32:           decodeUTF32,
	UTF7:            step(utf7Step).decode,
	Escaped:         step(escapedStep).decode,
	Stripped:        step(strippedStep).decode,
	Percent:         step(percentStep).decode,
	HTML:            step(htmlStep).decode,
	QuotedPrintable: step(quotedPrintableStep).decode,
	HexBytes:        decodeHexBytes,
	DecimalBytes:    decodeDecimalBytes,
	Columns:         decodeColumns,
	Continued:       step(continuedStep).decode,
	Invisible:       step(invisibleStep).decode,
	Joined:          decodeJoined,
	Reversed:        decodeReversed,
	Rot13:           step(rot13Step).decode,
	Base32:          decodeBase32,
	Base58:          decodeBase58,
	Base85:          decodeBase85,
	UUEncode:        decodeUUEncoded,
	Capital:         decodeCapital,
}
