package main

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"
)

// isTerminal is true where someone looks at what is written to (or types what is read from) stream.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

// wantsColor follows no-color.org: any value of NO_COLOR but the empty one turns colour off.
func (w *world) wantsColor(out io.Writer) bool {
	return w.env["NO_COLOR"] == "" && w.obeysANSI(out)
}

// wantsProgress is false wherever a bar that redraws itself would end up in a log: CI systems often
// give their jobs a terminal, and all of them set CI.
func (w *world) wantsProgress() bool {
	ci := w.env["CI"]
	return (ci == "" || ci == "false") && w.obeysANSI(w.errw)
}

// obeysANSI is true for terminals that take escape sequences for what they are.
func (w *world) obeysANSI(out io.Writer) bool {
	return isTerminal(out) && w.env["TERM"] != "dumb" && obeysANSI(out.(*os.File))
}

// columns is the width of the terminal that out leads to, 0 where it leads to none.
func columns(out io.Writer) int {
	if !isTerminal(out) {
		return 0
	}
	width, _, err := term.GetSize(int(out.(*os.File).Fd()))
	if err != nil {
		return 0
	}
	return width
}
