package history

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/git/repository"
	"skleak/scanner/scantest"
)

// server is a repository with a push in quarantine.
type server struct {
	r          *rand.Rand
	dir, aside string
	old, tip   oid.ID
}

// text is so many lines of nothing.
func (v *server) text(lines int) string {
	var b strings.Builder
	for range lines {
		fmt.Fprintf(&b, "line %d of %d words that say nothing\n", v.r.Uint32(), v.r.IntN(100))
	}
	return b.String()
}

// edited is a version of a text with some of its first lines changed, and perhaps a key, in one form or another, or what
// only looks like one.
func (v *server) edited(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for range 1 + v.r.IntN(3) {
		key := v.key()
		lines[v.r.IntN(min(len(lines), 15))] = []string{
			v.text(1), "", "k = " + key + "\n", "k: " + base64.StdEncoding.EncodeToString([]byte("key="+key)) + "\n", key[:8] + "\n",
			base64.StdEncoding.EncodeToString([]byte(zipped("", key))) + "\n",
		}[max(0, v.r.IntN(30)-24)]
	}
	return strings.Join(lines, "")
}

func (v *server) key() string { return keyNamed(fmt.Sprint("pushed ", v.r.IntN(1000))) }

// zipped is a text with a zip of another one behind it.
func zipped(before, text string) string {
	b := bytes.NewBufferString(before)
	z := zip.NewWriter(b)
	z.SetOffset(int64(b.Len()))
	member, err := z.Create("member.txt")
	if err == nil {
		_, err = member.Write([]byte(text))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		panic(err)
	}
	return b.String()
}

// newServer makes a repository that has some commits, and a push of more, in packs or loose.
func newServer(t *testing.T, seed uint64) *server {
	t.Helper()
	v := &server{r: rand.New(rand.NewPCG(seed, 9)), dir: realTempDir(t)}
	work := realTempDir(t)
	git(t, work, "init", "-q", "--bare")
	texts := make([]string, 6)
	for i := range texts {
		texts[i] = v.text(20 + v.r.IntN(200))
	}
	var b strings.Builder
	const commits, there = 30, 8
	for i := range commits {
		fmt.Fprintf(&b, "commit refs/tags/c%d\nmark :%d\ncommitter A <a@b.c> %d +0000\ndata 1\nm\n", i, i+1, 1_000_000+60*i)
		if i > 0 {
			fmt.Fprintf(&b, "from :%d\n", i)
		}
		for range 1 + v.r.IntN(3) {
			at := v.r.IntN(len(texts))
			content := v.edited(texts[at])
			switch v.r.IntN(10) {
			case 0:
				content = zipped(content, "k = "+v.key()+"\n")
			case 3:
				content = zipped(content, "k = "+v.key()+"\n")
				texts[at] = content
			case 1:
				content = fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%064x\nsize %d\n", v.r.Uint64(), v.r.IntN(1000))
			case 2:
				content = ""
			default:
				texts[at] = content
			}
			fmt.Fprintf(&b, "M 100644 inline d%d/f%d\ndata %d\n%s\n", at%2, at, len(content), content)
		}
	}
	gitIn(t, work, b.String(), "fast-import", "--quiet")
	v.old, v.tip = idOf(t, work, fmt.Sprint("c", there)), idOf(t, work, fmt.Sprint("c", commits-1))
	git(t, v.dir, "init", "-q", "--bare")
	v.aside = filepath.Join(v.dir, "aside")
	if err := os.MkdirAll(filepath.Join(v.aside, "pack"), 0o700); err != nil {
		t.Fatal(err)
	}
	objects := func(revisions ...string) (ids []string) {
		for _, line := range strings.Split(git(t, work, append([]string{"rev-list", "--objects"}, revisions...)...), "\n") {
			ids = append(ids, strings.Fields(line)[0])
		}
		return ids
	}
	packed := func(ids []string, folder string) {
		gitIn(t, work, strings.Join(ids, "\n")+"\n", "pack-objects", "-q", filepath.Join(folder, "pack", "pack"))
	}
	packed(objects(fmt.Sprint("c", there)), filepath.Join(v.dir, "objects"))
	fresh := objects(fmt.Sprintf("c%d..c%d", there, commits-1))
	if cut := v.r.IntN(3) * len(fresh) / 3; cut > 0 {
		packed(fresh[:cut], v.aside)
		fresh = fresh[max(0, cut-5):] // some lie in both
	}
	packed(fresh, v.aside)
	return v
}

