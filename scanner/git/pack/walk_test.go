package pack

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"skleak/scanner/git/deltas"
	"skleak/scanner/git/deltas/deltatest"
	"skleak/scanner/git/oid"
)

// git runs the git program in a repository, away from whatever the user has configured.
func git(t testing.TB, dir, in string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "gc.auto=0"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_DIR=",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com", "GIT_COMMITTER_DATE=1700000000 +0000")
	cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "GIT_DIR=") })
	cmd.Stdin = strings.NewReader(in)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}

// history makes a repository of many versions of a few files, by one fast-import.
func history(t testing.TB, f oid.Format) (dir string) {
	t.Helper()
	dir = t.TempDir()
	format := "--object-format=sha1"
	if f == oid.SHA256 {
		format = "--object-format=sha256"
	}
	git(t, dir, "", "init", "-q", "--bare", format)
	r := rand.New(rand.NewPCG(15, 16))
	files := make([][]string, 6)
	var in strings.Builder
	for commit := range 120 {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 6\nchange\n", 1700000000+commit)
		n := r.IntN(len(files))
		for range 1 + r.IntN(20) {
			at := r.IntN(len(files[n]) + 1)
			files[n] = slices.Insert(files[n], at, fmt.Sprintf("line %d of many\n", r.IntN(1000)))
		}
		text := strings.Join(files[n], "")
		fmt.Fprintf(&in, "M 100644 inline dir%d/file%d\ndata %d\n%s\n", n%3, n, len(text), text)
	}
	fmt.Fprintf(&in, "tag v1\nfrom refs/heads/main\ntagger C <c@example.com> 1700000000 +0000\ndata 1\nt\n")
	git(t, dir, in.String(), "fast-import", "--quiet")
	return dir
}

