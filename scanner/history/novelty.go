package history

import (
	"slices"

	"skleak/scanner/git/diff"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/history/internal/find"
	"skleak/scanner/history/internal/holders"
	"skleak/scanner/history/internal/keyset"
)

// novelty tells the keys that one step brings from those that were there before. It is asked about paths with keys
// only.
//
// A key at a path is new if no parent has it there. Nor is it new if it was renamed: a parent has nothing at the
// path, and the key in a file or name that the step takes away. But what goes away from a path that the configuration
// ignores was never told of, so there it is new.
type novelty struct {
	*changes
	reader  *odb.LazyReader
	parents []oid.ID                            // trees
	compare func(d *diff.Differ, with []oid.ID) // compares what the step makes with some of them

	goneKeys map[int]keyset.Set // by parent, once asked for: the keys in what is gone
}

// isNew tells whether the content at a path brings a key.
func (n *novelty) isNew(key uint32, c diff.Change) bool {
	for parent, was := range c.Before {
		if was.Mode.IsBlob() && n.stoodAt(key, c.Path, was.ID) || !was.IsThere() && n.keysGone(parent).Has(key) {
			return false
		}
	}
	return true
}

// stoodAt tells whether a blob at a path had a key, where the configuration ignores neither the path nor the place in
// the container that the blob may be.
func (n *novelty) stoodAt(key uint32, path string, blob oid.ID) bool {
	return n.keysOf(n.reader, blob).standsAt(key, func(inside string) bool { return !n.ignoresWithin(path, inside) })
}

// isNewName tells whether the name at the end of a path brings a key.
func (n *novelty) isNewName(key uint32, c diff.Change) bool {
	for parent, tree := range n.parents {
		_, _, err := object.Lookup(n.reader.Read, tree, c.Path,
			n.repo.Dir.Format) // as anything: a file that became a folder keeps its name
		if err == nil || n.keysGone(parent).Has(key) {
			return false
		}
	}
	return true
}

// keysGone are the keys in what a parent has and the step takes away. That is asked of one parent alone: what the
// others have has no say in it.
func (n *novelty) keysGone(parent int) keyset.Set {
	if keys, ok := n.goneKeys[parent]; ok {
		return keys
	}
	var keys keyset.Set
	d := n.newDiffer(n.reader, func(diff.Change) {})
	d.Open = func(oid.ID, []byte) bool { return n.paths.Load() <= holders.MaxSteps }
	d.Gone = func(e diff.Gone) { n.addGone(e.Path, e.Name, e.Entry, &keys) }
	n.compare(d, n.parents[parent:parent+1])
	if n.goneKeys == nil {
		n.goneKeys = map[int]keyset.Set{}
	}
	n.goneKeys[parent] = keys
	return keys
}

// addGone adds the keys of a file, or of all files in a folder, and those in names.
func (n *novelty) addGone(path, name string, e diff.Entry, keys *keyset.Set) {
	if n.paths.Add(1) > holders.MaxSteps || n.ignored(path) {
		return
	}
	names, _ := find.InName(name, n.Rules)
	*keys = keys.Union(n.numbersOf(names))
	switch {
	case e.Mode.IsBlob():
		had := n.keysOf(n.reader, e.ID)
		*keys = keys.Union(had.own)
		var inside []uint32
		for key := range had.inside {
			if n.stoodAt(key, path, e.ID) {
				inside = append(inside, key)
			}
		}
		*keys = keys.Union(keyset.New(inside))
	case e.Mode == object.Folder:
		content, err := object.ReadTree(n.reader.Read, e.ID, n.repo.Dir.Format)
		if err == nil {
			err = object.EachEntry(content, n.repo.Dir.Format, func(below object.Entry) {
				name := string(below.Name)
				n.addGone(path+"/"+name, name, diff.Entry{Mode: below.Mode, ID: oid.FromBytes(below.ID)}, keys)
			})
		}
		if err != nil {
			n.noteUnread(e.ID, "", wasThere, err)
		}
	}
}

// wasThere is said of what was there before and cannot be read: then keys may count as new that are not.
const wasThere = "what was there before cannot be read: "

// numbersOf are the keys of matches.
func (s *changes) numbersOf(matches []find.Match) keyset.Set {
	var numbers []uint32
	for _, m := range matches {
		if n := s.table.Number(m.Key); n != keyset.Absent {
			numbers = append(numbers, n)
		}
	}
	return keyset.New(numbers)
}

// news are keys that a step brings to a place.
type news struct {
	place
	keys    keyset.Set
	blob    oid.ID       // zero for a name
	matches []find.Match // of the keys, once they are to be told
}

// newsIn returns what changes bring.
func (n *novelty) newsIn(changed []diff.Change) (all []news) {
	for _, c := range changed {
		if names, _ := find.InName(c.Name, n.Rules); len(names) > 0 {
			keys := keyset.Of(n.numbersOf(names).All(), func(key uint32) bool { return n.isNewName(key, c) })
			names = slices.DeleteFunc(names, func(m find.Match) bool { return !keys.Has(n.table.Number(m.Key)) })
			if len(names) > 0 {
				all = append(all, news{place: place{c.Path, true}, keys: keys, matches: names})
			}
		}
		if !c.Mode.IsBlob() {
			continue
		}
		keys := keyset.Of(n.hits[c.ID].all(), func(key uint32) bool { return n.isNew(key, c) })
		if len(keys) > 0 {
			all = append(all, news{place: place{c.Path, false}, keys: keys, blob: c.ID})
		}
	}
	return all
}
