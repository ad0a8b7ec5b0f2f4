package holders

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/bits"
	"slices"
	"sync/atomic"

	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/git/passes"
	"skleak/scanner/history/internal/keyset"
)

// readLinks is the second pass: the entries of the candidates that lead to leaves or to other candidates.
func (h *Holders) readLinks(ctx context.Context, q Question, candidates pack.Bitmap, held *atomic.Int64) error {
	wanted := make([]uint32, 0, len(h.leafOf))
	for blob := range h.leafOf {
		wanted = append(wanted, blob)
	}
	for i, word := range candidates {
		for ; word != 0; word &= word - 1 {
			wanted = append(wanted, uint32(i*64+bits.TrailingZeros64(word)))
		}
	}
	ids := filterOf(q.Objects.DB, wanted)
	named := make(map[uint32]bool, len(q.Trees))
	for _, tree := range q.Trees {
		named[tree] = true
	}
	var parts []*linkReader
	err := q.Objects.All(ctx, passes.Pass{Kinds: pack.Kinds(pack.Tree), Margin: 1, Need: candidates,
		New: func() passes.Visitor {
			part := &linkReader{holders: h, db: q.Objects.DB, candidates: candidates, wanted: ids, named: named,
				keyNames: q.KeyNames(), held: held, most: q.Memory / linkShare,
				lately: make([]target, 1<<latelyBits), nameIndex: map[string]uint32{}}
			parts = append(parts, part)
			return part
		}})
	h.merge(parts)
	return err
}

// linkReader is one worker's share of the second pass.
type linkReader struct {
	passes.Nothing
	holders    *Holders // of which leafOf alone is read
	db         *odb.DB
	candidates pack.Bitmap
	wanted     *oid.Filter     // ids of candidates and leaves
	named      map[uint32]bool // trees with keys in names
	keyNames   func(tree []byte, f func(name string, keys []uint32))
	lately     []target // what ids lead to, by their first bits: neighbouring trees name the same ones

	held *atomic.Int64 // links, by all workers
	most int64

	links     []treeLink
	keysIn    []nameKeys
	names     []string
	nameIndex map[string]uint32
}

// linkShare: of so many bytes of memory one link may be held, which takes up to half of them.
const linkShare = 64

// treeLink is a link of a tree, whose name is not yet in the common table.
type treeLink struct {
	tree uint32
	link
}

// nameKeys is a name with keys in a tree.
type nameKeys struct {
	tree, name uint32
	keys       []uint32
}

// latelyBits is how many bits of an id choose its place in linkReader.lately.
const latelyBits = 13

// target is what an id leads to.
type target struct {
	id   oid.ID
	as   targetKind
	node uint32 // number of a tree, or index of a leaf
}

type targetKind uint8

const (
	unknown targetKind = iota // nothing is known of the id
	toNothing
	toTree // one of the candidates
	toLeaf
)

func (l *linkReader) Visit(o *pack.Object, number uint32, counts bool) pack.Mark {
	if !counts || !l.candidates.Has(number) {
		return 0
	}
	if l.named[number] {
		l.keyNames(o.Content, func(name string, keys []uint32) {
			if l.mayHold() {
				l.keysIn = append(l.keysIn, nameKeys{number, l.name([]byte(name)), keys})
			}
		})
	}
	r := object.NewTreeReader(o.Content, l.db.Format)
	for r.SeekID(l.wanted) {
		e, ok, err := r.Next()
		if !ok || err != nil {
			break // the search reported the error
		}
		if e.Mode == object.Submodule {
			continue
		}
		to := l.target(e.ID)
		leaf, folder := to.as == toLeaf, e.Mode == object.Folder
		if (leaf && !folder || to.as == toTree && folder) && l.mayHold() {
			l.links = append(l.links, treeLink{number, link{l.name(e.Name), to.node, leaf}})
		}
	}
	return 0
}

// mayHold counts a link; it is false once there are more than may be held.
func (l *linkReader) mayHold() bool { return l.held.Add(1) <= l.most }

// target finds what an id leads to.
func (l *linkReader) target(id []byte) target {
	slot := &l.lately[binary.BigEndian.Uint16(id)>>(16-latelyBits)]
	if slot.as != unknown && bytes.Equal(slot.id[:len(id)], id) {
		return *slot
	}
	*slot = target{id: oid.FromBytes(id), as: toNothing}
	if child, ok := l.db.Number(id); ok {
		if at, ok := l.holders.leafOf[child]; ok {
			slot.as, slot.node = toLeaf, at
		} else if l.candidates.Has(child) {
			slot.as, slot.node = toTree, child
		}
	}
	return *slot
}

func (l *linkReader) name(name []byte) uint32 {
	if i, ok := l.nameIndex[string(name)]; ok {
		return i
	}
	text := string(name)
	l.nameIndex[text] = uint32(len(l.names))
	l.names = append(l.names, text)
	return uint32(len(l.names) - 1)
}

// merge brings the workers' links together, with one table of names, and makes a leaf of each name with keys.
func (h *Holders) merge(parts []*linkReader) {
	for _, p := range parts {
		h.names = append(h.names, p.names...)
	}
	slices.Sort(h.names)
	h.names = slices.Compact(h.names)
	leafOf := map[uint32]uint32{} // by name
	for _, p := range parts {
		table := make([]uint32, len(p.names))
		for i, name := range p.names {
			at, _ := slices.BinarySearch(h.names, name)
			table[i] = uint32(at)
		}
		for _, l := range p.links {
			l.name = table[l.name]
			h.links[l.tree] = append(h.links[l.tree], l.link)
		}
		for _, n := range p.keysIn {
			name := table[n.name]
			if _, known := leafOf[name]; !known {
				leafOf[name] = uint32(len(h.Leaves))
				h.Leaves = append(h.Leaves,
					Leaf{Number: odb.Absent, Name: h.names[name], Keys: keyset.New(slices.Clone(n.keys))})
			}
			h.links[n.tree] = append(h.links[n.tree], link{name, leafOf[name], true})
		}
		p.links, p.keysIn = nil, nil
	}
}
