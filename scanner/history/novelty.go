package history

import (
	"context"
	"slices"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
)

// novelty tells the keys that a commit brings to a file from those that were there before. It is asked about files with
// keys only.
type novelty struct {
	Options
	ctx    context.Context // of the check that all this belongs to
	gate   *Gate
	reader *odb.LazyReader
	gone   []goneEntry

	goneKeys map[int]map[rules.Key]bool // by parent, once asked for: the keys in what is gone
}

// known returns which keys are not new in a file: those that a parent has at its path, and those that came from a file which is
// gone, as with a renaming.
func (n *novelty) known(f newFile) func(rules.Key) bool {
	there := map[rules.Key]bool{}
	var moved []map[rules.Key]bool
	for parent, id := range f.before {
		if id.IsZero() {
			moved = append(moved, n.keysGone(parent))
			continue
		}
		n.addKeys(id, there)
	}
	return func(k rules.Key) bool {
		return there[k] || slices.ContainsFunc(moved, func(keys map[rules.Key]bool) bool { return keys[k] })
	}
}

// keysGone are the keys in what a parent has and the commit has not.
func (n *novelty) keysGone(parent int) map[rules.Key]bool {
	if keys, ok := n.goneKeys[parent]; ok {
		return keys
	}
	keys := map[rules.Key]bool{}
	for _, e := range n.gone {
		if e.parent == parent {
			n.addName(e.path, keys)
			n.addBelow(e.id, e.tree, keys)
		}
	}
	if n.goneKeys == nil {
		n.goneKeys = map[int]map[rules.Key]bool{}
	}
	n.goneKeys[parent] = keys
	return keys
}

func (n *novelty) addName(name string, keys map[rules.Key]bool) {
	n.Rules.Scan([]byte(name), func(m rules.Match) { keys[m.Key] = true })
}

// addBelow adds the keys of a file, or of all files in a folder.
func (n *novelty) addBelow(id oid.ID, tree bool, keys map[rules.Key]bool) {
	if !tree {
		n.addKeys(id, keys)
		return
	}
	_, content, err := n.reader.Read(id)
	if err != nil {
		n.notRead(id, err)
		return
	}
	_ = object.EachEntry(content, n.gate.dir.Format, func(e object.Entry) { // of a broken tree, the rest counts as new
		n.addName(string(e.Name), keys)
		if e.Mode != object.Submodule {
			n.addBelow(oid.FromBytes(e.ID), (e.Mode == object.Folder), keys)
		}
	})
}

// addKeys adds the keys of a blob that was there before.
func (n *novelty) addKeys(id oid.ID, keys map[rules.Key]bool) {
	before := n.Options
	before.Coverage, before.Progress = &scanner.Coverage{}, &scanner.Progress{} // it is not what was asked for
	matches, err := searchBlob(n.ctx, n.reader, id, before)
	if err != nil {
		n.notRead(id, err)
	}
	for _, m := range matches {
		keys[m.key] = true
	}
}

// notRead says that what was there before is not known, so that keys may count as new which are not.
func (n *novelty) notRead(id oid.ID, err error) {
	n.unreadable(unreadableReason(err), "object "+n.gate.hex(id), "it was there before: "+err.Error())
}
