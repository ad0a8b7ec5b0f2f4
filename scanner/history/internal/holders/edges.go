package holders

import (
	"slices"

	"skleak/scanner/git/deltas"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Edge says that a tree's delta, or a tree that is no delta, brings in an entry.
type Edge struct{ child, tree uint32 }

// Notes are the edges that lead to blobs with keys. A search that knows of such blobs can take them down on its way
// through all trees, which spares a pass.
type Notes struct {
	db     *odb.DB
	leaves int         // blobs with keys
	blobs  *oid.Filter // their ids
	loose  int         // folders of loose objects when the notes were begun
	edges  []Edge
}

// NewNotes begins the notes for some blobs.
func NewNotes(db *odb.DB, blobs []uint32) *Notes {
	return &Notes{db: db, leaves: len(blobs), blobs: filterOf(db, blobs), loose: len(db.Loose)}
}

// Complete tells whether notes that were taken in a first pass have all objects: a folder of loose objects may have
// come late, with what others name.
func (n *Notes) Complete() bool { return n.loose == len(n.db.Loose) }

// Add adds the edges that one worker noted.
func (n *Notes) Add(edges []Edge) { n.edges = append(n.edges, edges...) }

// listsAll marks the trees whose delta children list all their entries.
const listsAll pack.Mark = 1 << 2

// Note appends the edges of a tree, and returns what Visit has to.
func (n *Notes) Note(edges []Edge, o *pack.Object, number uint32, counts bool) ([]Edge, pack.Mark) {
	eachNew(o, n.db.Format, func(e object.Entry) {
		if e.Mode == object.Submodule || e.Mode != object.Folder && !n.blobs.MayHave(e.ID) {
			return
		}
		if child, ok := n.db.Number(e.ID); ok {
			edges = append(edges, Edge{child, number})
		}
	})
	if counts {
		return edges, 0
	}
	return edges, listsAll // the climb knows the delta children of the copies that count only
}

// eachNew calls f for the entries that a tree does not share with its base, and perhaps for their neighbours.
func eachNew(o *pack.Object, f oid.Format, call func(object.Entry)) {
	r := object.NewTreeReader(o.Content, f)
	dirty := o.Dirty
	if !o.Delta || o.BaseMark&listsAll != 0 {
		dirty = []deltas.Range{{From: 0, To: len(o.Content)}}
	}
	for _, d := range dirty {
		r.Seek(d.From)
		for r.At < d.To {
			e, ok, err := r.Next()
			if !ok || err != nil {
				return
			}
			if r.At > d.From {
				call(e)
			}
		}
	}
}

// climb returns the trees that may hold keys, as a set of object numbers.
func climb(q Question, blobs []uint32, edges []Edge) pack.Bitmap {
	total := q.Objects.DB.Len()
	first := make([]uint32, total+1) // edges by child: where each child's begin
	for _, e := range edges {
		first[e.child+1]++
	}
	for i := range total {
		first[i+1] += first[i]
	}
	trees, next := make([]uint32, len(edges)), slices.Clone(first)
	for _, e := range edges {
		trees[next[e.child]] = e.tree
		next[e.child]++
	}
	found, builtOn := pack.NewBitmap(total), q.Objects.BuiltOn()
	stack := slices.Clone(q.Trees)
	push := func(child uint32) { stack = append(stack, trees[first[child]:first[child+1]]...) }
	for _, blob := range blobs {
		push(blob)
	}
	for len(stack) > 0 {
		tree := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if found.Has(tree) {
			continue
		}
		found.Add(tree)
		push(tree)
		builtOn(tree, func(child uint32) { stack = append(stack, child) })
	}
	return found
}

// filterOf makes a filter of objects.
func filterOf(db *odb.DB, numbers []uint32) *oid.Filter {
	f := oid.NewFilter(len(numbers))
	for _, number := range numbers {
		id := db.ID(number)
		f.Add(id[:])
	}
	return f
}
