package holders

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"sync"

	"skleak/scanner/git/deltas"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/git/passes"
)

// Notes tell of each tree its leads: the entries that may lead to a blob with keys, which are the folders, and these blobs
// themselves. A search that knows of such blobs takes them down on its way through all trees, and no tree needs to be
// read again for it.
//
// What a tree shares with its base is noted as that, so there is little to note of most trees. The notes of a tree are
// words of 32 bits: its number, the number of its base, how many words follow, and two words for each step:
//
//	number of a name, isFolder; number of the tree     a folder
//	number of a name, isLeaf; index of the blob        a blob with keys
//	number of a lead of the base, isCopy; how many     so many leads of the base, from one on
//
// The kind of the step is in the lowest two bits. A tree without leads has no notes.
type Notes struct {
	db     *odb.DB
	blobs  []uint32          // with keys
	leafOf map[uint32]uint32 // index by number of a blob
	ids    *oid.Filter       // of the blobs
	loose  int               // folders of loose objects when the notes were begun
	names  names

	mu     sync.Mutex
	takers []*Taker
	idle   []*Taker // of these: a walk of each pack takes some, and there may be thousands of packs
}

const (
	isFolder = iota
	isLeaf
	isCopy

	kindBits = 2
	stepKind = 1<<kindBits - 1

	noteHead = 3 // words of a tree's notes before its steps
)

// NewNotes begins the notes for some blobs, by their numbers, of which there is memory for.
func NewNotes(db *odb.DB, blobs []uint32, memory int64) *Notes {
	n := &Notes{db: db, blobs: blobs, leafOf: map[uint32]uint32{}, ids: oid.NewFilter(len(blobs)), loose: len(db.Loose),
		names: names{most: memory / nameShare}}
	for i, number := range blobs {
		id := db.ID(number)
		n.ids.Add(id[:])
		n.leafOf[number] = uint32(i)
	}
	return n
}

// Complete tells whether notes that were taken in a first pass have all objects: a folder of loose objects may have
// come late, with what others name.
func (n *Notes) Complete() bool { return n.loose == len(n.db.Loose) }

// isCut tells whether there was no room for all that was to be noted.
func (n *Notes) isCut() bool {
	blocks := 0
	for _, t := range n.takers {
		blocks += len(t.blocks)
	}
	return n.names.full || blocks > mostBlocks
}

// take takes the notes in a pass of their own.
func (n *Notes) take(ctx context.Context, all *passes.Objects) error {
	return all.All(ctx, passes.Pass{Kinds: pack.Kinds(pack.Tree), Margin: 1,
		New: func() passes.Visitor { return n.NewTaker() }})
}

// NewTaker returns what takes the notes of one worker, until it is Done.
func (n *Notes) NewTaker() *Taker {
	n.mu.Lock()
	defer n.mu.Unlock()
	if last := len(n.idle) - 1; last >= 0 {
		t := n.idle[last]
		n.idle = n.idle[:last]
		return t
	}
	t := &Taker{notes: n, names: map[string]uint32{}, lately: make([]child, 1<<latelyBits)}
	n.takers = append(n.takers, t)
	return t
}

// Done implements passes.Visitor.
func (t *Taker) Done() {
	t.notes.mu.Lock()
	defer t.notes.mu.Unlock()
	t.notes.idle = append(t.notes.idle, t)
}

// Taker takes notes, tree by tree. One goroutine at a time.
type Taker struct {
	passes.Nothing
	notes  *Notes
	blocks [][]uint32        // what was noted
	names  map[string]uint32 // that it has asked for
	lately []child           // what ids name, by their first bits: neighbouring trees name the same ones

	// Of the tree at hand:
	base  *leads   // of its base; nil if they are not known
	steps []uint32 // noted so far
	ends  []uint32 // where its leads end, so far
}

// leads are what is known of a tree's leads as long as others may be built on it.
type leads struct {
	tree uint32   // whose notes have them
	ends []uint32 // where they end in the tree's content, in order
}

// blockWords is how many words a block of notes has; more only for a tree with more.
const blockWords = 1 << 14

// mostBlocks is how many blocks there may be for a word of 32 bits to tell where in them something is: 16 GB.
const mostBlocks = 1 << 32 / blockWords

// latelyBits is how many bits of an id choose its place in Taker.lately.
const latelyBits = 11

// child is what an id names.
type child struct {
	id    oid.ID
	kind  object.Mode // as which it was asked for; 0: nothing is known of the id
	found bool
	node  uint32 // number of a tree, or index of a leaf
}

// Visit implements passes.Visitor, for a pass of the notes' own.
func (t *Taker) Visit(o *pack.Object, number uint32, counts bool) pack.Mark {
	if counts { // what is built on another copy has all its leads noted
		t.Take(o, number)
	}
	return 0
}

