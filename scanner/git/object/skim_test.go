package object

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skleak/scanner/git/deltas"
	"skleak/scanner/git/deltas/deltatest"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// told is all that a FreshVisitor is told.
type told []string

func (s *told) Fresh(e Entry, end int) {
	*s = append(*s, fmt.Sprintf("%o %q %x to %d", e.Mode, e.Name, e.ID, end))
}
func (s *told) Shared(part deltas.Range, shift int) { *s = append(*s, fmt.Sprint(part, shift)) }

// skims goes through each tree twice: by what is near the ends of its copies, and whole.
type skims struct {
	t       *testing.T
	skimmed map[int]told // by position
	far     int          // trees that could not be skimmed, and are sound
	same    int
}

func (s *skims) Skim(o *pack.Object, size int, _ []byte) bool {
	content := o.Edges(size, edge)
	for i := range content { // what stands there by chance must not matter, be it as a tree
		content[i] = "100644 n"[(i+o.Position)%8]
	}
	var seen told
	if SkimFresh(o, size, oid.SHA1, &seen) == nil {
		s.skimmed[o.Position] = append(told{}, seen...)
	}
	return true
}

func (s *skims) Visit(o *pack.Object) pack.Mark {
	var whole told
	err := EachFresh(o, o.Delta, oid.SHA1, &whole)
	switch seen, ok := s.skimmed[o.Position]; {
	case ok && (err != nil || !slices.Equal(seen, whole)):
		s.t.Errorf("skimmed: %q; read: %q, %v", seen, whole, err)
	case ok:
		s.same++
	case err == nil && o.Delta:
		s.far++
	}
	return 0
}

func (*skims) Stream(*pack.Object, uint64, io.Reader) error { return nil }
func (s *skims) Failed(_ *pack.Pack, _ int, err error)      { s.t.Error(err) }

// TestSkimFresh makes deltas of a tree, some cut anywhere and some where entries begin, and goes through what they make.
func TestSkimFresh(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var base []byte
	var begins, inNames []int
	entry := func() []byte {
		id := make([]byte, 20)
		for i := range id {
			id[i] = byte(r.IntN(256) & r.IntN(256) & r.IntN(256))
		}
		name := strings.Repeat("n", 1+r.IntN(30))
		if r.IntN(40) == 0 {
			name = strings.Repeat("long", r.IntN(200)+1)
		}
		return slices.Concat([]byte([]string{"100644", "40000", "160000"}[r.IntN(3)]+" "+name), []byte{0}, id)
	}
	for range 120 {
		begins = append(begins, len(base))
		base = append(base, entry()...)
	}
	begins = append(begins, len(base))
	for at, c := range base {
		if strings.IndexByte("long", c) >= 0 {
			inNames = append(inNames, at)
		}
	}
	place := func(cut bool) int {
		if cut {
			return r.IntN(len(base) + 1)
		}
		return begins[r.IntN(len(begins))]
	}
	var made [][]byte
	for i := range 3000 {
		var all [][]byte
		size, at := 0, 0
		for range 1 + r.IntN(5) {
			from, to := place(i%3 == 0), place(i%3 == 0)
			if i%3 == 1 && r.IntN(2) == 0 { // the same bytes in two copies, cut anywhere
				from, to = at, r.IntN(len(base)+1)
			}
			if from < to {
				all, size, at = append(all, deltatest.CopyOf(from, to-from)), size+to-from, to
			}
			if text := entry(); r.IntN(2) == 0 && len(text) < 128 {
				all, size = append(all, deltatest.Insert(string(text))), size+len(text)
			}
		}
		if size == 0 { // git takes no such delta
			continue
		}
		made = append(made, deltatest.Make(uint64(len(base)), uint64(size), all...))
	}
	for range 1000 { // names of two parts: some reach far into both copies
		end, from := inNames[r.IntN(len(inNames))], inNames[r.IntN(len(inNames))]
		made = append(made, deltatest.Make(uint64(len(base)), uint64(end+1+len(base)-from),
			deltatest.CopyOf(0, end), deltatest.Insert("x"), deltatest.CopyOf(from, len(base)-from)))
	}
	s := &skims{t: t, skimmed: map[int]told{}}
	walkDeltas(t, base, made, s)
	if s.same < 1000 || s.far > s.same {
		t.Errorf("%d trees skimmed, %d not, though they are sound", s.same, s.far)
	}
}

// walkDeltas walks a pack of a tree and of deltas on it.
func walkDeltas(t *testing.T, base []byte, made [][]byte, v pack.Skimmer) {
	t.Helper()
	data := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(1+len(made)))
	add := func(kind byte, content []byte, back int) {
		head := []byte{kind<<4 | byte(len(content)&15)}
		for size := len(content) >> 4; size > 0; size >>= 7 {
			head[len(head)-1] |= 0x80
			head = append(head, byte(size&0x7f))
		}
		if back > 0 {
			var distance []byte
			for ; ; back = back>>7 - 1 {
				distance = append([]byte{byte(back&0x7f | 0x80)}, distance...)
				if back < 0x80 {
					break
				}
			}
			distance[len(distance)-1] &= 0x7f
			head = append(head, distance...)
		}
		packed := bytes.NewBuffer(head)
		w := zlib.NewWriter(packed)
		_, _ = w.Write(content)
		w.Close()
		data = append(data, packed.Bytes()...)
	}
	add(2, base, 0)
	for _, delta := range made {
		add(6, delta, len(data)-12)
	}
	sum := sha1.Sum(data)
	path := filepath.Join(t.TempDir(), "trees.pack")
	if err := os.WriteFile(path, append(data, sum[:]...), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git program")
	}
	if out, err := exec.Command("git", "index-pack", path).CombinedOutput(); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	p, err := pack.Open(path, oid.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	layout, err := pack.NewLayout(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	w := pack.Walk{Layout: layout, Kinds: pack.AllKinds, Skim: pack.Kinds(pack.Tree), Margin: 1}
	if err := w.Run(context.Background(), func() pack.Visitor { return v }); err != nil {
		t.Fatal(err)
	}
}
