package archive

import "io"

// Tail passes on a stream and keeps its end, which alone gives away what is packed behind something else.
type Tail struct {
	from io.Reader
	head []byte
	kept []byte
}

// NewTail makes one of a stream.
func NewTail(r io.Reader) *Tail { return &Tail{from: r} }

// Kind tells, once the stream has ended, what kind of container its end is that of.
func (t *Tail) Kind() Kind { return DetectEnds(t.head, t.kept) }

func (t *Tail) Read(b []byte) (int, error) {
	n, err := t.from.Read(b)
	if want := len(scriptMagic) + 1 - len(t.head); want > 0 {
		t.head = append(t.head, b[:min(want, n)]...)
	}
	t.kept = append(t.kept, b[max(0, n-TailLength):n]...)
	if over := len(t.kept) - TailLength; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return n, err
}
