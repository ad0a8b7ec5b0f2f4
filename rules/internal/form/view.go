package form

// A View is a text to look for keys in: what was given, or what one form makes of a part of it.
type View struct {
	Text []byte
	// from and to say where in the text around it each byte is written: src[from[i]:to[i]]. Both are
	// nil for a text that was given.
	from, to []int32
	// Cut says that the text goes on behind the end of the view.
	Cut bool
}

// Span maps Text[start:end] to where it is written. A form may write backwards.
func (v *View) Span(start, end int) (from, to int) {
	if v.from == nil {
		return start, end
	}
	first, last := start, end-1
	return int(min(v.from[first], v.from[last])), int(max(v.to[first], v.to[last]))
}
