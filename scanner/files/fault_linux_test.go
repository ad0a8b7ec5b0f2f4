package files

import (
	"context"
	"testing"

	"skleak/scanner"
)

// TestFailingRead has files that open, and then fail to be read.
func TestFailingRead(t *testing.T) {
	for _, name := range []string{"/proc/self/mem", "/proc/self/clear_refs"} {
		cov := &scanner.Coverage{}
		if _, err := Dir(context.Background(), name, Options{Rules: builtin, Coverage: cov}, &collector{}); err != nil {
			t.Fatal(err)
		}
		if cov.Complete() || cov.Files.Load() != 0 || cov.Bytes.Load() != 0 {
			t.Errorf("%s: %q, %d files, %d bytes", name, cov.UnreadableList(), cov.Files.Load(), cov.Bytes.Load())
		}
	}
}
