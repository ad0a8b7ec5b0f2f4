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

func (t trimmer) empty() bool {
	_, err := t.Peek(1)
	return err != nil
}
