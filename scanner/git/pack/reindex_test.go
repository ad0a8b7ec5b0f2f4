package pack

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"skleak/scanner/git/deltas/deltatest"
	"skleak/scanner/git/oid"
)

// reindexed makes the idx of a pack of these bytes.
func reindexed(t testing.TB, packed []byte, f oid.Format, m Mending) (p *Pack, losses []string, err error) {
	t.Helper()
	p = &Pack{data: packed, format: f}
	losses, err = p.Reindex(t.Context(), m)
	return p, losses, err
}

// ownIdx is the idx of version 2 that a maker's entries should have.
func (m *maker) ownIdx(t testing.TB) []byte {
	t.Helper()
	return m.idx(2, m.pack())
}

// TestReindexMakesTheSameIdx: what is made from the pack alone is, byte for byte, what was written beside it.
func TestReindexMakesTheSameIdx(t *testing.T) {
	for _, f := range []oid.Format{oid.SHA1, oid.SHA256} {
		refs := &maker{format: f} // REF deltas in a chain, each before its base
		text := bytes.Repeat([]byte("x"), 50)
		for n := 20; n > 0; n-- {
			grow := deltatest.Make(uint64(49+n), uint64(50+n), deltatest.CopyOf(0, 49+n), deltatest.Insert("x"))
			refs.ref(refs.id(Blob, bytes.Repeat([]byte("x"), 50+n)), refs.id(Blob, bytes.Repeat([]byte("x"), 49+n)), grow)
		}
		refs.object(Blob, text)
		large := &maker{format: f}
		big := make([]byte, streamObject+5)
		large.object(Blob, big)
		base := large.object(Tree, big)
		large.ofs(large.id(Tree, []byte("x")), base, deltatest.Make(uint64(len(big)), 1, deltatest.Insert("x")))
		for name, m := range map[string]*maker{"small": small(f), "refs": refs, "large": large, "empty": {format: f}} {
			p, losses, err := reindexed(t, m.pack(), f, Mending{})
			if err != nil || len(losses) > 0 || p.Damage != nil {
				t.Fatalf("%s: %v, %v, %v", name, err, losses, p.Damage)
			}
			if !bytes.Equal(p.Index.data, m.ownIdx(t)) {
				t.Errorf("%s, %d bytes an id: another idx came out", name, f.Size())
			}
		}
	}
}

// TestReadAhead makes the idx of packs with many workers, in parts of many sizes. A blob of one of them was stored as
// it is and holds another pack, whose entries pass for those of the pack that it lies in.
func TestReadAhead(t *testing.T) {
	inner := small(oid.SHA1).pack()
	noise := make([]byte, 3000)
	r := rand.New(rand.NewPCG(51, 52))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	m := small(oid.SHA1)
	for _, content := range [][]byte{inner, slices.Concat(noise, inner, noise), noise} {
		m.raw(m.id(Blob, content), slices.Concat(entryHead(Blob, uint64(len(content))), stored(content)))
		m.object(Blob, append([]byte("behind "), content[:20]...))
	}
	packed, want := m.pack(), m.ownIdx(t)
	for _, damage := range []int{0, len(packed) / 3, len(packed) - 100} {
		if damage > 0 {
			packed = bytes.Clone(packed)
			packed[damage] ^= 1
			plain, _, err := reindexed(t, packed, oid.SHA1, Mending{})
			if err != nil {
				t.Fatal(err)
			}
			want = plain.Index.data
		}
		for step := uint64(1); step < 2*uint64(len(packed)); step += 1 + step/5 {
			p, losses, err := reindexed(t, packed, oid.SHA1, Mending{Workers: 3, ahead: step})
			if err != nil || len(losses) > 0 != (damage > 0) || !bytes.Equal(p.Index.data, want) {
				t.Fatalf("damage at %d, in parts of %d: %v, %v", damage, step, losses, err)
			}
		}
	}
}

// stored is a zlib stream that holds a content as it is.
func stored(content []byte) []byte {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, zlib.NoCompression)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

