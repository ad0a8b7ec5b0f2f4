// Package process keeps the process of a command in order: what it does when it crashes or is told to end, and what
// becomes of its memory.
package process

import (
	"fmt"
	"path"
	"runtime"
	"strings"

	"github.com/sourcegraph/conc/panics"

	"skleak/cmd/internal/build"
)

// Crash is a panic: a mistake of skleak's own. It says where it happened, and nothing of what was being
// read. Go's own dump is never printed: the arguments in it can be bytes of a key, and so can the text
// of the panic.
type Crash struct {
	what   string
	frames []string // function and line, the innermost first
}

// Error tells what happened and what to do about it. Whoever reports it has everything to copy, and
// nothing that must not be copied.
func (c *Crash) Error() string { return strings.Join(c.Lines(), "\n") }

// Lines is Error, line by line.
func (c *Crash) Lines() []string {
	lines := []string{
		"internal error: " + c.what,
		"this is a mistake in skleak, and what it was asked to do is not done: take nothing for clean",
		"please report it to the place you got skleak from, with these lines, which hold nothing of what was scanned:",
		fmt.Sprintf("  skleak %s, %s, %s/%s", build.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH),
	}
	for _, frame := range c.frames {
		lines = append(lines, "  "+frame)
	}
	return lines
}

// maxFrames bounds what is told of the stack: a recursion without end has millions.
const maxFrames = 32

// newCrash makes a Crash of what recover returned, in the function that called recover. What was
// caught in a worker and handed on brings its own stack.
func newCrash(value any) *Crash {
	var callers []uintptr
	for {
		var caught panics.Recovered
		switch v := value.(type) {
		case *panics.Recovered:
			caught = *v
		case panics.Recovered:
			caught = v
		default:
			if callers == nil {
				callers = make([]uintptr, 2*maxFrames)
				callers = callers[:runtime.Callers(3, callers)]
			}
			return &Crash{panicText(value), framesOf(callers)}
		}
		value, callers = caught.Value, caught.Callers
	}
}

// panicText says what a panic was about. Only the runtime's own words and ours are known to quote
// nothing; of anything else the type has to do.
func panicText(value any) string {
	switch v := value.(type) {
	case runtime.Error:
		return v.Error()
	case string:
		if text, ours := strings.CutPrefix(v, "internal error: "); ours {
			return text
		}
	}
	return fmt.Sprintf("a panic with a value of type %T", value)
}

func framesOf(callers []uintptr) []string {
	var out []string
	for frames := runtime.CallersFrames(callers); len(out) < maxFrames; {
		f, more := frames.Next()
		if f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") && !strings.Contains(f.Function, "/conc/panics.") {
			out = append(out, fmt.Sprintf("%s %s:%d", f.Function, path.Base(f.File), f.Line))
		}
		if !more {
			break
		}
	}
	return out
}

// Catch returns the panics of f as errors.
func Catch(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = newCrash(v)
		}
	}()
	return f()
}
