package ignore

import (
	"fmt"
	"testing"
)

// TestPathsForget asks about more folders than are remembered.
func TestPathsForget(t *testing.T) {
	p := NewPaths([]string{"left/"})
	for i := range 2*knownLimit + 10 {
		if p.Ignored(fmt.Sprintf("d%d/f", i), false) || i%1000 == 0 && !p.Ignored(fmt.Sprintf("d%d/left/f", i), false) {
			t.Fatalf("folder %d", i)
		}
	}
	n := 0
	for range p.folders.Range {
		n++
	}
	if n > knownLimit {
		t.Errorf("%d folders are remembered", n)
	}
}