// check searches the push.
func (v *server) check(t *testing.T, o Options) result {
	t.Helper()
	g := v.open(t)
	o.Rules, o.Coverage, o.Jobs = builtIn, &scanner.Coverage{}, 2
	var got collector
	if _, err := g.Changes(t.Context(), v.change(), o, &got); err != nil {
		t.Fatal(err)
	}
	return result{found: got.found, coverage: o.Coverage}
}

func (v *server) open(t *testing.T) *Repo {
	t.Helper()
	g, err := OpenHanded(v.dir, false, repository.Handed{Objects: []string{v.aside, filepath.Join(v.dir, "objects")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func (v *server) change() Change {
	c := Change{Known: []oid.ID{v.old}, Quarantine: v.aside}
	if !v.tip.IsZero() {
		c.Tips = []Tip{{"refs/heads/x", v.tip}}
	}
	return c
}

// TestQuarantineIsScreened holds what is found in a push whose packs are screened against reading each blob as the
// commits bring it, with packs that are sound and damaged ones.
func TestQuarantineIsScreened(t *testing.T) {
	found, incomplete := 0, 0
	for seed := range uint64(12) {
		v := newServer(t, seed)
		if seed%3 == 2 {
			v.damage(t)
		}
		got := v.check(t, Options{})
		want := v.check(t, Options{VerifyObjects: true}) // which wants each object whole
		if difference := cmp.Diff(want.found, got.found, cmp.Comparer(func(a, b rules.Key) bool { return a == b })); difference != "" {
			t.Errorf("seed %d (-plain +screened):\n%s", seed, difference)
		}
		for what, pair := range map[string][2]any{
			"objects": {want.coverage.Objects.Load(), got.coverage.Objects.Load()},
			"blobs":   {want.coverage.Blobs.Load(), got.coverage.Blobs.Load()},
			"bytes":   {want.coverage.Bytes.Load(), got.coverage.Bytes.Load()},
			"skipped": {want.coverage.SkippedList(), got.coverage.SkippedList()},
			"unread":  {want.coverage.UnreadableList(), got.coverage.UnreadableList()},
		} {
			if difference := cmp.Diff(pair[0], pair[1]); difference != "" {
				t.Errorf("seed %d, %s (-plain +screened):\n%s", seed, what, difference)
			}
		}
		found += len(got.found)
		if !got.coverage.Complete() {
			incomplete++
		}
	}
	if found < 50 || incomplete == 0 {
		t.Errorf("%d keys, and %d pushes that could not be read whole: this says little", found, incomplete)
	}
}

// damage changes bytes of a pack in quarantine.
func (v *server) damage(t *testing.T) {
	t.Helper()
	packs, err := filepath.Glob(filepath.Join(v.aside, "pack", "*.pack"))
	if err != nil || len(packs) == 0 {
		t.Fatal(packs, err)
	}
	content, err := os.ReadFile(packs[0])
	if err == nil {
		for range 3 {
			content[12+v.r.IntN(len(content)-40)] ^= 1 << v.r.IntN(8)
		}
		err = errors.Join(os.Chmod(packs[0], 0o600), os.WriteFile(packs[0], content, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestScreenedIsClean: what passes for clean is, and something does.
func TestScreenedIsClean(t *testing.T) {
	v := newServer(t, 1)
	g := v.open(t)
	o := Options{Rules: builtIn, Coverage: &scanner.Coverage{}, Jobs: 2}
	s := g.newChanges(t.Context(), o, manyCommits)
	s.quarantine = s.openQuarantine(v.aside)
	defer s.closeQuarantine()
	clean, blobs := 0, 0
	for n := range uint32(s.quarantine.own.Len()) {
		id := s.quarantine.own.ID(n)
		if kind, _, err := s.reader.Read(id); err != nil || kind != pack.Blob {
			continue
		}
		blobs++
		if s.quarantine.cleanSize(id[:oid.SHA1.Size()]) == 0 {
			continue
		}
		clean++
		keys, err := s.searchBlob(s.reader, "", id)
		if err != nil || !keys.isEmpty() {
			t.Errorf("%s passes for clean and is not: %v", id.Hex(oid.SHA1), err)
		}
	}
	if clean == 0 {
		t.Errorf("%d of %d blobs pass for clean", clean, blobs)
	}
	if s.quarantine.cleanSize(v.old[:oid.SHA1.Size()]) != 0 {
		t.Error("what is not in quarantine passes for clean")
	}
}

// TestQuarantineIsCut: what can no longer be read of a mapped idx is told, and not a crash.
func TestQuarantineIsCut(t *testing.T) {
	v := newServer(t, 1)
	o := Options{Rules: builtIn, Coverage: &scanner.Coverage{}, Jobs: 2}
	s := v.open(t).newChanges(t.Context(), o, manyCommits)
	s.quarantine = s.openQuarantine(v.aside)
	defer s.closeQuarantine()
	s.quarantine.screening.Wait()
	lists, err := filepath.Glob(filepath.Join(v.aside, "pack", "*.idx"))
	if err != nil || len(lists) == 0 {
		t.Fatal(lists, err)
	}
	for _, list := range lists {
		if err := errors.Join(os.Chmod(list, 0o600), os.Truncate(list, 0)); err != nil {
			t.Skip(err) // Windows cuts no file that is mapped
		}
	}
	s.sweep()
	if got := (result{coverage: o.Coverage}).unreadable(); !strings.Contains(got, "quarantine") {
		t.Errorf("unreadable: %s", got)
	}
}

// TestScreenedAlongDeltas: what is built on something clean need not be, wherever it differs, nor what is built on
// something with keys or on a container.
func TestScreenedAlongDeltas(t *testing.T) {
	v := &server{r: rand.New(rand.NewPCG(7, 7))}
	plain, key := v.text(100), "k = "+keyNamed("along")+"\n"
	inBase64 := "\n" + base64.StdEncoding.EncodeToString([]byte(scantest.Gzip(t, key))) + "\n"
	for what, pair := range map[string][2]string{
		"a key":                             {plain, key + plain},
		"a container":                       {plain, zipped(plain, key)},
		"a container at the beginning":      {plain, zipped("", key) + plain},
		"a container built on another":      {zipped(plain, "nothing\n"), zipped(plain[:200]+v.text(1)+plain[200:], key)},
		"built on a key and a container":    {zipped(key+plain, key), zipped(v.text(1)+plain, key)},
		"built on a container as it stands": {zipped(plain, key), v.text(1) + zipped(plain, key)},
		"base64 of a container":             {plain, plain + inBase64},
		"built on base64 as it stands":      {plain + inBase64 + plain, v.text(1) + plain + inBase64 + plain},
		"built on a key and base64":         {key + plain + inBase64 + plain, v.text(1) + plain + inBase64 + plain},
	} {
		dir := realTempDir(t)
		git(t, dir, "init", "-q", "--bare")
		aside := filepath.Join(dir, "aside")
		if err := os.MkdirAll(filepath.Join(aside, "pack"), 0o700); err != nil {
			t.Fatal(err)
		}
		base, target := gitObject{blobID(pair[0]), "blob", pair[0]}, gitObject{blobID(pair[1]), "blob", pair[1]}
		writePack(t, aside, []packedEntry{{gitObject: base}, {target, &base, makeDelta(pair[0], pair[1])}})
		pushed := &server{dir: dir, aside: aside}
		got := pushed.check(t, Options{})
		if n := strings.Count(fmt.Sprint(blobsOf(got.found)), target.id); n == 0 {
			t.Errorf("%s: the key is not found: %s", what, got.unreadable())
		}
	}
}

func blobsOf(found []scanner.Finding) (ids []string) {
	for _, f := range found {
		ids = append(ids, f.Blob)
	}
	return ids
}
