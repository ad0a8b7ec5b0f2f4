package process

import (
	"os"
	"runtime"
	"testing"
)

func TestSpareProcessor(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	t.Setenv("GOMAXPROCS", "7")
	SpareProcessor()
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("%d processors, where the user has set them and there were %d", got, before)
	}
	if err := os.Unsetenv("GOMAXPROCS"); err != nil { // Setenv puts it back
		t.Fatal(err)
	}
	SpareProcessor()
	if got := runtime.GOMAXPROCS(0); got != before+1 {
		t.Errorf("%d processors, want one more than %d", got, before)
	}
}
