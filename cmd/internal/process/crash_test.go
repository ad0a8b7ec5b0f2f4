package process

import (
	"strings"
	"testing"
)

// TestDeepCrash: a stack of any depth is told in a few lines.
func TestDeepCrash(t *testing.T) {
	var descend func(n int) int
	descend = func(n int) int {
		if n == 0 {
			panic("deep")
		}
		return descend(n-1) + 1
	}
	err := Catch(func() error { descend(10_000); return nil })
	if n := strings.Count(err.Error(), "\n"); n < maxFrames/2 || n > maxFrames+5 {
		t.Errorf("%d lines", n)
	}
}