// Take notes a tree.
func (t *Taker) Take(o *pack.Object, number uint32) {
	_ = t.Along(o, number, func(v object.FreshVisitor) error { // the search reports the error
		return object.EachFresh(o, t.KnowsBase(o), t.notes.db.Format, v)
	})
}

// KnowsBase tells whether the leads of a tree's base are known.
func (t *Taker) KnowsBase(o *pack.Object) bool { return o.Delta && leadsOf(o) != nil }

func leadsOf(o *pack.Object) *leads {
	known, _ := o.Base.(*leads)
	return known
}

// Along notes a tree while somebody else goes through it: by object.EachFresh, on its base if that is known. It returns
// what that returns: of a tree that could not be read to its end, no leads are known to what is built on it.
func (t *Taker) Along(o *pack.Object, number uint32, through func(object.FreshVisitor) error) error {
	t.base, t.steps, t.ends = leadsOf(o), t.steps[:0], t.ends[:0]
	err := through(t)
	base := uint32(odb.Absent)
	if t.base != nil {
		base = t.base.tree
	}
	if len(t.steps) > 0 {
		t.note(number, base)
	}
	if err == nil && uint64(len(o.Content)) < math.MaxUint32 {
		o.Keep = t.known(number)
	}
	return err
}

// known are the leads of the tree at hand, for those that are built on it.
func (t *Taker) known(number uint32) *leads {
	switch {
	case len(t.ends) == 0:
		return noLeads
	case t.base == nil || !slices.Equal(t.base.ends, t.ends):
		return &leads{number, slices.Clone(t.ends)}
	case t.isBase():
		return t.base
	}
	return &leads{number, t.base.ends}
}

// noLeads are those of a tree that has none: its notes need not be looked for.
var noLeads = &leads{tree: odb.Absent}

// isBase tells whether the tree at hand has just the leads of its base.
func (t *Taker) isBase() bool {
	return len(t.steps) == 2 && t.steps[0] == isCopy && int(t.steps[1]) == len(t.base.ends)
}

// note writes down the steps of the tree at hand.
func (t *Taker) note(number, base uint32) {
	words := noteHead + len(t.steps)
	last := len(t.blocks) - 1
	if last < 0 || cap(t.blocks[last])-len(t.blocks[last]) < words {
		t.blocks = append(t.blocks, make([]uint32, 0, max(blockWords, words)))
		last++
	}
	t.blocks[last] = append(append(t.blocks[last], number, base, uint32(len(t.steps))), t.steps...)
}

// Fresh implements object.FreshVisitor.
func (t *Taker) Fresh(e object.Entry, end int) {
	kind := uint32(isLeaf)
	switch {
	case e.Mode == object.Submodule:
		return
	case e.Mode == object.Folder:
		kind = isFolder
	case !t.notes.ids.MayHave(e.ID):
		return
	}
	node, ok := t.child(e)
	if !ok {
		return
	}
	if name, ok := t.name(e.Name); ok {
		t.steps = append(t.steps, name<<kindBits|kind, node)
		t.ends = append(t.ends, uint32(end))
	}
}

// Shared implements object.FreshVisitor.
func (t *Taker) Shared(part deltas.Range, shift int) {
	ends := t.base.ends
	first, _ := slices.BinarySearch(ends, uint32(part.From)+1)
	count, _ := slices.BinarySearch(ends[first:], uint32(part.To)+1)
	if count == 0 {
		return
	}
	for _, end := range ends[first : first+count] {
		t.ends = append(t.ends, uint32(int(end)+shift))
	}
	if last := len(t.steps) - 2; last >= 0 && t.steps[last]&stepKind == isCopy &&
		t.steps[last]>>kindBits+t.steps[last+1] == uint32(first) {
		t.steps[last+1] += uint32(count)
		return
	}
	t.steps = append(t.steps, uint32(first)<<kindBits|isCopy, uint32(count))
}

// child finds what an entry names: a folder, or a blob with keys.
func (t *Taker) child(e object.Entry) (node uint32, ok bool) {
	kind := e.Mode
	if kind != object.Folder {
		kind = object.File
	}
	c := &t.lately[binary.BigEndian.Uint16(e.ID)>>(16-latelyBits)]
	if c.kind != kind || string(c.id[:len(e.ID)]) != string(e.ID) {
		*c = child{id: oid.FromBytes(e.ID), kind: kind}
		c.node, c.found = t.notes.db.Number(e.ID)
		if kind == object.File && c.found {
			c.node, c.found = t.notes.leafOf[c.node]
		}
	}
	return c.node, c.found
}

// name is the number of a name.
func (t *Taker) name(name []byte) (uint32, bool) {
	if number, ok := t.names[string(name)]; ok {
		return number, true
	}
	text := string(name)
	number, ok := t.notes.names.number(text)
	if ok {
		t.names[text] = number
	}
	return number, ok
}