// TestIdxOfAHugePack has offsets in 31 bits, in 32 and in more. Git reads them.
func TestIdxOfAHugePack(t *testing.T) {
	for _, f := range []oid.Format{oid.SHA1, oid.SHA256} {
		var p pieces
		for i, from := range []uint64{12, 1<<31 - 1, 1 << 31, 1<<32 + 5, 1 << 40} {
			p.add(piece{from: from, crc: uint32(i) << 28})
			id := anyID(i)
			p.ids = append(p.ids, id[:f.Size()]...)
		}
		data, _ := p.idx(f, make([]byte, f.Size()))
		x, err := ParseIndex(data, f)
		if err != nil || x.VerifyChecksum() != nil {
			t.Fatal(err)
		}
		want := ""
		for position := range x.Len() {
			crc, _ := x.CRC(position)
			want += fmt.Sprintf("%d %x (%08x)\n", x.Offset(position), x.ID(position), crc)
		}
		for i, from := range p.from {
			if at, ok := x.Find(p.id(uint32(i), f.Size())); !ok || x.Offset(at) != from {
				t.Errorf("%d: offset %d, not %d", i, x.Offset(at), from)
			}
		}
		show := exec.Command("git", "show-index", "--object-format="+[]string{"sha1", "sha256"}[f])
		show.Stdin = bytes.NewReader(data)
		if got, err := show.CombinedOutput(); err != nil || string(got) != want {
			t.Errorf("git reads %s, %v; want %s", got, err, want)
		}
	}
}

// TestReindexAsGit holds the idx of a history against the one that git has written, in both formats, with OFS and with
// REF deltas.
func TestReindexAsGit(t *testing.T) {
	for _, f := range []oid.Format{oid.SHA1, oid.SHA256} {
		dir := history(t, f)
		for _, args := range [][]string{{"repack", "-adfq"}, {"-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq"}} {
			git(t, dir, "", args...)
			p := onlyPack(t, dir, f)
			for _, workers := range []int{1, 3} {
				bare, losses, err := reindexed(t, p.data, f, Mending{Workers: workers, ahead: 1000})
				if err != nil || len(losses) > 0 || !bytes.Equal(bare.Index.data, p.Index.data) {
					t.Errorf("%v, %d workers: another idx than git's, %v, %v", args, workers, losses, err)
				}
			}
		}
	}
}

// TestReindexEnds: a mending that is stopped leaves the pack as it was.
func TestReindexEnds(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	p := small(oid.SHA1).open(t, 2)
	before := p.Index
	if _, err := p.Reindex(ctx, Mending{}); err != context.Canceled || p.Index != before {
		t.Errorf("error %v", err)
	}
}

// TestReindexOfADamagedPack: without an idx, a byte that is wrong costs the entry it stands in and what is built on
// it, and is noticed.
func TestReindexOfADamagedPack(t *testing.T) {
	for _, f := range []oid.Format{oid.SHA1, oid.SHA256} {
		m := small(f)
		packed := m.pack()
		for at := range packed {
			damaged(packed, at, func(changed []byte) {
				p, losses, err := reindexed(t, changed, f, Mending{Resolve: missing})
				if err != nil {
					t.Fatalf("byte %d: %v", at, err)
				}
				r := walked(t, p, Walk{Resolve: missing})
				hit := m.hit(at)
				for _, e := range m.entries {
					position, found := p.Index.Find(e.id[:f.Size()])
					if !found && !slices.Contains(hit, e.id) || found && r.visits[position] != 1 {
						t.Errorf("byte %d: %x is not read", at, e.id[:4])
					}
				}
				if p.Damage == nil {
					t.Errorf("byte %d: it was not noticed", at)
				}
				if len(hit) > 0 && len(losses)+len(r.failed) == 0 && p.Index.Len() != len(m.entries) {
					t.Errorf("byte %d: the entry that it stands in is not named", at)
				}
			})
		}
	}
}

