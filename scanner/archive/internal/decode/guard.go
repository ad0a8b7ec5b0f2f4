package decode

import (
	"fmt"
	"io"
)

// Decoders have panicked on damaged contents before, and may again: what they do is guarded, and a panic of theirs is a
// content that cannot be read.

// Guarded turns a panic of a library into an error.
func Guarded(what string, work func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the reader of %s gave up on it: %v", what, p)
		}
	}()
	return work()
}

// Safe reads from a library: its panics come back as errors. Reason, if there is one, gives errors their reasons.
type Safe struct {
	What   string
	From   io.Reader
	Reason func(error) error
}

func (s Safe) Read(b []byte) (n int, err error) {
	failed := Guarded(s.What, func() error {
		n, err = s.From.Read(b)
		return nil
	})
	switch {
	case failed != nil:
		return 0, failed
	case err != nil && err != io.EOF && s.Reason != nil:
		err = s.Reason(err)
	}
	return max(0, min(n, len(b))), err
}
