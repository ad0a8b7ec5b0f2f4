package run

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestNamesFor(t *testing.T) {
	t.Chdir(t.TempDir())
	far := t.TempDir() // outside of the current folder
	for _, c := range []struct {
		targets, want []string
	}{
		{[]string{"a"}, []string{"a"}},
		{[]string{"./a/", "b/../c"}, []string{"a", "c"}},
		{[]string{filepath.Join(far, "x", "app")}, []string{"app"}},
		{[]string{filepath.Join(far, "x", "app"), filepath.Join(far, "y", "app")}, []string{"x/app", "y/app"}},
		{[]string{"app", filepath.Join(far, "y", "app")}, []string{"app", "y/app"}},
		{[]string{"a", "./a"}, []string{"a", "a"}}, // nothing tells them apart
	} {
		if got := namesFor(c.targets); !slices.Equal(got, c.want) {
			t.Errorf("namesFor(%q) = %q, want %q", c.targets, got, c.want)
		}
	}
}
