package files

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/sourcegraph/conc/panics"
)

// panicOf is what f panics with, the wrapping of workers taken off.
func panicOf(f func()) any {
	var caught panics.Catcher
	caught.Try(f)
	if caught.Recovered() == nil {
		return nil
	}
	value := caught.Recovered().Value
	for {
		inner, ok := value.(*panics.Recovered)
		if !ok {
			return value
		}
		value = inner.Value
	}
}

// A panic in a goroutine that nobody waits for would end the program with a dump of Go's own.
func TestPanicsReachTheCaller(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/b", "a/c", "d/e"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{Rules: builtin, Ignore: func(string, bool) bool { panic("in the walk") }}
	if got := panicOf(func() { _, _ = Dir(t.Context(), dir, o, &collector{}) }); got != "in the walk" {
		t.Errorf("a panic in the walk came out as %v", got)
	}
	from := io.MultiReader(panicking{})
	if got := panicOf(func() { _ = Reader(t.Context(), from, "", Options{Rules: builtin}, &collector{}) }); got != "in a read" {
		t.Errorf("a panic in a read came out as %v", got)
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("in a read") }
