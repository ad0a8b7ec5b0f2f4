package history

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"

	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// naming says that an object names an id.
type naming struct {
	id   oid.ID
	kind pack.Kind // what it is named as; 0 where that is not said
	from pack.Kind // what names it
	by   uint32    // the number of what names it
}

// namings holds the ids that objects name until there are enough to look them up together: a million looks into a
// large idx, one at a time, are as many waits for memory, and those of a batch overlap. Ids that begin with
// the same byte lie close together in the idx.
type namings struct {
	byFirst [256][]naming
	lately  []oid.ID // ids found to be there lately, by their first bits: neighbouring trees name the same ones
}

func (n *namings) slot(id []byte) *oid.ID {
	if n.lately == nil {
		n.lately = make([]oid.ID, 1<<namingLately)
	}
	return &n.lately[binary.BigEndian.Uint16(id)>>(16-namingLately)]
}

// namingLately is how many bits of an id choose its place in namings.lately. With 16, 2.1 in place of 2.9 million ids of git's
// own repository are looked up, and it takes as long all the same: the table no longer fits the cache beside the processor.
const namingLately = 13

// namingBatch is how many ids with the same first byte are looked up together.
const namingBatch = 128

// exists makes sure that an id is there, if not now.
func (v *searcher) exists(id []byte, kind, from pack.Kind, by uint32) {
	if slot := v.named.slot(id); bytes.Equal(slot[:len(id)], id) && !slot.IsZero() {
		return
	}
	batch := &v.named.byFirst[id[0]]
	if *batch == nil {
		*batch = make([]naming, 0, namingBatch)
	}
	*batch = append(*batch, naming{oid.FromBytes(id), kind, from, by})
	if len(*batch) == namingBatch {
		v.lookUp(batch)
	}
}

// lookUp notes which ids of a batch are missing, and empties it.
func (v *searcher) lookUp(batch *[]naming) {
	size := v.repo.db.Format.Size()
	for i := range *batch {
		v.repo.db.Prefetch((*batch)[i].id[:size])
	}
	for _, n := range *batch {
		if v.repo.db.Has(n.id[:size]) {
			*v.named.slot(n.id[:]) = n.id
		} else if !isEmptyTree(n.id[:size]) {
			v.missing[n.id] = absence{n.kind, v.repo.db.ID(n.by), n.from}.orEarlier(v.missing[n.id])
		}
	}
	*batch = (*batch)[:0]
}

// lookUpAll does so for all that is left.
func (v *searcher) lookUpAll() {
	for i := range v.named.byFirst {
		v.lookUp(&v.named.byFirst[i])
	}
}

// isEmptyTree knows the one object that git takes for granted, stored or not.
func isEmptyTree(id []byte) bool {
	switch hex.EncodeToString(id) {
	case "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321":
		return true
	}
	return false
}

// checkTree checks that what a tree names is there. Entries that were copied whole from the tree it is a delta
// of were checked with that one.
func (v *searcher) checkTree(o *pack.Object, number uint32) error {
	r := treeReader{content: o.Content, hash: v.repo.db.Format.Size()}
	dirty, margin := o.Dirty, v.Rules.Overlap()
	if !o.Delta {
		dirty = []pack.Range{{From: 0, To: len(o.Content)}}
	}
	for _, d := range dirty {
		// What is in the margin only was copied: an entry that lies behind or before it was not touched.
		if d.From > 0 {
			d.From += margin
		}
		if d.To < len(o.Content) {
			d.To -= margin
		}
		r.seek(d.From)
		for r.at < d.To {
			e, ok, err := r.next()
			if err != nil {
				return err
			}
			if !ok || r.at <= d.From || e.isGitlink() {
				continue
			}
			kind := pack.Blob
			if e.isTree() {
				kind = pack.Tree
			}
			v.exists(e.id, kind, pack.Tree, number)
		}
	}
	return nil
}

// checkCommit checks that the tree and the parents of a commit are there; those of a commit at the edge
// of a shallow clone are not, and that is counted, once for all copies of the commit.
func (v *searcher) checkCommit(content []byte, number uint32, first bool) error {
	head, err := parseCommitHead(content, v.repo.db.Format)
	if err != nil {
		return err
	}
	size := v.repo.db.Format.Size()
	v.exists(head.tree[:size], pack.Tree, pack.Commit, number)
	if len(v.shallow) > 0 && v.shallow[v.repo.db.ID(number)] {
		if first {
			v.shallowEdges++
		}
		return nil
	}
	for _, p := range head.parents {
		v.exists(p[:size], pack.Commit, pack.Commit, number)
	}
	return nil
}

// checkTag checks that what a tag names is there.
func (v *searcher) checkTag(content []byte, number uint32) error {
	id, kind, err := parseTagHead(content, v.repo.db.Format)
	if err != nil {
		return err
	}
	v.exists(id[:v.repo.db.Format.Size()], kind, pack.Tag, number)
	return nil
}

// parseTagHead reads the lines that every tag begins with: what it names, and of what kind that is; 0 for a kind that
// there is not.
func parseTagHead(content []byte, f oid.Format) (id oid.ID, kind pack.Kind, err error) {
	id, rest, ok := cutIDLine(content, "object ", f)
	name, named := bytes.CutPrefix(rest, []byte("type "))
	name, _, lineEnds := bytes.Cut(name, []byte{'\n'})
	if !ok || !named || !lineEnds {
		return id, 0, errors.New("it is no well-formed tag: it does not begin with an object and its type")
	}
	kind, _ = pack.ParseKind(string(name))
	return id, kind, nil
}

// commitHead is what links a commit to others.
type commitHead struct {
	tree    oid.ID
	parents []oid.ID
}

// parseCommitHead reads the lines that every commit begins with.
func parseCommitHead(content []byte, f oid.Format) (h commitHead, err error) {
	tree, rest, ok := cutIDLine(content, "tree ", f)
	if !ok {
		return h, errors.New("it is no well-formed commit: it does not begin with a tree")
	}
	h.tree = tree
	for {
		parent, next, ok := cutIDLine(rest, "parent ", f)
		if !ok {
			return h, nil
		}
		h.parents = append(h.parents, parent)
		rest = next
	}
}

// cutIDLine reads a line of a keyword and an id in hex.
func cutIDLine(text []byte, keyword string, f oid.Format) (id oid.ID, rest []byte, ok bool) {
	digits := f.Size() * 2
	rest, ok = bytes.CutPrefix(text, []byte(keyword))
	if !ok || len(rest) <= digits || rest[digits] != '\n' {
		return id, text, false
	}
	if _, err := hex.Decode(id[:], rest[:digits]); err != nil {
		return oid.ID{}, text, false
	}
	return id, rest[digits+1:], true
}
