package archive

import "io"

// Tail passes on a stream and keeps its end, which alone gives away a zip file that has something in front of it.
type Tail struct {
	from io.Reader
	kept []byte
}

// NewTail makes one of a stream.
func NewTail(r io.Reader) *Tail { return &Tail{from: r} }

// Kind tells, once the stream has ended, what kind of container its end is that of.
func (t *Tail) Kind() Kind { return DetectEnds(nil, t.kept) }

func (t *Tail) Read(b []byte) (int, error) {
	n, err := t.from.Read(b)
	t.kept = append(t.kept, b[max(0, n-TailLength):n]...)
	if over := len(t.kept) - TailLength; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return n, err
}
