// Package terminal tells what a stream leads to, and draws on it how far a run is.
package terminal

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// Is is true where someone looks at what is written to (or types what is read from) stream.
func Is(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

// ObeysANSI is true for terminals that take escape sequences for what they are. term is the TERM of the environment.
func ObeysANSI(out io.Writer, term string) bool {
	return Is(out) && term != "dumb" && obeysANSI(out.(*os.File))
}

// Columns is the width of the terminal that out leads to, 0 where it leads to none.
func Columns(out io.Writer) int {
	if !Is(out) {
		return 0
	}
	width, err := columns(out.(*os.File))
	if err != nil {
		return 0
	}
	return width
}
