package history

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// treeNaming writes a tree whose entries name ids that are not there.
func treeNaming(ids [][]byte, names []string) string {
	var b strings.Builder
	for i, id := range ids {
		fmt.Fprintf(&b, "100644 %s\x00%s", names[i], id)
	}
	return b.String()
}

// TestTreeSeams brings ids into trees by deltas of every cut: a part of an id inserted, two pieces of other ids put
// together, entries left out or added beside. All of them are absent, and each must be told.
func TestTreeSeams(t *testing.T) {
	for _, count := range []int{12, 60} { // the longer ones are skimmed
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			t.Parallel()
			checkTreeSeams(t, count)
		})
	}
}

func checkTreeSeams(t *testing.T, count int) {
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	r := rand.New(rand.NewPCG(21, 22))
	newID := func() []byte {
		sum := sha1.Sum([]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())})
		return sum[:]
	}
	named := map[string]bool{}
	var entries []packedEntry
	add := func(ids [][]byte, names []string, base *gitObject, delta func(target string) []byte) *gitObject {
		o := &gitObject{kind: "tree", content: treeNaming(ids, names)}
		sum := sha1.Sum(fmt.Appendf(nil, "tree %d\x00%s", len(o.content), o.content))
		o.id = hex.EncodeToString(sum[:])
		e := packedEntry{gitObject: *o, base: base}
		if base != nil {
			e.delta = delta(o.content)
		}
		for _, id := range ids {
			named[hex.EncodeToString(id)] = true
		}
		entries = append(entries, e)
		return o
	}
	var ids [][]byte
	var names []string
	for i := range count {
		ids, names = append(ids, newID()), append(names, fmt.Sprintf("%c%s", 'A'+i, strings.Repeat("x", r.IntN(30))))
	}
	base := add(ids, names, nil, nil)
	diff := func(target string) []byte { return makeDelta(base.content, target) }
	with := func(at int, id []byte) [][]byte {
		changed := append([][]byte(nil), ids...)
		changed[at] = id
		return changed
	}
	for n := range 12 {
		at := n * (count - 1) / 11
		for cut := range 21 {
			fresh, next := newID(), ids[(at+1)%len(ids)]
			add(with(at, append(append([]byte(nil), ids[at][:cut]...), fresh[cut:]...)), names, base, diff)
			add(with(at, append(append([]byte(nil), fresh[:cut]...), ids[at][cut:]...)), names, base, diff)
			// An id of two pieces, both copied: what goes with the tail of the first and the head of the second is left out.
			if at+1 < len(ids) {
				pieces := append(append([]byte(nil), ids[at][:cut]...), next[cut:]...)
				fewer := append(append([][]byte(nil), ids[:at]...), pieces)
				fewerNames := append(append([]string(nil), names[:at+1]...), names[at+2:]...)
				add(append(fewer, ids[at+2:]...), fewerNames, base, diff)
			}
		}
		add(append(append([][]byte(nil), ids[:at]...), ids[at+1:]...), append(append([]string(nil), names[:at]...), names[at+1:]...), base, diff)
	}
	writePack(t, objectsOf(dir), unique(entries))
	told := scan(t, dir, Options{}).unreadable()
	for id := range named {
		if !strings.Contains(told, "object "+id) {
			t.Errorf("%s is named and not there, and that is not told", id)
		}
	}
	if len(named) < 400 {
		t.Errorf("only %d ids", len(named))
	}
}

// treeOf is a tree object.
func treeOf(content string) gitObject {
	sum := sha1.Sum(fmt.Appendf(nil, "tree %d\x00%s", len(content), content))
	return gitObject{hex.EncodeToString(sum[:]), "tree", content}
}

// checkTold scans trees and makes sure that each of some ids is told to be missing.
func checkTold(t *testing.T, entries []packedEntry, named ...string) {
	t.Helper()
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	writePack(t, objectsOf(dir), unique(entries))
	told := scan(t, dir, Options{}).unreadable()
	for _, id := range named {
		if !strings.Contains(told, fmt.Sprintf("object %x", id)) {
			t.Errorf("%x is named and not there, and that is not told", id)
		}
	}
}

