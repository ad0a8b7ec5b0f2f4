package history

import (
	"fmt"
	"strings"
	"testing"

	"skleak/scanner/git/pack"
	"skleak/scanner/scantest"
)

// What somebody may put into a repository to keep a scan from ending, or a key from being told. Each holds a key that
// has to be.

// person is the line of an author or committer, and what ends the head of a commit.
const person = "A U Thor <a@example.com> 1700000000 +0000\n"

func commitText(tree string, parents []string, message string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", tree)
	for _, p := range parents {
		fmt.Fprintf(&b, "parent %s\n", p)
	}
	return b.String() + "author " + person + "committer " + person + "\n" + message
}

// hostileBox is a repository of objects that are written one by one.
type hostileBox struct {
	testing.TB
	dir string
}

func newHostileBox(t testing.TB) hostileBox {
	t.Helper()
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare", "--initial-branch=main")
	return hostileBox{t, dir}
}

func (b hostileBox) put(kind, content string) (id string) {
	return writeLoose(b, b.dir, "sha1", kind, content)
}

func (b hostileBox) main(id string) { write(b, b.dir, "refs/heads/main", id+"\n") }

// told returns the findings of a key, and fails if there are none.
func (b hostileBox) told(r result, key string) (lines []string) {
	b.Helper()
	lines = r.lines(keyNamed(key), nil)
	if len(lines) == 0 {
		b.Fatalf("%d findings, and none of %q", len(r.found), key)
	}
	return lines
}

// TestHostileBomb is a key at a million times a million paths, and more.
func TestHostileBomb(t *testing.T) {
	t.Parallel()
	dir, tree := bomb(t, scantest.Sample(8, 30))
	b := hostileBox{t, dir}
	b.main(commitTree(t, dir, tree, 1700000000))
	const memory = 64 << 20
	r := scan(t, dir, Options{Memory: memory})
	if got := b.told(r, "bomb"); !strings.HasPrefix(got[0], "history 0/0/0/0/0/0/0/") || len(got) > memory/originBytes {
		t.Errorf("%d findings, the first: %q", len(got), got[0])
	}
}

// TestHostileDepth puts a key below as many folders as there may be.
func TestHostileDepth(t *testing.T) {
	t.Parallel()
	b := newHostileBox(t)
	levels := scantest.Sample(500, 4000)
	id := b.put("tree", rawTree("100644 f", b.put("blob", assign("deep"))))
	for range levels {
		id = b.put("tree", rawTree("40000 d", id))
	}
	b.main(b.put("commit", commitText(id, nil, "deep\n")))
	got := b.told(scan(t, b.dir, Options{}), "deep")
	if want := strings.Repeat("d/", levels) + "f"; len(got) != 1 || !strings.Contains(got[0], want) {
		t.Errorf("%d findings, the first: %.100q", len(got), got[0])
	}
}

// TestHostileNames has names that are long, and that are no text.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	b := newHostileBox(t)
	long := strings.Repeat("long", scantest.Sample(25_000, 250_000))
	id := b.put("tree", rawTree("100644 "+long, b.put("blob", assign("long name")), "100644 \xff\xfe\x80", b.put("blob", assign("no text"))))
	b.main(b.put("commit", commitText(id, nil, "\xff\n")))
	r := scan(t, b.dir, Options{})
	if got := b.told(r, "long name"); len(got) != 1 || !strings.Contains(got[0], long) {
		t.Errorf("%.100q", got)
	}
	if got := b.told(r, "no text"); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

// TestHostileParents is a merge of very many commits, all of which have the key at other paths.
func TestHostileParents(t *testing.T) {
	t.Parallel()
	b := newHostileBox(t)
	blob := b.put("blob", assign("merged"))
	var parents []string
	for i := range scantest.Sample(300, 20_000) {
		tree := b.put("tree", rawTree(fmt.Sprintf("100644 f%d", i), blob))
		parents = append(parents, b.put("commit", commitText(tree, nil, fmt.Sprintf("parent %d\n", i))))
	}
	for range scantest.Sample(10_000, 100_000) - len(parents) {
		parents = append(parents, parents[0])
	}
	merge := rawTree("100644 f0", blob, "100644 merged", blob)
	b.main(b.put("commit", commitText(b.put("tree", merge), parents, "merge\n")))
	r := scan(t, b.dir, Options{})
	b.told(r, "merged")
	if got := scanRange(t, b.dir, "main~1..main", Options{}); len(b.told(got, "merged")) == 0 {
		t.Error("nothing in the range")
	}
}

// TestHostileLine is a long history of nothing, with a key at its beginning and one in its last message.
func TestHostileLine(t *testing.T) {
	t.Parallel()
	s := newStory()
	s.onMain("first", put("f", assign("first")))
	parent := "first"
	for i := range scantest.Sample(3000, 200_000) {
		label := fmt.Sprintf("c%d", i)
		s.add(step{label: label, ref: "refs/heads/main", parents: []string{parent}})
		parent = label
	}
	s.add(step{label: "last", ref: "refs/heads/main", parents: []string{parent}, message: assign("last")})
	dir, commits := s.tell(t, false, "--bare", "--initial-branch=main")
	b := hostileBox{t, dir}
	r := scan(t, dir, Options{})
	names := map[string]string{commits["first"]: "first"}
	if got := r.lines(keyNamed("first"), names); len(got) != 1 || !strings.Contains(got[0], "by <first>") {
		t.Errorf("%q", got)
	}
	b.told(r, "last")
	b.told(scanRange(t, dir, commits["first"]+"..main", Options{}), "last")
}

// TestHostileMessage has a key at the end of a message of many megabytes.
func TestHostileMessage(t *testing.T) {
	t.Parallel()
	b := newHostileBox(t)
	message := strings.Repeat("nothing to see\n", scantest.Sample(1<<20, 50<<20)/15) + assign("message")
	b.main(b.put("commit", commitText(b.put("tree", ""), nil, message)))
	if got := b.told(scan(t, b.dir, Options{}), "message"); len(got) != 1 || !strings.HasPrefix(got[0], "commit") {
		t.Errorf("%q", got)
	}
}

// TestHostileTags is a chain of tags longer than any is followed, with a key in the middle; and refs that lead to
// what no ref should.
func TestHostileTags(t *testing.T) {
	t.Parallel()
	b := newHostileBox(t)
	blob := b.put("blob", assign("tagged"))
	id, kind := b.put("tree", rawTree("100644 f", blob)), pack.Tree
	write(t, b.dir, "refs/heads/tree", id+"\n")
	write(t, b.dir, "refs/notes/blob", blob+"\n")
	levels := scantest.Sample(300, 10_000)
	for i := range levels {
		message := "nothing\n"
		if i == levels/2 {
			message = assign("in a tag")
		}
		id = b.put("tag", fmt.Sprintf("object %s\ntype %s\ntag t%d\ntagger %s\n%s", id, kind, i, person, message))
		kind = pack.Tag
	}
	write(t, b.dir, "refs/tags/long", id+"\n")
	r := scan(t, b.dir, Options{})
	b.told(r, "tagged")
	if got := b.told(r, "in a tag"); len(got) != 1 || !strings.HasPrefix(got[0], "tag") {
		t.Errorf("%q", got)
	}
	r.checkUnreadable(t, "unreadable-ref refs/tags/long")
}
