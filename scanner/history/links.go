package history

import (
	"bytes"
	"context"
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"

	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/keyset"
)

// namedLink is a link whose name is not yet in the common table.
type namedLink struct {
	tree uint32
	link
}

// readLinks is the second walk: the entries of the candidates that lead to hits or to other candidates.
func (s *search) readLinks(ctx context.Context, h *holders, leafOf map[uint32]uint32, candidates pack.Bitmap) error {
	wanted := s.filterOf(candidates, leafOf)
	var parts []*linkReader
	err := s.eachObject(ctx, pack.Kinds(pack.Tree), s.needed(candidates), func() visit {
		part := &linkReader{search: s, leafOf: leafOf, scanned: s.newSearcher(ctx, -1), candidates: candidates,
			wanted: wanted, lately: make([]target, 1<<latelyBits), nameIndex: map[string]uint32{}}
		s.mu.Lock()
		parts = append(parts, part)
		s.mu.Unlock()
		return part.visit
	})
	h.merge(parts)
	return err
}

// keyName is a name with keys in a tree.
type keyName struct {
	tree, name uint32
	keys       []uint32
}

// linkReader is one worker's share of the second walk.
type linkReader struct {
	search     *search
	scanned    *searcher // knows what is in names
	leafOf     map[uint32]uint32
	candidates pack.Bitmap
	wanted     *oid.Filter
	lately     []target // what ids lead to, by their first bits: neighbouring trees name the same ones

	links     []namedLink
	keyNames  []keyName
	names     []string
	nameIndex map[string]uint32
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

func (l *linkReader) visit(o *pack.Object, number uint32, first bool) pack.Mark {
	if !first || !l.candidates.Has(number) {
		return 0
	}
	if _, hasKeyNames := l.search.hits[number]; hasKeyNames {
		l.scanned.eachKeyName(o.Content, func(name string, keys []uint32) {
			if l.mayHold() {
				l.keyNames = append(l.keyNames, keyName{number, l.name([]byte(name)), keys})
			}
		})
	}
	r := object.NewTreeReader(o.Content, l.search.repo.db.Format)
	for r.SeekID(l.wanted) {
		e, ok, err := r.Next()
		if !ok || err != nil {
			break // the search reported the error
		}
		if e.Mode == object.Submodule {
			continue
		}
		switch to := l.target(e.ID); {
		case to.as == toLeaf && e.Mode != object.Folder:
			l.add(number, link{l.name(e.Name), to.node, true})
		case to.as == toTree && e.Mode == object.Folder:
			l.add(number, link{l.name(e.Name), to.node, false})
		}
	}
	return 0
}

// mayHold is false once there are more links than may be held.
func (l *linkReader) mayHold() bool { return l.search.links.Add(1) <= l.search.memory()/linkShare }

func (l *linkReader) add(tree uint32, to link) {
	if l.mayHold() {
		l.links = append(l.links, namedLink{tree, to})
	}
}

// linkShare: of so many bytes of memory one link may be held, which takes up to half of them.
const linkShare = 64

// target finds what an id leads to.
func (l *linkReader) target(id []byte) target {
	slot := &l.lately[binary.BigEndian.Uint16(id)>>(16-latelyBits)]
	if slot.as != unknown && bytes.Equal(slot.id[:len(id)], id) {
		return *slot
	}
	*slot = target{id: oid.FromBytes(id), as: toNothing}
	if child, ok := l.search.repo.db.Number(id); ok {
		if at, ok := l.leafOf[child]; ok {
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
func (h *holders) merge(parts []*linkReader) {
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
		for _, n := range p.keyNames {
			name := table[n.name]
			if _, known := leafOf[name]; !known {
				leafOf[name] = uint32(len(h.leaves))
				h.leaves = append(h.leaves, leaf{number: absent, name: h.names[name], keys: keyset.New(slices.Clone(n.keys))})
			}
			h.links[n.tree] = append(h.links[n.tree], link{name, leafOf[name], true})
		}
		p.links, p.keyNames = nil, nil
	}
}

// filterOf makes a filter of the candidates and the blobs with keys.
func (s *search) filterOf(candidates pack.Bitmap, leafOf map[uint32]uint32) *oid.Filter {
	numbers := slices.Collect(maps.Keys(leafOf))
	for i, word := range candidates {
		for ; word != 0; word &= word - 1 {
			numbers = append(numbers, uint32(i*64+bits.TrailingZeros64(word)))
		}
	}
	return s.filterOfNumbers(numbers)
}

// filterOfNumbers makes a filter of objects.
func (s *search) filterOfNumbers(numbers []uint32) *oid.Filter {
	f := oid.NewFilter(len(numbers))
	for _, number := range numbers {
		id := s.repo.db.ID(number)
		f.Add(id[:])
	}
	return f
}