// TestTreeDisguises copies into trees, as whole entries, what is none in their base: the end of a submodule's name, and
// what only follows an id with a NUL in it. What they name is absent.
func TestTreeDisguises(t *testing.T) {
	t.Parallel()
	plain, absent := strings.Repeat("p", 20), strings.Repeat("a", 20)
	first := "100644 a\x00" + plain
	for name, c := range map[string]struct {
		base, result string // the second is a copy of the end of the first, behind what is inserted
		copied       int
	}{
		"at the beginning": {"160000 x40000 r\x00" + absent, "40000 r\x00" + absent, 8 + 20},
		"behind an entry":  {"160000 x100644 r\x00" + absent, first + "100644 r\x00" + absent, 9 + 20},
		"behind the NUL of an id": {
			"100644 b\x00" + "0123456789abcdef7 q\x00" + "160000 " + "thirteen more" + "100644 z\x00" + absent,
			first + "7 q\x00" + "160000 " + "thirteen more" + "100644 z\x00" + absent, 4 + 7 + 13 + 9 + 20,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, result := treeOf(c.base), treeOf(c.result)
			inserted := len(c.result) - c.copied
			delta := appendInsert(deltaHead(c.base, c.result), c.result[:inserted])
			delta = appendCopy(delta, len(c.base)-c.copied, c.copied)
			checkTold(t, []packedEntry{{gitObject: base}, {result, &base, delta}}, absent)
		})
	}
	t.Run("a mode in a name", func(t *testing.T) {
		t.Parallel()
		tree := func(id string) string { // the second name has a mode where an entry would begin behind the NUL in the first id
			return "100644 a\x00" + "0123456789\x00abcdefghi" + "100644 nnnn160000 z\x00" + id
		}
		base, result := treeOf(tree(plain)), treeOf(tree(absent))
		checkTold(t, []packedEntry{{gitObject: base}, {result, &base, makeDelta(base.content, result.content)}}, absent)
	})
}

// TestTreePieces puts trees together of pieces of others, cut anywhere, with ids and names that look like what is not
// there: NULs, modes, blanks. Every id that one of them names as a file or folder is absent and must be told.
func TestTreePieces(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 32))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	var known []string // of trees that are built on one another
	someID := func() string {
		if len(known) == 0 || r.IntN(2) == 0 {
			id := fmt.Sprintf("%04x", r.Uint32N(1<<16))
			for len(id) < 20 {
				id += pick("\x00", "\x00", " ", "7 ", "40000 ", "100644 ", "160000 ", "x", "\xff", "q\x00")
			}
			known = append(known, id[:20])
		}
		return known[r.IntN(len(known))]
	}
	name := func() (s string) {
		for range 1 + r.IntN(4) {
			s += pick("a", "7 ", "40000 ", "100644 ", "160000 ", "a longer name", "b")
		}
		return s
	}
	for range 10 { // of what is missing, a report lists a part
		named := map[string]bool{}
		var entries []packedEntry
		for range 60 {
			var trees []gitObject
			known = nil
			for range 3 {
				var content string
				for range 1 + r.IntN(8) {
					content += pick("100644 ", "40000 ", "160000 ", "7 ", "100755 ") + name() + "\x00" + someID()
				}
				if r.IntN(4) == 0 && len(trees) > 0 { // the end of another, if that is a tree
					other := trees[r.IntN(len(trees))].content
					content += other[r.IntN(len(other)):]
				}
				if namedBy(content) == nil {
					continue
				}
				maps.Copy(named, namedBy(content))
				o := treeOf(content)
				e := packedEntry{gitObject: o}
				if len(trees) > 0 {
					base := trees[r.IntN(len(trees))]
					e.base, e.delta = &base, piecesOf(r, base.content, content)
				}
				trees, entries = append(trees, o), append(entries, e)
			}
		}
		checkTold(t, entries, slices.Collect(maps.Keys(named))...)
		if len(named) < 200 {
			t.Errorf("only %d ids", len(named))
		}
	}
}

