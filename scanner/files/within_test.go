package files

import (
	"path/filepath"
	"testing"
)

func TestPathBelow(t *testing.T) {
	root := t.TempDir()
	for target, want := range map[string]string{
		root:                                 "",
		filepath.Join(root, "a", "b"):        "a/b",
		filepath.Dir(root):                   "",
		filepath.Join(root, "..", "another"): "",
	} {
		if got := PathBelow(root, target); got != want {
			t.Errorf("PathBelow(%s) = %q, want %q", target, got, want)
		}
	}
}
