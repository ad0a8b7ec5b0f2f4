// Package process keeps the process of a command in order: what it does when it crashes or is told to end, and what
// becomes of its memory.
package process

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"skleak/cmd/internal/build"
	"skleak/scanner/crash"
)

// Crash is a panic that ended what a command did: a mistake of skleak's own.
type Crash struct{ of *crash.Crash }

// Error tells what happened and what to do about it. Whoever reports it has everything to copy, and
// nothing that must not be copied.
func (c *Crash) Error() string { return strings.Join(c.Lines(), "\n") }

// Lines is Error, line by line.
func (c *Crash) Lines() []string {
	lines := []string{
		"internal error: " + c.of.What,
		"this is a mistake in skleak, and what it was asked to do is not done: take nothing for clean",
		"please report it to the place you got skleak from, with these lines, which hold nothing of what was scanned:",
		fmt.Sprintf("  skleak %s, %s, %s/%s", build.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH),
	}
	for _, frame := range c.of.Frames {
		lines = append(lines, "  "+frame)
	}
	return lines
}

// Catch returns the panics of f as errors.
func Catch(f func() error) error {
	err := crash.Catch(f)
	if caught := new(crash.Crash); errors.As(err, &caught) {
		return &Crash{caught}
	}
	return err
}
