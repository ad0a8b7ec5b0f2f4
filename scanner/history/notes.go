package history

import "skleak/scanner/history/pack"

// notes are what the search takes down of packed trees and commits once it knows of blobs with keys, so that tracing these
// need not go through the packs again for it. Clean repositories, which are most, pay nothing.
type notes struct {
	leaves int       // blobs that had keys when the notes were begun
	blobs  *idFilter // their ids

	edges []edge
	nodes []commitNode
}

// beginNotes begins them if there is a reason.
func (s *search) beginNotes() {
	numbers := s.blobHits()
	if len(numbers) == 0 {
		return
	}
	s.notes = &notes{leaves: len(numbers), blobs: s.filterOfNumbers(numbers)}
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

// complete tells whether the notes know of all the blobs that hold keys: loose ones are read after the packs.
func (n *notes) complete(leaves int) bool { return n != nil && n.leaves == leaves }

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