// namedBy are the ids of the files and folders of a tree; nil if it is none.
func namedBy(content string) map[string]bool {
	ids := map[string]bool{}
	for content != "" {
		mode, rest, ok := strings.Cut(content, " ")
		name, rest, ended := strings.Cut(rest, "\x00")
		if !ok || !ended || name == "" || len(rest) < 20 || mode == "" || strings.Trim(mode, "01234567") != "" {
			return nil
		}
		kind := mode[max(0, len(mode)-6):]
		if kind == "40000" || strings.HasSuffix(kind, "040000") || strings.HasPrefix(kind, "100") && len(kind) == 6 {
			ids[rest[:20]] = true
		}
		content = rest[20:]
	}
	return ids
}

// piecesOf makes a delta that copies pieces of random lengths from wherever the base has them, the first place or the
// last, and inserts what it has not.
func piecesOf(r *rand.Rand, base, target string) []byte {
	d := deltaHead(base, target)
	for target != "" {
		n := min(1+r.IntN(200), len(target))
		from := strings.Index(base, target[:n])
		for ; from < 0 && n > 1; from = strings.Index(base, target[:n]) {
			n /= 2
		}
		switch {
		case from < 0:
			d = appendInsert(d, target[:n])
		case r.IntN(2) == 0:
			d = appendCopy(d, strings.LastIndex(base, target[:n]), n)
		default:
			d = appendCopy(d, from, n)
		}
		target = target[n:]
	}
	return d
}

// TestNamedByMany takes away an object that many trees name: that with the least id is told, whatever was looked up
// when.
func TestNamedByMany(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	absent := strings.Repeat("a", 20)
	var packs [2][]packedEntry
	least := "~"
	for i := range 12_000 {
		o := treeOf(fmt.Sprintf("100644 %05d\x00%s", i, absent))
		packs[i%2] = append(packs[i%2], packedEntry{gitObject: o})
		least = min(least, o.id)
	}
	for _, entries := range packs {
		writePack(t, objectsOf(dir), entries)
	}
	for _, jobs := range []int{1, 4} {
		told := scan(t, dir, Options{Jobs: jobs}).unreadable()
		if strings.Count(told, "\n") > 1 || !strings.Contains(told, "tree "+least+" names it as a blob") {
			t.Errorf("%d jobs: %s, want it to be named by %s", jobs, told, least)
		}
	}
}

// TestNamesOfSkimmedTrees has keys in names of trees that nothing is built on: as a whole, or in two parts of which the
// base has the other.
func TestNamesOfSkimmedTrees(t *testing.T) {
	t.Parallel()
	var ids [][]byte
	var names []string
	key := keyNamed("skimmed")
	for i := range 60 {
		id := sha1.Sum([]byte{byte(i)})
		ids, names = append(ids, id[:]), append(names, fmt.Sprintf("%c%s", 'A'+i, strings.Repeat("x", 20)))
	}
	names[30] = "a " + key[3:] // which is none without its beginning
	base := treeOf(treeNaming(ids, names))
	with := func(at int, name string) packedEntry {
		changed := slices.Clone(names)
		changed[at] = name
		made := treeOf(treeNaming(ids, changed))
		return packedEntry{made, &base, makeDelta(base.content, made.content)}
	}
	for name, leaf := range map[string]packedEntry{"whole": with(12, "M "+key), "in two parts": with(30, "a "+key)} {
		dir := realTempDir(t)
		git(t, dir, "init", "-q", "--bare")
		writePack(t, objectsOf(dir), []packedEntry{{gitObject: base}, leaf})
		if found := scan(t, dir, Options{}).found; len(found) == 0 || found[0].Key.Reveal() != key {
			t.Errorf("%s: found %v", name, found)
		}
	}
}