// onlyPack opens the one pack of a repository.
func onlyPack(t testing.TB, dir string, f oid.Format) *Pack {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack"))
	if err != nil || len(names) != 1 {
		t.Fatalf("packs: %v, %v", names, err)
	}
	p, err := Open(names[0], f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// object is what git says of one.
type object struct {
	kind    string
	content []byte
}

// catFile reads all objects of a repository as git does.
func catFile(t testing.TB, dir string) map[string]object {
	t.Helper()
	r := bufio.NewReader(strings.NewReader(git(t, dir, "", "cat-file", "--batch", "--batch-all-objects")))
	all := map[string]object{}
	for {
		var id, kind string
		var size int
		if _, err := fmt.Fscanf(r, "%s %s %d\n", &id, &kind, &size); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		content := make([]byte, size+1)
		if _, err := io.ReadFull(r, content); err != nil {
			t.Fatal(err)
		}
		all[id] = object{kind, content[:size]}
	}
}

// agree holds a walk's visits and what a Reader reads against git.
func agree(t *testing.T, p *Pack, r *record, want map[string]object) {
	t.Helper()
	if p.Index.Len() != len(want) || len(r.failed) > 0 {
		t.Fatalf("%d objects, git has %d; failures: %v", p.Index.Len(), len(want), r.failed)
	}
	var reader Reader
	for i := range p.Index.Len() {
		id := oid.FromBytes(p.Index.ID(i)).Hex(p.format)
		git := want[id]
		if r.kinds[i].String() != git.kind || !bytes.Equal(r.content[i], git.content) {
			t.Fatalf("%s: %s of %d bytes, git has a %s of %d", id, r.kinds[i], len(r.content[i]), git.kind, len(git.content))
		}
		kind, data, err := reader.Read(p, i)
		if err != nil || kind != r.kinds[i] || !bytes.Equal(data, git.content) {
			t.Fatalf("%s: alone it is a %s of %d bytes, %v", id, kind, len(data), err)
		}
	}
}

func TestWalkAgreesWithGit(t *testing.T) {
	for _, f := range []oid.Format{oid.SHA1, oid.SHA256} {
		dir := history(t, f)
		want := catFile(t, dir)
		for _, how := range []string{
			"--depth=0 --window=0", "--depth=1 --window=10", "--depth=50 --window=10", "--depth=4000 --window=300",
			"pack.indexVersion=1 --depth=50 --window=10", "repack.useDeltaBaseOffset=false --depth=50 --window=50",
		} {
			config, args := []string{}, strings.Fields(how)
			if strings.Contains(args[0], ".") {
				config, args = []string{"-c", args[0]}, args[1:]
			}
			t.Run(fmt.Sprint(f.Size())+" "+how, func(t *testing.T) {
				git(t, dir, "", slices.Concat(config, []string{"repack", "-adfq"}, args)...)
				p := onlyPack(t, dir, f)
				if _, ok := p.Index.CRC(0); ok == strings.Contains(how, "Version=1") {
					t.Fatal("it is the other version of idx")
				}
				for _, workers := range []int{0, 1, 7} {
					agree(t, p, walked(t, p, Walk{Workers: workers, Margin: 7}), want)
				}
			})
		}
	}
}

// Bases that are not in the pack are asked for one at a time, each once, and what hangs on them is searched whole.
func TestBasesOutside(t *testing.T) {
	m := &maker{}
	base := []byte("a base that is elsewhere")
	n := uint64(len(base))
	for i := range 50 {
		on := m.ref(anyID(i), anyID(1000+i%5), deltatest.Make(n, n+1, deltatest.CopyOf(0, int(n)), deltatest.Insert("!")))
		m.ofs(anyID(100+i), on, deltatest.Make(n+1, 3, deltatest.CopyOf(2, 3)))
	}
	p := m.open(t, 2)
	var mu sync.Mutex
	asked := map[oid.ID]int{}
	rec := newRecord()
	rec.onVisit = func(o *Object) Mark {
		if want := string(base) + "!"; o.Kind != Tree || string(o.Content) != want && string(o.Content) != "bas" {
			t.Errorf("%s %q", o.Kind, o.Content)
		} else if (o.BaseMark == Unseen) != (string(o.Content) == want) {
			t.Errorf("%q: base marked %d", o.Content, o.BaseMark)
		}
		return 0
	}
	walkInto(t, p, Walk{Workers: 3, Resolve: func(id oid.ID) (Kind, []byte, error) {
		if !mu.TryLock() {
			t.Error("Resolve is called by two at once")
		}
		defer mu.Unlock()
		asked[id]++
		return Tree, base, nil
	}}, rec)
	if len(rec.visits) != 100 || len(asked) != 5 {
		t.Errorf("%d visits, bases %v", len(rec.visits), asked)
	}
	for id, times := range asked {
		if times != 1 {
			t.Errorf("%x was asked for %d times", id, times)
		}
	}
}

// family is a pack of one root and count deltas on entries picked by base; it returns their contents too.
func family(count int, base func(i int) int) (*maker, [][]byte) {
	m := &maker{}
	contents := [][]byte{[]byte("the root")}
	m.object(Blob, contents[0])
	for i := 1; i <= count; i++ {
		b := base(i)
		content := slices.Concat(contents[b], fmt.Appendf(nil, " %d", i))
		n := uint64(len(contents[b]))
		m.ofs(m.id(Blob, content), b, deltatest.Make(n, uint64(len(content)), deltatest.CopyOf(0, int(n)), deltatest.Insert(string(content[n:]))))
		contents = append(contents, content)
	}
	return m, contents
}

// A mark reaches the children of what was marked, and nothing else.
func TestMarksReachChildren(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	parent := map[int]int{}
	m, contents := family(500, func(i int) int { parent[i] = r.IntN(i); return parent[i] })
	p := m.open(t, 2)
	number := map[int]int{}
	for i := range contents {
		number[find(t, p, m.entries[i].id)] = i
	}
	mark := func(i int) Mark { return Mark(i % 3) }
	rec := newRecord()
	rec.onVisit = func(o *Object) Mark {
		i := number[o.Position]
		if o.Delta != (i > 0) || o.Delta && o.BaseMark != mark(parent[i]) {
			t.Errorf("%d on %d: delta %v, base marked %d", i, parent[i], o.Delta, o.BaseMark)
		}
		if !bytes.Equal(o.Content, contents[i]) || o.ID() != m.entries[i].id {
			t.Errorf("%d: %q", i, o.Content)
		}
		if o.Delta {
			if n := len(contents[parent[i]]); len(o.Dirty) != 1 || o.Dirty[0] != (deltas.Range{From: n - 7, To: len(o.Content)}) {
				t.Errorf("%d: dirty %v of %d on %d", i, o.Dirty, len(o.Content), n)
			}
		}
		return mark(i)
	}
	walkInto(t, p, Walk{Workers: 4, Margin: 7}, rec)
	if len(rec.visits) != len(contents) {
		t.Errorf("%d visits", len(rec.visits))
	}
}

// Need with CloseUpward visits what is asked for and what that is built on, and nothing else.
func TestNeed(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	parent := map[int]int{}
	m, _ := family(300, func(i int) int { parent[i] = r.IntN(i); return parent[i] })
	p := m.open(t, 2)
	l, err := NewLayout(p, 3)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		need, want := NewBitmap(l.Len()), map[int]bool{}
		ranks := l.Ranks()
		for range r.IntN(10) {
			i := r.IntN(len(m.entries))
			need.Add(ranks[find(t, p, m.entries[i].id)])
			for ; i > 0; i = parent[i] {
				want[find(t, p, m.entries[i].id)] = true
			}
			want[find(t, p, m.entries[0].id)] = true
		}
		l.CloseUpward(need)
		rec := newRecord()
		walkInto(t, p, Walk{Layout: l, Need: need, Workers: 2}, rec)
		for i := range p.Index.Len() {
			if (rec.visits[i] == 1) != want[i] || rec.visits[i] > 1 || len(rec.failed) > 0 {
				t.Fatalf("%d visits of %d, wanted %v", rec.visits[i], i, want[i])
			}
		}
	}
}

func TestKinds(t *testing.T) {
	m := small(oid.SHA1)
	p := m.open(t, 2)
	for _, kinds := range []KindSet{Kinds(Tree), Kinds(Blob, Tag), Kinds(), AllKinds} {
		if kinds == 0 {
			continue // walkInto takes it for all
		}
		r := newRecord()
		walkInto(t, p, Walk{Kinds: kinds}, r)
		all := walked(t, p, Walk{})
		for i, k := range all.kinds {
			if (r.visits[i] == 1) != kinds.Has(k) {
				t.Errorf("%08b: %d visits of a %s", kinds, r.visits[i], k)
			}
		}
	}
}

func TestRanksAndPositions(t *testing.T) {
	m := small(oid.SHA1)
	p := m.open(t, 2)
	l, err := NewLayout(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	ranks := l.Ranks()
	table := l.rankTable()
	for i, e := range m.entries { // the maker writes in the order of offsets
		position := find(t, p, e.id)
		if ranks[position] != uint32(i) || l.Position(uint32(i)) != position || table.rank(e.offset) != uint32(i) {
			t.Errorf("entry %d: rank %d, %d at its offset, position %d", i, ranks[position], table.rank(e.offset), l.Position(uint32(i)))
		}
		if from, to := l.bounds(uint32(i)); from != e.offset || to != e.offset+uint64(len(e.bytes)) {
			t.Errorf("entry %d: from %d to %d", i, from, to)
		}
		for _, off := range []uint64{0, e.offset + 1, e.offset + uint64(len(e.bytes)) - 1, p.end, 1 << 62, 1<<64 - 1} {
			if got := table.rank(off); got != none {
				t.Errorf("rank %d at %d", got, off)
			}
		}
	}
}

// A worker that sees another wait leaves it the node with the most work below it, each time it is asked, and
// between them each object is built once.
func TestOneFamilyIsShared(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	m, _ := family(3000, func(i int) int { return r.IntN(i) })
	l, err := NewLayout(m.open(t, 2), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.tasks) != 1 {
		t.Fatalf("%d tasks", len(l.tasks))
	}
	rec := newRecord()
	s := newShare(&Walk{Layout: l, Kinds: AllKinds, Workers: 2, Memory: DefaultMemory})
	s.hungry.Store(1)
	one := newWorker(s, rec)
	work, ok := s.take()
	if !ok || len(work.roots) != 1 {
		t.Fatalf("%v, %v", work, ok)
	}
	one.do(work)
	if len(s.nodes) < 2 || s.nodes[0].rank != l.places[work.roots[0]].child {
		t.Fatalf("%d nodes were given, wanted the heaviest child %d first", len(s.nodes), l.places[work.roots[0]].child)
	}
	if alone := len(rec.visits); alone > len(m.entries)/2 {
		t.Errorf("it kept %d of %d objects", alone, len(m.entries))
	}
	s.hungry.Store(0)
	two := newWorker(s, rec)
	for len(s.nodes) > 0 {
		work, _ := s.take()
		two.do(work)
	}
	for i := range m.entries {
		if rec.visits[i] != 1 {
			t.Errorf("%d visits of %d", rec.visits[i], i)
		}
	}
	if got := one.held.Load() + two.held.Load() + s.held.Load(); got != 0 {
		t.Errorf("%d bytes are still counted as held", got)
	}
}

func TestCancel(t *testing.T) {
	m, _ := family(2000, func(i int) int { return i / 2 })
	p := m.open(t, 2)
	l, err := NewLayout(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 4} {
		ctx, cancel := context.WithCancel(context.Background())
		visits := 0
		r := newRecord()
		r.onVisit = func(*Object) Mark {
			if visits++; visits == 100 {
				cancel()
				<-ctx.Done()
			}
			return 0
		}
		w := Walk{Layout: l, Kinds: AllKinds, Workers: workers}
		if err := w.Run(ctx, func() Visitor { return r }); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if visits == len(m.entries) && workers == 1 {
			t.Log("the walk was over before the hook ran") // it runs in a goroutine of its own
		}
		if len(r.failed) > 0 {
			t.Errorf("%d failures", len(r.failed))
		}
		done, stop := context.WithCancel(context.Background())
		stop()
		if err := w.Run(done, func() Visitor { return newRecord() }); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// Large blobs that nothing is built on go by in pieces; others, and what is too large to hold, are named.
func TestLargeObjects(t *testing.T) {
	const large, memory = streamObject + 5, 40 << 20
	content := bytes.Repeat([]byte("0123456789abcdef"), 48<<20/16)
	head := func(k Kind, n int) []byte { return slices.Concat(entryHead(k, uint64(n)), deflate(content[:n])) }
	m := &maker{}
	streamed := m.raw(anyID(0), head(Blob, large))
	withChild := m.raw(anyID(1), head(Blob, large))
	child := m.ofs(anyID(2), withChild, deltatest.Make(large, 3, deltatest.CopyOf(large-3, 3)))
	tree := m.raw(anyID(3), head(Tree, large))
	tooLarge := m.raw(anyID(4), head(Tree, memory+1))
	below := m.ofs(anyID(5), tooLarge, deltatest.Make(memory+1, 3, deltatest.CopyOf(0, 3)))
	huge := m.raw(anyID(6), head(Blob, memory+1)) // streams: it is not held
	lying := m.raw(anyID(7), slices.Concat(entryHead(Blob, large+1), deflate(content[:large])))
	lying2 := m.raw(anyID(8), slices.Concat(entryHead(Blob, large-1), deflate(content[:large])))
	p := m.open(t, 2)
	r := walked(t, p, Walk{Memory: memory, Workers: 2})
	expect(t, m, p, r, tooLarge, below, lying, lying2)
	for entry, n := range map[int]int{streamed: large, withChild: large, tree: large, huge: memory + 1} {
		if got := r.content[find(t, p, m.entries[entry].id)]; !bytes.Equal(got, content[:n]) {
			t.Errorf("entry %d: %d bytes", entry, len(got))
		}
	}
	if got := r.content[find(t, p, m.entries[child].id)]; string(got) != string(content[large-3:large]) {
		t.Errorf("%q", got)
	}
	var err *TooLargeError
	if got := r.failed[find(t, p, m.entries[tooLarge].id)][0]; !errors.As(got, &err) || err.Size != memory+1 || err.Limit != memory {
		t.Error(got)
	}
}

// A reader passes on what is exactly as long as declared.
func TestExactReader(t *testing.T) {
	for _, c := range []struct {
		have string
		size uint64
		ok   bool
	}{{"", 0, true}, {"abc", 3, true}, {"abc", 2, false}, {"abc", 4, false}, {"", 1, false}, {"a", 0, false}} {
		got, err := io.ReadAll(ExactReader(strings.NewReader(c.have), c.size))
		if (err == nil) != c.ok || c.ok && string(got) != c.have {
			t.Errorf("%q as %d bytes: %q, %v", c.have, c.size, got, err)
		}
	}
}
