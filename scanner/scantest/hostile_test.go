package scantest

import (
	"flag"
	"testing"
)

func TestSampleFollowsTheRunFlag(t *testing.T) {
	asked := flag.Lookup("test.run").Value.String()
	defer flag.Set("test.run", asked)
	for pattern, want := range map[string]int{"": 1, "Other": 1, "Hostile": 100, "TestHostileFlips": 100} {
		flag.Set("test.run", pattern)
		if got := Sample(1, 100); got != want {
			t.Errorf("-run %q: %d, want %d", pattern, got, want)
		}
	}
}
