package exit

import (
	"errors"
	"fmt"
	"testing"
)

func TestStatusOf(t *testing.T) {
	leaks := End{Failing: true, Complete: true}
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"nothing wrong", nil, 0},
		{"a clean end", End{Complete: true}.Outcome(Leaks), 0},
		{"leaks", leaks.Outcome(Leaks), 1},
		{"leaks with a status of the user's", leaks.Outcome(42), 42},
		{"leaks that are to pass", leaks.Outcome(0), 0},
		{"leaks that are to pass, and not all was read", End{Failing: true}.Outcome(0), 3},
		{"leaks, and not all was read", End{Failing: true}.Outcome(Leaks), 1},
		{"interrupted after leaks", End{Failing: true, Interrupted: true}.Outcome(Leaks), 130},
		{"any other error", errors.New("no such flag"), 2},
		{"incomplete", End{}.Outcome(Leaks), 3},
		{"interrupted", ErrInterrupted, 130},
		{"an outcome with context", fmt.Errorf("scanning: %w", ErrIncomplete), 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := StatusOf(c.err); got != c.want {
				t.Errorf("StatusOf(%v) = %d, want %d", c.err, got, c.want)
			}
		})
	}
}
