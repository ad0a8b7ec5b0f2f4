package files

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"skleak/scanner"
	"skleak/scanner/scantest"
)

// TestStreamedContainer: of a container that goes by, its own bytes are searched as those of a file are; a key that
// stands in a member as it is, is told once.
func TestStreamedContainer(t *testing.T) {
	t.Parallel()
	var named bytes.Buffer
	z := gzip.NewWriter(&named)
	z.Comment = "KEY=" + key(1)
	_, err := io.WriteString(z, strings.Repeat("a line\n", 50)+"KEY="+key(2)+"\n")
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	text := "KEY=" + key(1) + "\n"
	padded := []byte(scantest.Tar(t, scantest.Member{Name: "a.env", Text: text}))
	copy(padded[512+len(text):1024], "KEY="+key(2)) // behind the end of the member
	mail := "MIME-Version: 1.0\nSubject: KEY=" + key(1) + "\nContent-Transfer-Encoding: quoted-printable\n\nKEY=3D" + key(2) + "\n"
	for content, want := range map[string][]string{
		named.String(): {"stdin"}, string(padded): {"stdin", "stdin!a.env"}, mail: {"stdin", "stdin!(message 1)"},
	} {
		for name, from := range map[string]io.Reader{
			"at once": strings.NewReader(content), "bytes": iotest.OneByteReader(strings.NewReader(content)),
		} {
			c, got := &scanner.Coverage{}, &collector{}
			if err := Reader(t.Context(), from, "stdin", Options{Rules: builtin, Coverage: c}, got); err != nil {
				t.Fatal(err)
			}
			if paths := got.paths(); !slices.Equal(paths, want) || len(got.findings) != 2 || !c.Complete() {
				t.Errorf("%.10q, %s: %d at %q, want 2 at %q; not read %v", content, name, len(got.findings), paths, want, c.UnreadableList())
			}
		}
	}
	c, got := &scanner.Coverage{}, &collector{}
	broken := io.MultiReader(bytes.NewReader(padded), iotest.ErrReader(errors.New("the pipe broke")))
	if err := Reader(t.Context(), broken, "stdin", Options{Rules: builtin, Coverage: c}, got); err != nil {
		t.Fatal(err)
	}
	if len(got.paths()) != 2 || c.Complete() {
		t.Errorf("a read that fails: %q, not read %v", got.paths(), c.UnreadableList())
	}
}
