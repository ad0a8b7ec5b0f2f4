package bundle

import (
	"strings"
	"testing"

	"skleak/scanner/git/oid"
)

func TestParse(t *testing.T) {
	id, wide := strings.Repeat("ab", 20), strings.Repeat("cd", 32)
	h, err := Parse([]byte("# v2 git bundle\n-" + id + " a commit\n" + id + " refs/heads/main\n\nPACK"))
	if err != nil || len(h.Prerequisites) != 1 || len(h.Refs) != 1 || h.Refs[0].Name != "refs/heads/main" || h.Format != oid.SHA1 || h.Pack != 16+41+10+41+16+1 {
		t.Errorf("%+v, %v", h, err)
	}
	h, err = Parse([]byte("# v3 git bundle\n@object-format=sha256\n@filter=blob:none\n" + wide + " HEAD\n\n"))
	if err != nil || h.Format != oid.SHA256 || !h.Filtered || len(h.Refs) != 1 {
		t.Errorf("%+v, %v", h, err)
	}
	for _, text := range []string{"", "# v4 git bundle\n\n", "# v2 git bundle\n", "# v2 git bundle\n" + wide + " HEAD\n\n", "# v2 git bundle\nx HEAD\n\n", "# v3 git bundle\n@new=thing\n\n"} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// FuzzParse reads whatever it is given: nothing panics, and the pack lies inside.
func FuzzParse(f *testing.F) {
	f.Add([]byte("# v3 git bundle\n@object-format=sha1\n-" + strings.Repeat("ab", 20) + " x\n\nPACK"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if h, err := Parse(content); err == nil && (h.Pack <= 0 || h.Pack > len(content)) {
			t.Fatal(h.Pack)
		}
	})
}
