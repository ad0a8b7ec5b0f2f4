package holders

import (
	"context"
	"maps"
	"slices"

	"skleak/scanner/git/odb"
	"skleak/scanner/git/pack"
	"skleak/scanner/git/passes"
	"skleak/scanner/history/internal/keyset"
)

// keyNames are the names with keys in trees.
type keyNames struct {
	keys map[string][]uint32 // by name
	in   []nameIn
	most int  // of in
	over bool // there are more
}

// nameIn says that a tree has a name. Those of one tree stand together.
type nameIn struct {
	tree uint32
	name string
}

// findNames reads the trees that have keys in names.
func findNames(ctx context.Context, q Question) (*keyNames, error) {
	all := &keyNames{keys: map[string][]uint32{}, most: int(q.Memory / linkShare)}
	if len(q.Trees) == 0 {
		return all, nil
	}
	need := pack.NewBitmap(q.Objects.DB.Len())
	for _, tree := range q.Trees {
		need.Add(tree)
	}
	return all, q.Objects.All(ctx, passes.Pass{Kinds: pack.Kinds(pack.Tree), Margin: 1, Need: need,
		New: func() passes.Visitor {
			part := keyNames{keys: map[string][]uint32{}, most: all.most}
			return &nameReader{need: need, each: q.KeyNames(), keyNames: part, all: all}
		}})
}

// nameReader is one worker's share of that.
type nameReader struct {
	passes.Nothing
	keyNames
	need pack.Bitmap
	each func(tree []byte, f func(name string, keys []uint32))
	all  *keyNames
}

func (r *nameReader) Visit(o *pack.Object, number uint32, counts bool) pack.Mark {
	if counts && r.need.Has(number) {
		r.each(o.Content, func(name string, keys []uint32) {
			if _, known := r.keys[name]; !known {
				r.keys[name] = slices.Clone(keys)
			}
			if r.over = r.over || len(r.in) >= r.most; !r.over {
				r.in = append(r.in, nameIn{number, name})
			}
		})
	}
	return 0
}

func (r *nameReader) Done() {
	maps.Copy(r.all.keys, r.keys)
	r.all.in = append(r.all.in, r.in...)
	r.all.over = r.all.over || r.over
}

// sortNames makes names of those that were noted, and of those with keys. It returns, by number, where a noted one
// stands among them.
func (h *Holders) sortNames(noted *names, found *keyNames) (rank []uint32) {
	h.names = append(h.names, noted.list...)
	h.names = slices.AppendSeq(h.names, maps.Keys(found.keys))
	slices.Sort(h.names)
	h.names = slices.Compact(h.names)
	rank = make([]uint32, len(noted.list))
	for number, name := range noted.list {
		rank[number] = h.nameIndex(name)
	}
	return rank
}

func (h *Holders) nameIndex(name string) uint32 {
	at, _ := slices.BinarySearch(h.names, name)
	return uint32(at)
}

// addNames makes a leaf of each name with keys, and links to it from so many trees at most; false if there are more.
func (h *Holders) addNames(found *keyNames, most int64) bool {
	leafOf := map[string]uint32{}
	for _, name := range slices.Sorted(maps.Keys(found.keys)) {
		leafOf[name] = uint32(len(h.Leaves))
		h.Leaves = append(h.Leaves, Leaf{Number: odb.Absent, Name: name, Keys: keyset.New(found.keys[name])})
	}
	if found.over || int64(len(found.in)) > most {
		return false
	}
	for rest := found.in; len(rest) > 0; {
		place, _ := h.places.Rank(rest[0].tree)
		links := slices.Clone(h.links[place]) // which others may share
		tree := rest[0].tree
		for ; len(rest) > 0 && rest[0].tree == tree; rest = rest[1:] {
			name := rest[0].name
			links = append(links, link{name: h.nameIndex(name), node: leafOf[name], leaf: true})
		}
		h.links[place] = links
	}
	return true
}
