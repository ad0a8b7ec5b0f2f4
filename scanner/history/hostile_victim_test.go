package history

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"skleak/scanner/history/internal/find"
)

// victim is a repository to be damaged, and what git said of it while it was whole.
type victim struct {
	dir     string
	objects []gitObject
	keys    map[string][]string         // key → ids of the objects that hold it
	packs   map[string][]packedAt       // by path of the pack, sorted by offset
	stored  map[string]map[storage]bool // id → where it is stored
}

// storage is one copy of an object: the file, and in a pack the offset.
type storage struct {
	file   string
	offset int
}

// packedAt is where an object lies in a pack, and the one it is a delta of.
type packedAt struct {
	id       string
	from, to int
	base     string // id; "" for a whole object
}

// newVictim makes a bare repository with keys in blobs, messages, a tag and names, in four packs (OFS deltas; REF
// deltas; large blobs; a second copy of some of the first) and loose, with all files beside that git keeps of its
// objects.
func newVictim(t testing.TB) *victim {
	t.Helper()
	s := newStory()
	for i := range 14 {
		name := fmt.Sprintf("v%d", i)
		text := prose(5, 30) + prose(uint64(100+i), 3)
		if i%3 == 0 {
			text += assign("ofs." + name)
		}
		files := []change{put("a/config.env", text), put(fmt.Sprintf("b/dir%d/f.txt", i%4), text[:400]+name)}
		if i%5 == 2 {
			files = append(files, put("b/"+keyNamed("name."+name)+".txt", name))
		}
		s.add(step{label: name, ref: "refs/heads/main", parents: previous(i), files: files, message: messageWith(i, name)})
	}
	s.last = "v13"
	s.tag("v1.0", "v9", "released with "+keyNamed("tag"))
	big := strings.Repeat(strings.Repeat("z", 99)+"\n", 90_000)
	s.onMain("large", put("big.txt", big+assign("large")), put("big2.txt", big+assign("large.delta")+"more\n"))
	dir, _ := s.tell(t, true, "--bare")
	all := allObjects(t, dir)
	v := &victim{dir: dir, keys: map[string][]string{}}
	v.packUp(t, all)
	for i := range 3 { // loose ones, reachable by a ref
		blob := writeLoose(t, dir, "sha1", "blob", assign(fmt.Sprintf("loose.%d", i))+prose(uint64(i), 5))
		tree := writeLoose(t, dir, "sha1", "tree", rawTree("100644 "+keyNamed(fmt.Sprintf("loose.name.%d", i)), blob))
		git(t, dir, "update-ref", fmt.Sprintf("refs/heads/loose%d", i), commitTree(t, dir, tree, int64(1700000000+i)))
	}
	git(t, dir, "pack-refs", "--all")
	git(t, dir, "commit-graph", "write", "--reachable")
	git(t, dir, "multi-pack-index", "write")
	v.learn(t)
	return v
}

func previous(i int) []string {
	if i == 0 {
		return nil
	}
	return []string{fmt.Sprintf("v%d", i-1)}
}

func messageWith(i int, name string) string {
	if i%4 == 1 {
		return name + "\n\nuse " + keyNamed("message."+name)
	}
	return name
}

// packUp deals the loose objects out to packs.
func (v *victim) packUp(t testing.TB, all []gitObject) {
	t.Helper()
	var ofs, refs, large []string
	for i, o := range all {
		switch {
		case len(o.content) > 1<<20:
			large = append(large, o.id)
		case i%2 == 0:
			ofs = append(ofs, o.id)
		default:
			refs = append(refs, o.id)
		}
	}
	packInto(t, v.dir, ofs, "--delta-base-offset")
	packInto(t, v.dir, refs)
	packInto(t, v.dir, large, "--delta-base-offset", "--compression=9")
	packInto(t, v.dir, append(slices.Clone(ofs[:len(ofs)/2]), refs[:len(refs)/3]...), "--delta-base-offset")
	git(t, v.dir, "prune-packed", "-q")
}

