package inflate

import (
	"errors"
	"fmt"
)

// What can be wrong with a stream. Every error of this package is an *Error of one of these kinds; ask with errors.Is.
var (
	// ErrCorrupt: the bytes are no zlib stream, or not the one that was written.
	ErrCorrupt = errors.New("corrupt zlib stream")
	// ErrTruncated: src ends before the stream does.
	ErrTruncated = errors.New("zlib stream cut off")
	// ErrLong: the stream holds more than the declared size.
	ErrLong = errors.New("zlib stream longer than declared")
	// ErrShort: the stream is whole, but holds less than the declared size.
	ErrShort = errors.New("zlib stream shorter than declared")
	// ErrDictionary: the stream asks for a preset dictionary. Git never writes one.
	ErrDictionary = errors.New("zlib stream with a preset dictionary")
)

// Error says what is wrong with a stream, and where.
type Error struct {
	Kind   error  // one of the kinds above
	Offset int64  // bytes from the start of the stream to where it was noticed; the fault itself may lie before
	What   string // the particular: "distance reaches before the content"
}

func (e *Error) Error() string {
	return fmt.Sprintf("%v: %s, at byte %d", e.Kind, e.What, e.Offset)
}

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

// Errors are made in functions of their own, so that the decoding loops hold no formatting and no allocation.

func corrupt(at int, what string) error   { return &Error{ErrCorrupt, int64(at), what} }
func truncated(at int, what string) error { return &Error{ErrTruncated, int64(at), what} }

func tooLong(at, size int) error {
	return &Error{ErrLong, int64(at), fmt.Sprintf("more than the declared %d bytes", size)}
}

func tooShort(at, have, size int) error {
	return &Error{ErrShort, int64(at), fmt.Sprintf("%d bytes of the declared %d", have, size)}
}
