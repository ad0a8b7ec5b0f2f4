package history

import (
	"context"
	"maps"
	"slices"

	"skleak/scanner/git/deltas"
	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// readEdges is the first walk: to every tree, and to the blobs with keys. What the search noted of the packs need not
// be read again.
func (s *search) readEdges(ctx context.Context, leafOf map[uint32]uint32) (edges []edge, err error) {
	blobs := s.filterOfNumbers(slices.Collect(maps.Keys(leafOf)))
	var parts []*[]edge
	newVisit := func() visit {
		var part []edge
		s.mu.Lock()
		parts = append(parts, &part)
		s.mu.Unlock()
		return func(o *pack.Object, number uint32, first bool) pack.Mark {
			part = s.noteEdges(part, o, number, blobs)
			return allOfCopy(first)
		}
	}
	if s.knowTrees(len(leafOf)) {
		edges = s.notes.edges
		err = s.eachLooseOf(ctx, pack.Kinds(pack.Tree), newVisit)
	} else {
		err = s.eachObject(ctx, pack.Kinds(pack.Tree), nil, newVisit)
	}
	for _, p := range parts {
		edges = append(edges, *p...)
	}
	return edges, err
}

// noteEdges appends the edges that a tree's delta brings in.
func (s *search) noteEdges(edges []edge, o *pack.Object, number uint32, blobs *oid.Filter) []edge {
	size := s.repo.db.Format.Size()
	s.eachNew(o, func(e object.Entry) {
		if e.Mode == object.Submodule || e.Mode != object.Folder && !blobs.MayHave(e.ID) {
			return
		}
		if child, ok := s.repo.db.Number(e.ID[:size]); ok {
			edges = append(edges, edge{child, number})
		}
	})
	return edges
}

// listsAll marks the trees whose delta children list all their entries.
const listsAll pack.Mark = 1 << 2

// allOfCopy marks a copy that does not count: the climb knows the delta children of first copies only.
func allOfCopy(first bool) pack.Mark {
	if first {
		return 0
	}
	return listsAll
}

// eachNew calls f for the entries that a tree does not share with its base, and perhaps for their neighbours.
func (s *search) eachNew(o *pack.Object, f func(object.Entry)) {
	r := object.NewTreeReader(o.Content, s.repo.db.Format)
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
				f(e)
			}
		}
	}
}

// notes are what the search takes down of packed trees and commits once it knows of blobs with keys, so that tracing
// these need not go through the packs again for it. Clean repositories, which are most, pay nothing.
type notes struct {
	leaves int         // blobs that had keys when the notes were begun
	blobs  *oid.Filter // their ids
	loose  int         // folders of loose objects then

	edges []edge
	nodes []commitNode
}

// beginNotes begins them if there is a reason.
func (s *search) beginNotes() {
	numbers := s.blobHits()
	if len(numbers) == 0 {
		return
	}
	s.notes = &notes{leaves: len(numbers), blobs: s.filterOfNumbers(numbers), loose: len(s.repo.db.Loose)}
}

// blobHits are the numbers of the blobs that are known to hold keys.
func (s *search) blobHits() (numbers []uint32) {
	for number, h := range s.hits {
		if h.kind == pack.Blob {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// add adds what one worker noted; nil has no use for it.
func (n *notes) add(edges []edge, nodes []commitNode) {
	if n != nil {
		n.edges = append(n.edges, edges...)
		n.nodes = append(n.nodes, nodes...)
	}
}

// knowCommits tells whether what the notes say of packed commits is all: a parent may have come only after they were
// read.
func (s *search) knowCommits() bool { return s.notes != nil && s.notes.loose == len(s.repo.db.Loose) }

// knowTrees tells whether what they say of packed trees is all: loose blobs with keys are found only after the packs
// were read.
func (s *search) knowTrees(leaves int) bool { return s.knowCommits() && s.notes.leaves == leaves }

// note notes what an object says of the way to blobs with keys.
func (v *searcher) note(o *pack.Object, number uint32, first bool) pack.Mark {
	switch {
	case v.notes == nil:
	case o.Kind == pack.Tree:
		v.edges = v.noteEdges(v.edges, o, number, v.notes.blobs)
		return allOfCopy(first)
	case o.Kind == pack.Commit && first:
		if n, ok := v.readNode(o.Content, number); ok {
			v.nodes = append(v.nodes, n)
		}
	}
	return 0
}
