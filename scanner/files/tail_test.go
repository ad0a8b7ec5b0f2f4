package files

import (
	"slices"
	"strings"
	"testing"

	"skleak/scanner"
	"skleak/scanner/scantest"
)

// TestStreamEndsAsZip: a zip file that has something in front of it shows only at its end. In a short stream it is looked
// into; of a long one it is said that nobody did.
func TestStreamEndsAsZip(t *testing.T) {
	t.Parallel()
	z := scantest.Zip(t, scantest.Member{Name: "a.env", Text: strings.Repeat("a line\n", 50) + "KEY=" + key(1) + "\n"})
	for front, want := range map[string][]string{
		"#!/bin/sh\n":                       {"stdin!a.env"},
		"#!/bin/sh\nOTHER=" + key(2) + "\n": {"stdin", "stdin!a.env"},
		strings.Repeat("long ", 2<<20):      nil,
	} {
		for _, without := range []bool{false, true} {
			c, got := &scanner.Coverage{}, &collector{}
			o := Options{Rules: builtin, Coverage: c, NoArchives: without}
			if err := Reader(t.Context(), strings.NewReader(front+z), "stdin", o, got); err != nil {
				t.Fatal(err)
			}
			wanted := want
			if without {
				wanted = slices.DeleteFunc(slices.Clone(want), func(p string) bool { return p != "stdin" })
			}
			if paths := got.paths(); !slices.Equal(paths, wanted) || c.Complete() != (want != nil || without) {
				t.Errorf("front of %d bytes, without %t: %q, not read %v", len(front), without, paths, c.UnreadableList())
			}
		}
	}
}
