package files

import (
	"fmt"
	"slices"
	"testing"

	"skleak/scanner"
)

func TestList(t *testing.T) {
	root := t.TempDir()
	content := map[string]string{}
	var names, want []string
	for i := range 3 * batchSize {
		name := fmt.Sprintf("folder/%03d", i)
		content[name] = key(i)
		if i%2 == 0 {
			names = append(names, name)
			want = append(want, "sub/"+name)
		}
	}
	write(t, root, content)
	var c scanner.Coverage
	var got collector
	err := List(t.Context(), root, append(names, "folder", "nowhere"), Options{Coverage: &c, Jobs: 2, Prefix: "sub/"}, &got)
	if err != nil {
		t.Fatal(err)
	}
	if paths := got.paths(); !slices.Equal(paths, want) {
		t.Errorf("found %q, want %q", paths, want)
	}
	if c.Files.Load() != int64(len(names)) || c.UnreadableCount() != 2 {
		t.Errorf("read %d files of %d; unreadable: %v", c.Files.Load(), len(names), c.UnreadableList())
	}
}
