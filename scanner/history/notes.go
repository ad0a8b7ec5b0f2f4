package history

import (
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

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
