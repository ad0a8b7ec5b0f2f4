package history

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/git/pack"
	"skleak/scanner/git/passes"
)

// suspectChecker holds the candidates of each delta, as they follow from those of its base, against searching it whole.
type suspectChecker struct {
	passes.Nothing
	glancer
	t            *testing.T
	known, found int
}

func (c *suspectChecker) Visit(o *pack.Object, _ uint32, _ bool) pack.Mark {
	var want []uint32
	for at := c.rules.Next(o.Content, 0); at >= 0; at = c.rules.Next(o.Content, at+1) {
		want = append(want, uint32(at))
	}
	if o.Delta {
		list, known := c.suspectsIn(o)
		if known {
			c.known++
			c.found += len(list)
		}
		if known && !slices.Equal(list, want) {
			c.t.Errorf("%q: candidates at %d, want %d", o.Content, list, want)
		}
	}
	if len(want) == 0 {
		return isClear
	}
	c.leaveAll(o)
	return isPassed
}

// TestSuspects does so where deltas cut candidates, long and short, anywhere, and put pieces of them together.
func TestSuspects(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(51, 52))
	dir := realTempDir(t)
	git(t, dir, "init", "-q", "--bare")
	own, err := rules.Compile([]rules.Rule{{ID: "short", Literals: []string{"Zsecre"}}}) // a candidate of six bytes
	if err != nil {
		t.Fatal(err)
	}
	set, err := provider.New(own, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := func(pieces int) string {
		var b strings.Builder
		for range pieces {
			b.WriteString([]string{"sk_" + "live_", "Zsecre", "Zsecre", "sk_te", "Zsec", "re", "st_", "x"}[r.IntN(8)])
			b.WriteString(prose(r.Uint64()%50, r.IntN(4)))
		}
		return b.String()
	}
	var entries []packedEntry
	for range 20 {
		first := prose(r.Uint64()%50, 40) + text(30)
		versions := []*gitObject{{blobID(first), "blob", first}}
		entries = append(entries, packedEntry{gitObject: *versions[0]})
		for range 30 {
			base := versions[r.IntN(len(versions))]
			from, to := r.IntN(len(base.content)), r.IntN(len(base.content))
			from, to = min(from, to), max(from, to)
			content := base.content[:from] + text(r.IntN(3)) + base.content[to:]
			if r.IntN(3) == 0 {
				content = base.content[from:to] + text(r.IntN(3)) + base.content[:from] + base.content[to:]
			}
			if r.IntN(3) == 0 {
				content = content[:len(content)-r.IntN(min(len(content), 9))]
			}
			next := &gitObject{blobID(content), "blob", content}
			versions = append(versions, next)
			entries = append(entries, packedEntry{*next, base, piecesOf(r, base.content, content)})
		}
	}
	writePack(t, objectsOf(dir), unique(entries))
	repo, err := open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	repo.list()
	s := newSearch(repo, Options{Rules: set, Coverage: &scanner.Coverage{}, Jobs: 1, Progress: &scanner.Progress{}})
	s.layOut(t.Context())
	c := &suspectChecker{glancer: glancer{rules: set}, t: t}
	pass := passes.Pass{Kinds: pack.Kinds(pack.Blob), Margin: set.Overlap(), New: func() passes.Visitor { return c }}
	if err := s.all.Packs(t.Context(), pass); err != nil {
		t.Fatal(err)
	}
	if c.known < 300 || c.found < 2000 {
		t.Errorf("only of %d deltas are the candidates known, %d in all", c.known, c.found)
	}
}
