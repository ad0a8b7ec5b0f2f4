package holders

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"skleak/scanner/git/deltas"
	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// FuzzTreePart reads a part of a tree, as of one that is a delta: whoever looks at a part sees all ids in it.
func FuzzTreePart(f *testing.F) {
	id := strings.Repeat("0123456789abcdef", 3)[:40]
	for _, s := range []string{
		rawTree("100644 a", id, "40000 b", id), rawTree("100755 run", id, "120000 link", id, "160000 module", id, "0100644 padded", id),
		rawTree("100644 a 100644 b", id, "40000 40000 c", id), rawTree("100644 "+strings.Repeat("long", 300), id), rawTree("240000 odd", id),
	} {
		f.Add([]byte(s), uint16(3), uint16(40))
	}
	f.Fuzz(func(t *testing.T, content []byte, from, length uint16) {
		if object.EachEntry(content, oid.SHA1, func(object.Entry) {}) == nil {
			sameInPart(t, content, int(from), int(length))
		}
	})
}

// sameInPart reads what stands in a range alone. Ids that look like the beginning of an entry are left out: see
// TreeReader.Seek.
func sameInPart(t *testing.T, content []byte, from, length int) {
	from = min(from, len(content))
	part := deltas.Range{From: from, To: min(from+length, len(content))}
	seen := map[string]bool{}
	o := &pack.Object{Kind: pack.Tree, Content: content, Delta: true, Dirty: []deltas.Range{part}}
	eachNew(o, oid.SHA1, func(e object.Entry) { seen[string(e.ID)] = true })
	r := object.NewTreeReader(content, oid.SHA1)
	for at := 0; ; at = r.At {
		e, ok, _ := r.Next()
		if !ok || bytes.IndexByte(e.ID, ' ') >= 0 {
			return
		}
		if at < part.To && r.At > part.From && !seen[string(e.ID)] {
			t.Fatalf("bytes %d to %d: entry %q at %d is passed over", part.From, part.To, e.Name, at)
		}
	}
}

// rawTree writes a tree of entries, each a mode with a name and an id in hex.
func rawTree(entries ...string) string {
	var b strings.Builder
	for i := 0; i < len(entries); i += 2 {
		id, _ := hex.DecodeString(entries[i+1])
		b.WriteString(entries[i] + "\x00" + string(id))
	}
	return b.String()
}
