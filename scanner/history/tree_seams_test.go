package history

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
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
	t.Parallel()
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
	for i := range 12 {
		ids, names = append(ids, newID()), append(names, fmt.Sprintf("%c%s", 'a'+i, strings.Repeat("x", r.IntN(30))))
	}
	base := add(ids, names, nil, nil)
	diff := func(target string) []byte { return makeDelta(base.content, target) }
	with := func(at int, id []byte) [][]byte {
		changed := append([][]byte(nil), ids...)
		changed[at] = id
		return changed
	}
	for at := range ids {
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
