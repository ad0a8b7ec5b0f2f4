package rules

import "sort"

// A view is a text to confirm candidates in: what Scan was given, or what one form makes of a part
// of it.
type view struct {
	text []byte
	// from and to say where in the text around it each byte is written: src[from[i]:to[i]]. Both are
	// nil for the text that Scan was given.
	from, to []int32
	// cut says that the text goes on behind the end of the view.
	cut bool
}

// span maps text[start:end] to where it is written. A form may write backwards.
func (v *view) span(start, end int) (from, to int) {
	if v.from == nil {
		return start, end
	}
	first, last := start, end-1
	return int(min(v.from[first], v.from[last])), int(max(v.to[first], v.to[last]))
}

// A decoding is one attempt to undo a form around a candidate.
type decoding struct {
	src   view
	at    int // where the candidate's window starts in src.text
	start int // where its literal starts, or the longest of them
	phase int // see literal
	// broken says that between start and the end of the window there may be any break.
	broken bool
	first  int // the part of src.text to decode is text[first:last]
	last   int
	ahead  int // how much of text is wanted behind the candidate
	out    view
	// near is the index in out.text of the key's start or what it is nested in, as far as the
	// decoder knows; else it is -1.
	near   int
	extra  int         // work besides what stands in out
	starts []int       // memory for nested
	chars  []codedChar // memory for run
}

// put appends a byte that is written at src.text[from:to].
func (d *decoding) put(b byte, from, to int) {
	d.out.text = append(d.out.text, b)
	d.out.from = append(d.out.from, int32(from))
	d.out.to = append(d.out.to, int32(to))
}

// putRune appends what a code point is in UTF-8.
func (d *decoding) putRune(r rune, from, to int) {
	for _, b := range []byte(string(r)) {
		d.put(b, from, to)
	}
}

// around sets the part to decode to some text before the candidate and ahead bytes behind it.
func (d *decoding) around(ahead int) {
	d.first, d.last, d.ahead = max(0, d.at-behind), min(len(d.src.text), d.at+ahead), ahead
	d.reset()
	d.extra = 0
}

// reset empties what was decoded and keeps the memory.
func (d *decoding) reset() {
	d.extra += len(d.out.text)
	d.out.text, d.out.from, d.out.to, d.out.cut, d.near = d.out.text[:0], d.out.from[:0], d.out.to[:0], false, -1
}

// locate returns the index in out.text of what src.text[at] is part of.
func (d *decoding) locate(at int) int {
	return sort.Search(len(d.out.to), func(k int) bool { return int(d.out.to[k]) > at })
}

// lookahead is how far decoders look at what follows to decide whether a form goes on.
const lookahead = 160

// stop notes that the form ended at src.text[i:], or that the part did. Where src is cut not far
// behind, nobody can tell the one from the other.
func (d *decoding) stop(i int) {
	if i >= d.last {
		d.out.cut = d.last < len(d.src.text) || d.src.cut
		return
	}
	d.out.cut = d.src.cut && i+lookahead > len(d.src.text)
}

// A step undoes what a form wrote at d.src.text[i:] and returns how many bytes that took, or 0 if
// nothing is written there in this form.
type step func(d *decoding, i int) int

// decode runs the step over the part and copies what it leaves alone: the way of all forms that mark
// each thing they change.
func (s step) decode(d *decoding) {
	i := d.first
	for i < d.last {
		n := s(d, i)
		if n == 0 {
			d.put(d.src.text[i], i, i+1)
			n = 1
		}
		i += n
	}
	d.stop(i)
}
