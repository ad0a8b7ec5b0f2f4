package main

import (
	"errors"
	"fmt"
	"testing"
)

func TestStatusOf(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"nothing wrong", nil, 0},
		{"leaks", leaksFound(statusLeaks), 1},
		{"leaks with a status of the user's", leaksFound(42), 42},
		{"leaks that are to pass", leaksFound(0), 0},
		{"any other error", errors.New("no such flag"), 2},
		{"incomplete", errIncomplete, 3},
		{"interrupted", errInterrupted, 130},
		{"an outcome with context", fmt.Errorf("scanning: %w", errIncomplete), 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := statusOf(c.err); got != c.want {
				t.Errorf("statusOf(%v) = %d, want %d", c.err, got, c.want)
			}
		})
	}
}
