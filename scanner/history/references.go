package history

import (
	"bytes"
	"encoding/binary"

	"skleak/scanner/git/deltas"
	"skleak/scanner/git/object"
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

// namingLately is how many bits of an id choose its place in namings.lately. With 16, 2.1 in place of 2.9 million ids
// of git's own repository are looked up, and it takes as long all the same: the table no longer fits the cache beside
// the processor.
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
		} else if !object.IsEmptyTree(n.id[:size]) {
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

// checkTree checks that what a tree names is there. Entries that were copied whole from the tree it is a delta
// of were checked with that one.
func (v *searcher) checkTree(o *pack.Object, number uint32) error {
	r := object.NewTreeReader(o.Content, v.repo.db.Format)
	dirty, margin := o.Dirty, v.Rules.Overlap()
	if !o.Delta {
		dirty = []deltas.Range{{From: 0, To: len(o.Content)}}
	}
	for _, d := range dirty {
		// What is in the margin only was copied: an entry that lies behind or before it was not touched.
		if d.From > 0 {
			d.From += margin
		}
		if d.To < len(o.Content) {
			d.To -= margin
		}
		r.Seek(d.From)
		for r.At < d.To {
			e, ok, err := r.Next()
			if err != nil {
				return err
			}
			if !ok || r.At <= d.From || e.Mode == object.Submodule {
				continue
			}
			kind := pack.Blob
			if e.Mode == object.Folder {
				kind = pack.Tree
			}
			v.exists(e.ID, kind, pack.Tree, number)
		}
	}
	return nil
}

// checkCommit checks that the tree and the parents of a commit are there; those of a commit at the edge
// of a shallow clone are not, and that is counted, once for all copies of the commit.
func (v *searcher) checkCommit(content []byte, number uint32, first bool) error {
	head, err := object.ParseCommit(content, v.repo.db.Format)
	if err != nil {
		return err
	}
	size := v.repo.db.Format.Size()
	v.exists(head.Tree[:size], pack.Tree, pack.Commit, number)
	if len(v.shallow) > 0 && v.shallow[v.repo.db.ID(number)] {
		if first {
			v.shallowEdges++
		}
		return nil
	}
	for _, p := range head.Parents {
		v.exists(p[:size], pack.Commit, pack.Commit, number)
	}
	return nil
}

// checkTag checks that what a tag names is there.
func (v *searcher) checkTag(content []byte, number uint32) error {
	tag, err := object.ParseTag(content, v.repo.db.Format)
	if err != nil {
		return err
	}
	v.exists(tag.Object[:v.repo.db.Format.Size()], tag.Kind, pack.Tag, number)
	return nil
}