// TestReindexOfACutPack reads all that stands before the cut.
func TestReindexOfACutPack(t *testing.T) {
	m := small(oid.SHA1)
	packed := m.pack()
	for size := range packed {
		p, losses, err := reindexed(t, packed[:size], oid.SHA1, Mending{})
		whole := 0
		for _, e := range m.entries {
			if e.offset+uint64(len(e.bytes)) <= uint64(size) {
				whole++
			}
		}
		switch {
		case err != nil && whole > 0 && size >= packHeader+20:
			t.Errorf("cut to %d: %v", size, err)
		case err == nil && p.Index.Len() != whole:
			t.Errorf("cut to %d: %d of %d objects", size, p.Index.Len(), whole)
		case err == nil && len(losses) == 0 && p.Damage == nil:
			t.Errorf("cut to %d: it was not noticed", size)
		}
	}
}

// TestReindexPassesNoise: entries with any bytes between them are all found.
func TestReindexPassesNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	m := &maker{}
	var objects []oid.ID
	for i := range 40 {
		noise := make([]byte, 1+r.IntN(3000))
		for at := range noise {
			noise[at] = byte(r.Uint32())
		}
		m.raw(anyID(i), noise)
		n := m.object(Blob, fmt.Appendf(nil, "object %d of the pack", i))
		objects = append(objects, m.entries[n].id)
	}
	p, losses, err := reindexed(t, m.pack(), oid.SHA1, Mending{})
	if err != nil || len(losses) != 40 {
		t.Fatalf("%v, %d gaps", err, len(losses))
	}
	visited := walked(t, p, Walk{})
	for _, id := range objects {
		if position, ok := p.Index.Find(id[:20]); !ok || visited.visits[position] != 1 {
			t.Errorf("%x is not found", id[:20])
		}
	}
}

// TestReindexAcrossPacks: a base that lies elsewhere is fetched; one that is nowhere leaves what is built on it
// without a name, to be named as unreadable by the walk.
func TestReindexAcrossPacks(t *testing.T) {
	outside := []byte("a base in another pack")
	m := &maker{}
	there := m.id(Blob, outside)
	child := m.id(Blob, []byte("a base, grown"))
	on := m.ref(child, there, deltatest.Make(uint64(len(outside)), 13, deltatest.CopyOf(0, 6), deltatest.Insert(", grown")))
	m.ofs(m.id(Blob, []byte("a")), on, deltatest.Make(13, 1, deltatest.CopyOf(0, 1)))
	m.ref(anyID(7), anyID(8), deltatest.Make(5, 5, deltatest.CopyOf(0, 5)))
	resolve := func(id oid.ID) (Kind, []byte, error) {
		if id == there {
			return Blob, outside, nil
		}
		return missing(id)
	}
	p, losses, err := reindexed(t, m.pack(), oid.SHA1, Mending{Resolve: resolve})
	if err != nil || len(losses) > 0 {
		t.Fatal(err, losses)
	}
	r := walked(t, p, Walk{Resolve: resolve})
	nameless := find(t, p, NamelessID(m.entries[2].offset, oid.SHA1))
	if string(r.content[find(t, p, child)]) != "a base, grown" || len(r.failed) != 1 || len(r.failed[nameless]) != 1 {
		t.Errorf("visits %v, failed %v", r.visits, r.failed)
	}
}

// TestReindexIsBounded: a pack of more entries than memory has room for is refused before they take it.
func TestReindexIsBounded(t *testing.T) {
	m := &maker{}
	for range 10_000 {
		m.object(Blob, nil)
	}
	packed := m.pack()
	bounded(t, 1<<20, func() {
		if _, _, err := reindexed(t, packed, oid.SHA1, Mending{Memory: 1000 * pieceMemory}); err == nil {
			t.Error("no error")
		}
	})
}

