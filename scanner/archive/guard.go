package archive

import (
	"fmt"
	"io"
)

// Decoders have panicked on damaged contents before, and may again: what they do is guarded, and a panic of theirs is a
// content that cannot be read.

// guarded turns a panic of a library into an error.
func guarded(what string, work func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the reader of %s gave up on it: %v", what, p)
		}
	}()
	return work()
}

// safe reads from a library: its panics come back as errors.
type safe struct {
	what string
	from io.Reader
}

func (s safe) Read(b []byte) (n int, err error) {
	failed := guarded(s.what, func() error {
		n, err = s.from.Read(b)
		return nil
	})
	if failed != nil {
		return 0, failed
	}
	return max(0, min(n, len(b))), err
}

// reasoned gives the errors of a content their reasons.
type reasoned struct {
	from   io.Reader
	reason func(error) error
}

func (r reasoned) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	if err != nil && err != io.EOF {
		err = r.reason(err)
	}
	return n, err
}
