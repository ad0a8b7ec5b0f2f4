// Package crash makes errors of panics: mistakes of skleak's own. They say what happened and where, and nothing of what
// was being read. Go's own dump is never shown: the arguments in it can be bytes of a key, and so can the value of the
// panic.
package crash

import (
	"fmt"
	"path"
	"runtime"
	"strings"

	"github.com/sourcegraph/conc/panics"
)

// Crash is a panic that was caught.
type Crash struct {
	What   string
	Frames []string // function and line, the innermost first
}

// Error tells what happened and where, in one line.
func (c *Crash) Error() string {
	text := "internal error: " + c.What
	if len(c.Frames) > 0 {
		text += " in " + c.Frames[0]
	}
	ours := func(frame string) bool { return strings.HasPrefix(frame, "skleak/") }
	for i, frame := range c.Frames {
		if ours(frame) {
			if i > 0 {
				text += ", called by " + frame
			}
			break
		}
	}
	return text
}

// Catch returns a panic of f as a *Crash.
func Catch(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = newCrash(v)
		}
	}()
	return f()
}

// maxFrames bounds what is told of the stack: a recursion without end has millions.
const maxFrames = 32

// newCrash makes a Crash of what recover returned, in the function that called recover. What was caught in a worker and
// handed on brings its own stack.
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
			return &Crash{textOf(value), framesOf(callers)}
		}
		value, callers = caught.Value, caught.Callers
	}
}

// textOf says what a panic was about. Only the runtime's own words and ours are known to quote nothing; of anything else
// the type has to do.
func textOf(value any) string {
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

// framesOf are the functions that were running. Those that were called once it had panicked are left out.
func framesOf(callers []uintptr) []string {
	var out []string
	for frames := runtime.CallersFrames(callers); len(out) < maxFrames; {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			out = nil
		case f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") && !strings.Contains(f.Function, "/conc/panics."):
			out = append(out, fmt.Sprintf("%s %s:%d", f.Function, path.Base(f.File), f.Line))
		}
		if !more {
			break
		}
	}
	return out
}