// TestOpenWithoutIndex does so from files.
func TestOpenWithoutIndex(t *testing.T) {
	m := small(oid.SHA1)
	path := filepath.Join(t.TempDir(), "pack-1.pack")
	write(t, path, m.pack())
	if _, err := Open(path, oid.SHA1); err == nil {
		t.Error("opened with an idx that is not there")
	}
	p, losses, err := OpenWithoutIndex(t.Context(), path, oid.SHA1, Mending{})
	if err != nil || len(losses) > 0 {
		t.Fatal(err, losses)
	}
	defer p.Close()
	expect(t, m, p, walked(t, p, Walk{}))
	if _, _, err := OpenWithoutIndex(t.Context(), path+".none", oid.SHA1, Mending{}); err == nil {
		t.Error("no error for a file that is not there")
	}
	p.Close() // on Windows a file that is mapped cannot be written
	write(t, path, []byte("PACK"))
	if _, _, err := OpenWithoutIndex(t.Context(), path, oid.SHA1, Mending{}); err == nil {
		t.Error("no error for a pack of four bytes")
	}
}

// TestWriteIndex: an idx that was begun and never ended is replaced, and where none can be written, nothing is left behind.
func TestWriteIndex(t *testing.T) {
	m := small(oid.SHA1)
	dir := t.TempDir()
	path := filepath.Join(dir, "pack-1.pack")
	write(t, path, m.pack())
	write(t, filepath.Join(dir, "pack-1.idx"), nil)
	p, _, err := OpenWithoutIndex(t.Context(), path, oid.SHA1, Mending{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.WriteIndex(); err != nil {
		t.Fatal(err)
	}
	whole, err := Open(path, oid.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, m, whole, walked(t, whole, Walk{}))
	whole.Close() // on Windows a file that is mapped cannot be removed

	if err := errors.Join(os.Remove(filepath.Join(dir, "pack-1.idx")), os.Mkdir(filepath.Join(dir, "pack-1.idx"), 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := p.WriteIndex(); err == nil {
		t.Error("no error where the idx cannot be written")
	}
	if files, _ := os.ReadDir(dir); len(files) != 2 {
		t.Errorf("left behind: %v", files)
	}
}

// FuzzReindex makes the idx of a pack of any bytes, and walks it: what is visited must have the id that the idx gives
// it.
func FuzzReindex(f *testing.F) {
	for _, seed := range reindexSeeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		if len(packed) > 1<<14 {
			return
		}
		p, _, err := reindexed(t, packed, oid.SHA1, Mending{Memory: 16 << 20, Resolve: missing})
		if err != nil {
			return
		}
		l, err := NewLayout(p, 1)
		if err != nil {
			t.Fatal(err)
		}
		r := newRecord()
		w := Walk{Layout: l, Kinds: AllKinds, Workers: 1, Resolve: missing, Memory: 16 << 20}
		if err := w.Run(context.Background(), func() Visitor { return r }); err != nil {
			t.Fatal(err)
		}
		for i, n := range r.visits {
			h := p.format.HashObject(r.kinds[i].String(), uint64(len(r.content[i])))
			h.Write(r.content[i])
			if id := oid.Sum(h); n != 1 || !bytes.Equal(id[:20], p.Index.ID(i)) && !bytes.HasPrefix(p.Index.ID(i), make([]byte, 12)) {
				t.Fatalf("%x was visited %d times, with the content of %x", p.Index.ID(i), n, id[:20])
			}
		}
	})
}

func reindexSeeds() (seeds [][]byte) {
	seeds = append(seeds, small(oid.SHA1).pack(), small(oid.SHA256).pack(), (&maker{}).pack())
	for _, seed := range fuzzSeeds() {
		seeds = append(seeds, fuzzed(seed[0], seed[1]).pack())
	}
	return seeds
}

func TestReindexSeeds(t *testing.T) {
	objects := 0
	for _, seed := range reindexSeeds() {
		if p, _, err := reindexed(t, seed, oid.SHA1, Mending{}); err == nil {
			objects += p.Index.Len()
		}
	}
	if want := 32; objects != want {
		t.Errorf("the seeds hold %d objects, not %d", objects, want)
	}
}
