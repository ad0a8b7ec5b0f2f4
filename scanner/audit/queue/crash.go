package queue

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"
)

// crash makes an error of what recover returned in a deferred function: what happened and where, and nothing of what
// was read. The value of a panic may hold that; only the runtime's own texts are known not to.
func crash(v any) error {
	what := "panic"
	if err, ok := v.(error); ok {
		if fault := runtime.Error(nil); errors.As(err, &fault) {
			what = fault.Error()
		}
	}
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for panicked := false; ; {
		f, more := frames.Next()
		if ours := !strings.HasPrefix(f.Function, "runtime."); panicked && ours {
			return fmt.Errorf("internal error: %s in %s (%s:%d)", what, path.Base(f.Function), path.Base(f.File), f.Line)
		}
		panicked = panicked || f.Function == "runtime.gopanic"
		if !more {
			return fmt.Errorf("internal error: %s", what)
		}
	}
}
