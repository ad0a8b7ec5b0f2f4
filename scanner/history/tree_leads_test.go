package history

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"skleak/scanner"
	"skleak/scanner/git/odb"
	"skleak/scanner/history/internal/holders"
	"skleak/scanner/scantest"
)

// Trees are traced by what their deltas change. These tests read them whole, each by itself, and compare.

// forged is an object under an id that is not its own: who scans does not compute ids unless asked to, and an id may
// look like an entry of a tree.
func forged(id, kind, content string) gitObject {
	return gitObject{hex.EncodeToString([]byte(id)), kind, content}
}

// plainPaths are the paths to the blobs with keys below a tree, with the ids of these.
func plainPaths(content string, trees map[string]string, keyed map[string]bool, prefix string) (paths []string) {
	for content != "" {
		mode, rest, ok := strings.Cut(content, " ")
		name, rest, ended := strings.Cut(rest, "\x00")
		if !ok || !ended || name == "" || len(rest) < 20 || mode == "" || strings.Trim(mode, "01234567") != "" {
			break
		}
		number := 0
		for _, digit := range mode {
			number = number<<3 + int(digit-'0')
		}
		id := rest[:20]
		content = rest[20:]
		switch number & 0o170000 {
		case 0o40000:
			paths = append(paths, plainPaths(trees[id], trees, keyed, prefix+name+"/")...)
		case 0o100000, 0o120000:
			if keyed[id] {
				paths = append(paths, fmt.Sprintf("%s%s %x", prefix, name, id))
			}
		}
	}
	slices.Sort(paths)
	return paths
}

// checkLeads scans some objects and compares what is found below each tree with reading it whole, with notes that the
// search took and without.
func checkLeads(t *testing.T, jobs int, entries []packedEntry) (found int) {
	t.Helper()
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	writePack(t, objectsOf(dir), entries)
	repo, err := open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	repo.list()
	s := newSearch(repo, Options{Rules: builtIn, Coverage: &scanner.Coverage{}, Jobs: jobs, Progress: &scanner.Progress{}})
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.notes == nil {
		t.Fatal("no notes were taken")
	}
	trees, keyed := map[string]string{}, map[string]bool{}
	for _, e := range entries {
		if e.kind == "tree" {
			trees[string(unhex(e.id))] = e.content
		}
		keyed[string(unhex(e.id))] = e.kind == "blob" && len(keysIn(e.content)) > 0
	}
	for range 2 {
		h, _, err := s.holdersAndGraph(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for id, content := range trees {
			got, want := pathsBelow(repo, h, id), plainPaths(content, trees, keyed, "")
			if !slices.Equal(got, want) {
				t.Fatalf("below tree %q of %q, with notes %v:\ngot  %q\nwant %q", id, content, s.notes != nil, got, want)
			}
			found += len(got)
		}
		s.notes = nil
	}
	return found
}

// pathsBelow is what plainPaths returns, as it was traced.
func pathsBelow(repo *Repo, h *holders.Holders, tree string) (paths []string) {
	number, _ := repo.db.Number([]byte(tree))
	h.Diff(number, odb.Absent, func(path []uint32, leaf uint32) {
		id := repo.hex(repo.db.ID(h.Leaves[leaf].Number))
		paths = append(paths, h.PathOf(path)+" "+id)
	})
	slices.Sort(paths)
	return paths
}

// TestTreeLeadDisguises copies into trees, as whole entries that lead to a key, what is none in their base, and the other
// way about.
func TestTreeLeadDisguises(t *testing.T) {
	t.Parallel()
	const plain, key = "pppppppppppppppppppp", "kkkkkkkkkkkkkkkkkkkk"
	first := "100644 a\x00" + plain
	twice := "100644 b\x00" + plain[1:] + "\x00" + "100644 c\x00" + key // after an id that ends in NUL, the last is read again
	hidden := "7 q\x00" + "160000 " + "thirteen more" + "100644 z\x00" + key
	for name, c := range map[string]struct {
		base, result string
		copied       int // bytes of the end of base that are the end of the result, behind what is inserted
	}{
		"a submodule's name, at the beginning":  {"160000 x100644 r\x00" + key, "100644 r\x00" + key, 9 + 20},
		"a submodule's name, behind an entry":   {"160000 x100644 r\x00" + key, first + "100644 r\x00" + key, 9 + 20},
		"behind the NUL of an id":               {"100644 b\x00" + "0123456789abcdef" + hidden, first + hidden, len(hidden)},
		"an entry that becomes a name":          {first + "100644 r\x00" + key, first + "160000 x100644 r\x00" + key, 9 + 20},
		"an entry that becomes an id":           {first + hidden, "100644 b\x00" + "0123456789abcdef" + hidden, len(hidden)},
		"a copy that begins within the mode":    {first + "100644 r\x00" + key, "40000 x\x00" + plain + "100644 r\x00" + key, 6 + 20},
		"a copy that begins within the id":      {first + "100644 r\x00" + key, "100644 longer\x00" + key, 7},
		"a copy of the NUL and the id":          {first + "40000 r\x00" + key, "100644 r\x00" + key, 21},
		"a link's mode inserted before a name":  {"100644 r\x00" + key, "120000 r\x00" + key, 3 + 20},
		"a folder's mode inserted before it":    {"100644 r\x00" + key, "40000 r\x00" + key, 3 + 20},
		"all of the base, behind one like it":   {"100644 r\x00" + key, "100644 r\x00" + key + "100644 r\x00" + key, 9 + 20},
		"entries that are told already":         {twice, first + twice, len(twice)},
		"a name in which the entry stands once": {"100644 100644 r\x00" + key, "100644 r\x00" + key, 9 + 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			blob := forged(key, "blob", assign("disguised"))
			base, result := treeOf(c.base), treeOf(c.result)
			delta := appendInsert(deltaHead(c.base, c.result), c.result[:len(c.result)-c.copied])
			delta = appendCopy(delta, len(c.base)-c.copied, c.copied)
			checkLeads(t, 1, []packedEntry{{gitObject: blob}, {gitObject: forged(plain, "blob", "nothing")}, {gitObject: base},
				{result, &base, delta}})
		})
	}
}

