package odb

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zlib"

	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// git runs the git program in a repository, away from whatever the user has configured.
func git(t testing.TB, dir, in string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "gc.auto=0"}, args...)...)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") }),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
	cmd.Stdin = strings.NewReader(in)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSpace(out.String())
}

// newRepo is a bare repository, of which the objects folder is returned too.
func newRepo(t testing.TB) (dir, objects string) {
	dir = t.TempDir()
	git(t, dir, "", "init", "-q", "--bare")
	return dir, filepath.Join(dir, "objects")
}

func addBlob(t testing.TB, dir, text string) oid.ID {
	t.Helper()
	id, err := oid.Parse(git(t, dir, text, "hash-object", "-w", "--stdin"))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// packAll packs the objects named into a pack of its own and drops their loose copies.
func packAll(t testing.TB, dir string, ids ...oid.ID) {
	t.Helper()
	var names strings.Builder
	for _, id := range ids {
		fmt.Fprintln(&names, id.Hex(oid.SHA1))
	}
	git(t, dir, names.String(), "pack-objects", "-q", filepath.Join(dir, "objects/pack/pack"))
	git(t, dir, "", "prune-packed", "-q")
}

func open(t testing.TB, dirs ...string) (*DB, []Problem) {
	t.Helper()
	d, problems := Open(dirs, oid.SHA1)
	t.Cleanup(func() { d.Close() })
	return d, problems
}

func loosePath(objects string, id oid.ID) string {
	name := id.Hex(oid.SHA1)
	return filepath.Join(objects, name[:2], name[2:])
}

// replace writes another file in the place of a loose object, which git makes read-only.
func replace(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	os.Remove(path)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func deflate(content []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

// Each copy of an object has a number, of which the first stands for all.
func TestNumbers(t *testing.T) {
	dir, objects := newRepo(t)
	both, one, two := addBlob(t, dir, "both"), addBlob(t, dir, "one"), addBlob(t, dir, "two")
	packAll(t, dir, both, one)
	packAll(t, dir, two)
	_, other := newRepo(t)
	git(t, filepath.Dir(other), "both", "hash-object", "-w", "--stdin")
	loose := addBlob(t, filepath.Dir(other), "loose")
	d, problems := open(t, objects, t.TempDir(), other)
	if len(problems) > 0 || d.Len() != 5 || len(d.Packs) != 2 || len(d.Loose) != 3 {
		t.Fatalf("%v, %d objects", problems, d.Len())
	}
	r := d.NewReader()
	firsts := 0
	for n := range uint32(d.Len()) {
		var first bool
		var number uint32
		if p, position := d.locate(n); p < len(d.Packs) {
			number, first = d.PackNumber(p, position)
		} else {
			number, first = d.LooseNumber(2, int(n)-3)
		}
		if first {
			firsts++
		}
		if got, ok := d.Number(raw(d.ID(n))); !ok || got != number || first != (got == n) || d.ID(got) != d.ID(n) {
			t.Errorf("number %d: first copy %d, %v; found %d", n, number, first, got)
		}
		kind, data, err := r.ReadNumber(n)
		if again, content, _ := r.Read(d.ID(n)); err != nil || kind != pack.Blob || again != kind || !bytes.Equal(content, data) {
			t.Errorf("number %d: %s %q, %v", n, kind, data, err)
		}
	}
	if firsts != 4 {
		t.Errorf("%d first copies", firsts)
	}
	for id, want := range map[oid.ID]string{both: "both", one: "one", two: "two", loose: "loose"} {
		if _, data, err := r.Read(id); err != nil || string(data) != want || !d.Has(raw(id)) {
			t.Errorf("%q, %v", data, err)
		}
	}
	if _, _, err := r.Read(oid.ID{1}); err == nil || d.Has(raw(oid.ID{1})) {
		t.Error("an object that is not there was read")
	}
}

func raw(id oid.ID) []byte { return id[:20] }

// An id that a damaged idx has out of order is not found by search; its object must not pass for a second copy of
// another.
func TestIDOutOfOrder(t *testing.T) {
	dir, objects := newRepo(t)
	var ids []oid.ID
	for i := range 300 {
		ids = append(ids, addBlobFile(t, objects, fmt.Sprint("blob ", i)))
	}
	packAll(t, dir, ids...)
	big := len(ids)
	for i := range 300 {
		ids = append(ids, addBlobFile(t, objects, fmt.Sprint("more ", i)))
	}
	packAll(t, dir, append(ids[big:], addBlobFile(t, objects, "one more"))...)
	for _, name := range glob(t, objects, "pack/*.idx") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		data[8+1024+20*150] ^= 0xff
		replace(t, name, data)
	}
	d, _ := open(t, objects)
	for i, p := range d.Packs {
		firsts := 0
		for position := range p.Index.Len() {
			if _, first := d.PackNumber(i, position); first {
				firsts++
			}
		}
		if firsts != p.Index.Len() {
			t.Errorf("pack %d: %d of %d objects count as the first of their name", i, firsts, p.Index.Len())
		}
	}
}

// addBlobFile writes a loose blob without a process for each.
func addBlobFile(t testing.TB, objects, text string) oid.ID {
	t.Helper()
	content := fmt.Appendf(nil, "blob %d\x00%s", len(text), text)
	sum := sha1.Sum(content)
	id := oid.FromBytes(sum[:])
	replace(t, loosePath(objects, id), deflate(content))
	return id
}

func glob(t testing.TB, dir, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	return names
}

func TestPacksThatCannotBeOpened(t *testing.T) {
	dir, objects := newRepo(t)
	id := addBlob(t, dir, "good")
	packAll(t, dir, id)
	for name, text := range map[string]string{
		"pack-1.pack": "no pack", "pack-1.idx": "no idx", "pack-2.pack": "without idx", "pack-3.idx": "without pack",
		"tmp_pack_1": "under way", "pack-4.keep": "", "tmp_idx.idx": "", "other.pack": "",
	} {
		replace(t, filepath.Join(objects, "pack", name), []byte(text))
	}
	damaged := glob(t, objects, "pack/pack-????????????????????????????????????????.pack")[0]
	data, err := os.ReadFile(damaged)
	if err != nil {
		t.Fatal(err)
	}
	data[0] ^= 1
	replace(t, damaged, data)
	d, problems := open(t, objects)
	var places []string
	for _, p := range problems {
		places = append(places, p.Place)
		if strings.Contains(p.Detail, dir) || p.Detail == "" {
			t.Errorf("the detail names the machine's path: %v", p)
		}
	}
	slices.Sort(places)
	want := []string{"other.pack", "pack-1.pack", "pack-2.pack", "pack-3.idx", filepath.Base(damaged)}
	for i := range want {
		want[i] = "pack/" + want[i]
	}
	slices.Sort(want)
	if !slices.Equal(places, want) {
		t.Errorf("problems %v, wanted %v", problems, want)
	}
	if _, data, err := d.NewReader().Read(id); err != nil || string(data) != "good" {
		t.Errorf("the damaged pack's object: %q, %v", data, err)
	}
}

// Folders that are not there hold nothing.
func TestNoObjects(t *testing.T) {
	d, problems := open(t, filepath.Join(t.TempDir(), "none"))
	if len(problems) > 0 || d.Len() != 0 || d.Has(make([]byte, 20)) {
		t.Errorf("%v", problems)
	}
	if found := OpenLazily([]string{filepath.Join(t.TempDir(), "none")}, oid.SHA1).WithPrefix("ab"); len(found) > 0 {
		t.Error(found)
	}
}

// visited reads one loose object, whole or in pieces.
func visited(l *LooseDir, position int) (kind pack.Kind, content []byte, err error) {
	var r LooseReader
	err = r.Visit(l, position,
		func(k pack.Kind, data []byte) { kind, content = k, bytes.Clone(data) },
		func(k pack.Kind, _ uint64, in io.Reader) (err error) {
			kind = k
			content, err = io.ReadAll(in)
			return err
		})
	return kind, content, err
}

// Damage to a loose object's file is an error of that object, unless the content stays the same: some bits of a zlib
// stream mean nothing.
func TestEveryByteOfALooseObject(t *testing.T) {
	_, objects := newRepo(t)
	text := "some text, some more text, some text"
	id := addBlobFile(t, objects, text)
	path := loosePath(objects, id)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := open(t, objects)
	if kind, content, err := visited(d.Loose[0], 0); err != nil || kind != pack.Blob || string(content) != text {
		t.Fatalf("%s %q, %v", kind, content, err)
	}
	try := func(what string, changed []byte) {
		replace(t, path, changed)
		if _, content, err := visited(d.Loose[0], 0); err == nil && string(content) != text {
			t.Errorf("%s: %q", what, content)
		} else if err == nil && (what == "cut" || what == "more behind it") {
			t.Errorf("%s was not noticed", what)
		}
		if _, _, err := new(LooseReader).Read(d.Loose[0], 0); err == nil && what == "cut" {
			t.Error("Read did not notice it")
		}
	}
	for at := range data {
		for _, bits := range []byte{1, 0x80, 0xff} {
			changed := slices.Clone(data)
			changed[at] ^= bits
			try(fmt.Sprintf("byte %d", at), changed)
		}
		try("cut", data[:at])
	}
	try("more behind it", append(slices.Clone(data), 'x'))
	os.Remove(path)
	if _, _, err := visited(d.Loose[0], 0); err == nil || strings.Contains(err.Error(), objects) {
		t.Errorf("a file that is gone: %v", err)
	}
}

func TestBadLooseHeaders(t *testing.T) {
	_, objects := newRepo(t)
	id := addBlobFile(t, objects, "x")
	d, _ := open(t, objects)
	for _, text := range []string{
		"", "blob", "blob 5", "blob 5\x00hell", "blob 5\x00hello!", "blob -5\x00hello", "blob +5\x00hello", "blob 5 \x00hello",
		"blob 4294967296\x00hello", "blob 9223372036854775807\x00hello", "blob 18446744073709551621\x00hello",
		"bolb 5\x00hello", "blob\x005", "blob  5\x00hello", " 5\x00hello", strings.Repeat("blob", 100) + " 5\x00hello", "object 5\x00hello",
		"tree 300000000\x00hello", "commit 0x5\x00hello",
	} {
		replace(t, loosePath(objects, id), deflate([]byte(text)))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		kind, content, err := visited(d.Loose[0], 0)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%.40q: %s %q", text, kind, content)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
			t.Errorf("%.40q: %d bytes allocated", text, got)
		}
	}
}

// Large objects go by in pieces, whether the file is large or only what it inflates to.
func TestLargeLooseObjects(t *testing.T) {
	_, objects := newRepo(t)
	content := bytes.Repeat([]byte("0123456789"), 2<<20)
	path := loosePath(objects, addBlobFile(t, objects, "x"))
	head := fmt.Sprintf("tree %d\x00", len(content))
	stored := func(data []byte) []byte {
		var b bytes.Buffer
		w, err := zlib.NewWriterLevel(&b, zlib.NoCompression)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(data)
		w.Close()
		return b.Bytes()
	}
	whole := slices.Concat([]byte(head), content)
	d, _ := open(t, objects)
	for name, data := range map[string][]byte{"bomb": deflate(whole), "stored": stored(whole)} {
		replace(t, path, data)
		if kind, got, err := visited(d.Loose[0], 0); err != nil || kind != pack.Tree || !bytes.Equal(got, content) {
			t.Errorf("%s: %s of %d bytes, %v", name, kind, len(got), err)
		}
		for _, bad := range [][]byte{data[:len(data)-1], data[:len(data)/2], append(data[:len(data)-1:len(data)-1], data[len(data)-1]^1)} {
			replace(t, path, bad)
			if _, _, err := visited(d.Loose[0], 0); err == nil {
				t.Errorf("%s: damage was not noticed", name)
			}
		}
	}
	replace(t, path, deflate(whole[:len(whole)-1]))
	if _, _, err := visited(d.Loose[0], 0); err == nil {
		t.Error("shorter than declared: no error")
	}
}

// Names beside those of objects are passed over, and the rest is in order.
func TestLooseNames(t *testing.T) {
	_, objects := newRepo(t)
	id := addBlobFile(t, objects, "x")
	folder := filepath.Dir(loosePath(objects, id))
	for _, name := range []string{"tmp_obj_123", strings.Repeat("AB", 19), strings.Repeat("ab", 18), strings.Repeat("ab", 31), strings.Repeat("xy", 19)} {
		replace(t, filepath.Join(folder, name), nil)
	}
	d, problems := open(t, objects)
	if d.Len() != 1 || d.ID(0) != id || len(problems) > 0 {
		t.Errorf("%d objects, %v", d.Len(), problems)
	}
	if got := OpenLazily([]string{objects}, oid.SHA1).WithPrefix(id.Hex(oid.SHA1)[:5]); !slices.Equal(got, []oid.ID{id}) {
		t.Errorf("%v", got)
	}
}

func looseSeeds() [][]byte {
	return [][]byte{
		deflate([]byte("blob 5\x00hello")), deflate([]byte("tree 0\x00")), deflate([]byte("commit 3\x00abc"))[:8], deflate([]byte("blob 99999\x00x")),
		deflate([]byte("tag 20000000\x00" + strings.Repeat("x", 30))), {},
	}
}

func TestLooseSeeds(t *testing.T) {
	var r LooseReader
	good := 0
	for _, seed := range looseSeeds() {
		if _, _, _, err := r.header(seed); err == nil {
			good++
		}
	}
	if good < 3 || good == len(looseSeeds()) {
		t.Errorf("%d of %d seeds are good", good, len(looseSeeds()))
	}
}

// FuzzLoose reads a loose object of any bytes; both ways to read it must agree.
func FuzzLoose(f *testing.F) {
	for _, seed := range looseSeeds() {
		f.Add(seed)
	}
	_, objects := newRepo(f)
	path := loosePath(objects, addBlobFile(f, objects, "x"))
	d, _ := open(f, objects)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		replace(t, path, data)
		kind, content, err := visited(d.Loose[0], 0)
		var inPieces []byte
		var pieceKind pack.Kind
		pieceErr := streamLoose(bytes.NewReader(data), func(k pack.Kind, _ uint64, in io.Reader) (err error) {
			pieceKind = k
			inPieces, err = io.ReadAll(io.LimitReader(in, 64<<20))
			return err
		})
		if err == nil && (pieceErr != nil || pieceKind != kind || !bytes.Equal(content, inPieces)) {
			t.Fatalf("%s %q, in pieces %s %q, %v", kind, content, pieceKind, inPieces, pieceErr)
		}
	})
}