// learn asks git what is where.
func (v *victim) learn(t testing.TB) {
	t.Helper()
	v.objects = allObjects(t, v.dir)
	v.stored, v.packs = map[string]map[storage]bool{}, map[string][]packedAt{}
	for _, o := range v.objects {
		v.stored[o.id] = map[storage]bool{}
		for key := range keysOf(o.content) {
			v.keys[key] = append(v.keys[key], o.id)
		}
		if file := filepath.Join(objectsOf(v.dir), o.id[:2], o.id[2:]); existsOnDisk(file) {
			v.stored[o.id][storage{file, 0}] = true
		}
	}
	for _, file := range v.files(t, "objects/pack/*.pack") {
		v.packs[file] = verifyPack(t, file)
		for _, e := range v.packs[file] {
			v.stored[e.id][storage{file, e.from}] = true
		}
	}
}

func keysOf(text string) map[string]bool {
	keys := map[string]bool{}
	matches, _ := find.InContent(builtIn, []byte(text))
	for _, m := range matches {
		keys[m.Key.Reveal()] = true
	}
	return keys
}

// verifyPack asks git what is in a pack.
func verifyPack(t testing.TB, file string) (entries []packedAt) {
	t.Helper()
	for line := range strings.Lines(git(t, filepath.Dir(file), "verify-pack", "-v", file)) {
		// id, type, size, size in the pack, offset, and for deltas depth and base
		fields := strings.Fields(line)
		if len(fields) < 5 || len(fields[0]) != 40 {
			continue
		}
		size, err := strconv.Atoi(fields[3])
		from, err2 := strconv.Atoi(fields[4])
		if err != nil || err2 != nil {
			t.Fatalf("git verify-pack: %q", line)
		}
		e := packedAt{id: fields[0], from: from, to: from + size}
		if len(fields) == 7 {
			e.base = fields[6]
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b packedAt) int { return a.from - b.from })
	return entries
}

// files are the files of the git directory that match a pattern.
func (v *victim) files(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(v.dir, filepath.FromSlash(pattern)))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	return files
}

// looseFiles are the files of loose objects.
func (v *victim) looseFiles() (files []string) {
	for _, o := range v.objects {
		for at := range v.stored[o.id] {
			if _, packed := v.packs[at.file]; !packed {
				files = append(files, at.file)
			}
		}
	}
	return files
}

// hit returns the copies that are damaged where the bytes from from on and before to of a file are: those that stand
// there, and in a pack what is built on them.
func (v *victim) hit(file string, from, to int) map[storage]bool {
	hit := map[storage]bool{}
	entries, packed := v.packs[file]
	if !packed {
		hit[storage{file, 0}] = true
		return hit
	}
	lost := map[string]bool{}
	for range entries { // bases of REF deltas may stand behind them
		before := len(lost)
		for _, e := range entries {
			if e.from < to && from < e.to || lost[e.base] {
				lost[e.id] = true
				hit[storage{file, e.from}] = true
			}
		}
		if len(lost) == before {
			break
		}
	}
	return hit
}

// mustFind are the keys of which a copy is left that is not damaged.
func (v *victim) mustFind(hit map[storage]bool) map[string]bool {
	keys := map[string]bool{}
	for key, ids := range v.keys {
		for _, id := range ids {
			for at := range v.stored[id] {
				keys[key] = keys[key] || !hit[at]
			}
		}
	}
	return keys
}

// idsAt are the objects of some copies.
func (v *victim) idsAt(hit map[storage]bool) (ids []string) {
	for id, copies := range v.stored {
		for at := range copies {
			if hit[at] {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// copy makes a copy of a victim's repository, which may then be damaged.
func (v *victim) copy(t testing.TB) *victim {
	t.Helper()
	c := &victim{dir: copyGit(t, v.dir), objects: v.objects, keys: v.keys, packs: map[string][]packedAt{}, stored: map[string]map[storage]bool{}}
	moved := func(file string) string { return c.dir + strings.TrimPrefix(file, v.dir) }
	for file, entries := range v.packs {
		c.packs[moved(file)] = entries
	}
	for id, copies := range v.stored {
		c.stored[id] = map[storage]bool{}
		for at := range copies {
			c.stored[id][storage{moved(at.file), at.offset}] = true
		}
	}
	return c
}

// with replaces a file, calls f, and puts the old content back. nil removes the file.
func with(t testing.TB, file string, data []byte, f func()) {
	t.Helper()
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(old, data) && data != nil {
		t.Fatalf("%s: no damage", file)
	}
	if data == nil {
		os.Remove(file)
	} else {
		writeFile(t, file, data)
	}
	defer writeFile(t, file, old)
	f()
}
