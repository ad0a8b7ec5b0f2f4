package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"skleak/scanner"
	"skleak/scanner/history/internal/find"
)

// noise is text that does not compress well, with characters of several bytes and lines of all lengths.
func noise(seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, 3))
	const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ +/"
	b := make([]byte, 0, size+8)
	for len(b) < size {
		switch word := r.Uint64(); word & 63 {
		case 0:
			b = append(b, '\n')
		case 1, 2:
			b = append(b, "é日😀"...)
		default:
			for range 10 {
				word >>= 6
				b = append(b, letters[word&63])
			}
		}
	}
	return b[:size]
}

// TestWindowBorders puts a key at every place around the borders of the windows in which large objects are searched.
func TestWindowBorders(t *testing.T) {
	t.Parallel()
	const window = 3000
	reach := builtIn.Reach()
	key := keyNamed("border")
	base := noise(1, 4*window+4*reach)
	for _, border := range []int{0, reach, window, window + reach, window + 2*reach, 2*window + reach, 2*window + 2*reach, len(base) - len(key)} {
		for at := border - len(key) - 3; at <= border+3; at++ {
			if at < 0 || at+len(key)+1 > len(base) {
				continue
			}
			text := bytes.Clone(base)
			copy(text[at:], key)
			if at > 0 {
				text[at-1] = ' '
			}
			text[at+len(key)] = ' '
			want, _ := find.InContent(builtIn, text)
			var got []find.Match
			err := find.InStream(t.Context(), builtIn, iotest.HalfReader(bytes.NewReader(text)), window, nil, func(m find.Match) { got = append(got, m) })
			if err != nil || len(want) != 1 || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("key at %d: %v, %v; whole: %v", at, got, err, want)
			}
			if place := scanner.PlaceOf(text, at, at+len(key)); got[0].Place != place {
				t.Fatalf("key at %d: it is told at %+v, not %+v", at, got[0].Place, place)
			}
		}
	}
}

// TestStreamFails passes on the error of what is read, and what was found before it.
func TestStreamFails(t *testing.T) {
	t.Parallel()
	text := assign("stream") + strings.Repeat("x\n", 5000)
	broken := errors.New("broken")
	n := 0
	err := find.InStream(t.Context(), builtIn, io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), 100, nil, func(find.Match) { n++ })
	if !errors.Is(err, broken) || n != 1 {
		t.Errorf("%d keys and %v", n, err)
	}
}

// TestLargeBlobs searches blobs that are too large to be held, loose and packed, and as bases and deltas.
func TestLargeBlobs(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	big := noise(2, 9*mb)
	set := func(name string, at int, content []byte) []byte {
		content = bytes.Clone(content)
		copy(content[at:], "\n"+assign(name))
		return content
	}
	s := newStory()
	s.onMain("large", put("noise.bin", string(set("large.noise", 8*mb+17, big))),
		put("zeros.bin", string(set("large.zeros", 17*mb-3, make([]byte, 18*mb)))),
		put("end.bin", string(append(make([]byte, 8*mb), "\n"+assign("large.end")...))))
	s.onMain("next", put("noise.bin", string(set("large.next", 2*mb-20, big))))
	loose, commits := s.tell(t, true, "--bare")
	names := map[string]string{commits["large"]: "large", commits["next"]: "next"}
	objects := allObjects(t, loose)
	for _, shape := range []string{"loose", "packed", "packed as deltas"} {
		t.Run(shape, func(t *testing.T) {
			switch shape {
			case "packed":
				packInto(t, loose, ids(objects), "--window=0")
				git(t, loose, "prune-packed", "-q")
			case "packed as deltas":
				replacePacks(t, loose, func() { packInto(t, loose, ids(objects), "--no-reuse-delta") })
			}
			r := scan(t, loose, Options{})
			r.checkComplete(t, objects)
			r.checkPlaces(t, objects)
			for key, path := range map[string]string{
				"large.noise": "noise.bin by <large> reachable", "large.next": "noise.bin by <next> reachable head refs/heads/main",
				"large.zeros": "zeros.bin by <large> reachable head refs/heads/main", "large.end": "end.bin by <large> reachable head refs/heads/main",
			} {
				path, rest, _ := strings.Cut(path, " ")
				got := r.lines(keyNamed(key), names)
				if len(got) != 1 || !strings.HasPrefix(got[0], "history "+path+" ") || !strings.HasSuffix(got[0], rest) {
					t.Errorf("%s: %q", key, got)
				}
			}
		})
	}
}

// TestStreamIsNotBelieved damages the checksum at the end of a large loose blob that holds a key: it is unreadable,
// and nothing of it is told.
func TestStreamIsNotBelieved(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	id := writeLoose(t, dir, "sha1", "blob", assign("not believed")+string(noise(5, 9<<20)))
	damageEnd(t, filepath.Join(objectsOf(dir), id[:2], id[2:]))
	r := scan(t, dir, Options{})
	r.checkUnreadable(t, "corrupt object "+id)
	if len(r.found) > 0 {
		t.Errorf("%d findings", len(r.found))
	}
	repo, err := open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	blob, err := repo.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	r = changesOf(t, dir, Change{Tips: []Tip{{"refs/tags/x", blob}}}, Options{})
	r.checkUnreadable(t, "corrupt refs/tags/x")
	if len(r.found) > 0 {
		t.Errorf("of a push: %d findings", len(r.found))
	}
}

// damageEnd changes the last byte of a file.
func damageEnd(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	writeFile(t, file, data)
}

// endless is a text that goes on however much is read of it.
type endless struct{ stop context.CancelFunc }

func (e *endless) Read(p []byte) (int, error) {
	e.stop()
	clear(p)
	return len(p), nil
}

// TestStreamIsInterrupted ends the context while a blob without end goes by.
func TestStreamIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	if err := find.InStream(ctx, builtIn, &endless{stop}, find.Window, nil, func(find.Match) {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
