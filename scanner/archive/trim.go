package archive

import (
	"bufio"
	"bytes"
	"io"
)

// trimmer reads a content behind its leading zeros.
type trimmer struct{ *bufio.Reader }

func newTrimmer(r io.Reader) trimmer {
	b := bufio.NewReaderSize(r, streamBuffer)
	for {
		ahead, err := b.Peek(streamBuffer)
		zeros := len(ahead) - len(bytes.TrimLeft(ahead, "\x00"))
		_, _ = b.Discard(zeros) // they were peeked at
		if zeros < len(ahead) || err != nil {
			return trimmer{b}
		}
	}
}

// empty is true where nothing comes behind the zeros; an error, where nobody knows.
func (t trimmer) empty() (bool, error) {
	_, err := t.Peek(1)
	if err == io.EOF {
		return true, nil
	}
	return err != nil, err
}