// TestTreeLeadPieces puts trees together of pieces of others, cut anywhere, with names and ids that look like what is
// not there: NULs, modes, blanks. They name blobs with keys and one another.
func TestTreeLeadPieces(t *testing.T) {
	t.Parallel()
	found := 0
	for seed := range uint64(scantest.Sample(20, 200)) {
		p := &piecer{r: rand.New(rand.NewPCG(seed, 41)), used: map[string]bool{}}
		for range 12 {
			p.addBlob()
		}
		for range 4 {
			p.addTrees(16)
		}
		found += checkLeads(t, 1+int(seed%2), p.entries)
	}
	if found < 2_000 {
		t.Errorf("only %d paths to keys", found)
	}
}

// piecer makes hostile trees, level by level: a tree names those of the levels below.
type piecer struct {
	r       *rand.Rand
	used    map[string]bool // ids
	named   []string        // ids to be named
	trees   []gitObject
	entries []packedEntry
}

func (p *piecer) pick(from ...string) string { return from[p.r.IntN(len(from))] }

func (p *piecer) newID() string {
	for {
		id := p.pick("a", "b", "\x00")
		for len(id) < 20 {
			id += p.pick("\x00", "\x00", " ", "7 ", "40000 ", "100644 ", "160000 ", "x", "\xff", "q\x00", string(rune('a'+p.r.IntN(26))))
		}
		if id = id[:20]; !p.used[id] {
			p.used[id] = true
			return id
		}
	}
}

func (p *piecer) addBlob() {
	id, content := p.newID(), fmt.Sprintf("nothing %d", len(p.entries))
	if p.r.IntN(2) == 0 {
		content = assign(content)
	}
	p.named = append(p.named, id)
	p.entries = append(p.entries, packedEntry{gitObject: forged(id, "blob", content)})
}

func (p *piecer) name() (s string) {
	for range 1 + p.r.IntN(4) {
		s += p.pick("a", "7 ", "40000 ", "100644 ", "160000 ", "a longer name", "b")
	}
	return s
}

// addTrees adds a level.
func (p *piecer) addTrees(n int) {
	var level []string
	for range n {
		var content string
		for range 2 + p.r.IntN(6) {
			mode, id := p.pick("100644 ", "120000 ", "40000 ", "40000 ", "0040000 ", "160000 ", "7 "), p.named[p.r.IntN(len(p.named))]
			if p.r.IntN(8) == 0 {
				id = p.newID() // of what is not there
			}
			content += mode + p.name() + "\x00" + id
		}
		if len(p.trees) > 0 && p.r.IntN(6) == 0 { // the end of another, cut anywhere
			other := p.trees[p.r.IntN(len(p.trees))].content
			content += other[p.r.IntN(len(other)):]
		}
		id := p.newID()
		e := packedEntry{gitObject: forged(id, "tree", content)}
		if len(p.trees) > 0 && p.r.IntN(5) > 0 {
			base := p.trees[p.r.IntN(len(p.trees))]
			e.base, e.delta = &base, piecesOf(p.r, base.content, content)
		}
		level = append(level, id)
		p.trees, p.entries = append(p.trees, e.gitObject), append(p.entries, e)
	}
	p.named = append(p.named, level...)
}
