package archive

import (
	"bufio"
	"io"
)

// Detect tells what kind of container a content is, by its first bytes, or, where something stands in front of what is
// packed, by its last ones. It is None for everything else, and where the content cannot be read.
func Detect(c Content) Kind {
	head, err := headOf(c)
	if err != nil {
		return None // who reads it as a file names the error
	}
	if k := sniff(head); k != None {
		return k
	}
	tail, err := tailOf(c)
	if err != nil {
		return None
	}
	return DetectEnds(head, tail)
}

// headOf reads the first bytes of a content, as far as they are looked at.
func headOf(c Content) ([]byte, error) { return c.Upto(make([]byte, sniffLength), 0) }

// isAtEnd tells whether a kind was told by the end of a content.
func (k Kind) isAtEnd(c Content) bool {
	if k != zip && k != script {
		return false
	}
	head, _ := headOf(c) // an error was told
	return sniff(head) == None
}

// DetectBytes is Detect for a content at hand. It is Text for one that is no container as a whole, and holds some.
func DetectBytes(content []byte) Kind {
	k := DetectEnds(content[:min(HeadLength, len(content))], content[max(0, len(content)-TailLength):])
	if k == None && HasRuns(content) {
		k = Text
	}
	return k
}

// How much DetectEnds takes, in bytes.
const (
	HeadLength = sniffLength
	TailLength = 1024
)

// DetectEnds is Detect for a content of which the first HeadLength bytes are at hand and the last TailLength, or all
// of it where it is shorter.
func DetectEnds(head, tail []byte) Kind {
	k := sniff(head)
	switch {
	case k != None:
	case endsAsZip(tail):
		k = zip
	case isScript(head, tail):
		k = script
	}
	return k
}

// IsStreamed tells whether a container of this kind can be read as a stream that is never held whole.
func (k Kind) IsStreamed() bool { return !k.random() }

// DetectStream is Detect for a stream, of which it takes nothing.
func DetectStream(r *bufio.Reader) Kind {
	head, _ := r.Peek(sniffLength) // an error comes again
	return sniff(head)
}

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
