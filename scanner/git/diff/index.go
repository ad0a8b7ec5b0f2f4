package diff

import (
	"bytes"
	"slices"
	"sort"

	"skleak/scanner/git/index"
	"skleak/scanner/git/mapped"
	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
)

// Index compares what is staged with the trees of the commits that the next one is to follow. An error says that the
// index could not be read to its end.
func (d *Differ) Index(x *index.Index, parents []oid.ID) error {
	return mapped.Guard(func() error {
		d.staged("", x.Entries, x.CacheTree, folders(parents))
		return nil
	})
}

// staged compares the entries of the index that lie in the folder prefix, which is "" or ends in a slash, with what
// the parents have there, as folder does. cache is what git has noted of the folder, nil if nothing.
func (d *Differ) staged(prefix string, entries index.Entries, cache *index.CacheTree, before []Entry) {
	if d.isCached(entries, cache, before) {
		return
	}
	parents := d.parents(prefix, before)
	defer parents.giveBack()
	m := d.merge(prefix, parents)
	subtrees := subtreesOf(cache)
	was := make([]Entry, len(before))
	for entries.Len() > 0 {
		name, isFolder, n := nextChild(len(prefix), entries)
		m.take(name, isFolder, was)
		child := entries.Slice(0, n)
		entries = entries.Slice(n, entries.Len())
		switch first := child.At(0); {
		case !isFolder:
			d.sides(prefix, name, child, was)
		case first.Mode&index.ModeType == index.ModeFolder: // a sparse index has the tree alone
			if e := (Entry{object.Folder, first.ID}); !slices.ContainsFunc(was, e.same) {
				d.entry(prefix, string(name), e, was)
			}
		default:
			if !slices.ContainsFunc(was, Entry.IsThere) {
				d.changed(prefix, string(name), Entry{Mode: object.Folder}, was)
			}
			d.staged(prefix+string(name)+"/", child, subtrees[string(name)], slices.Clone(was))
		}
	}
	m.finish()
}

// isCached is true where git has noted that a folder is a tree, and that is what a parent has there too: then it is
// not looked at. Git commits that tree and does not look either, if the tree exists and the note is of as many
// entries as there are. If not, it makes a tree of the entries, or passes over those of other folders; so nothing is
// believed then.
func (d *Differ) isCached(entries index.Entries, cache *index.CacheTree, before []Entry) bool {
	return cache != nil && cache.Entries == entries.Len() && slices.ContainsFunc(before, Entry{object.Folder, cache.ID}.same) &&
		d.Has(cache.ID)
}

// nextChild returns the first file or folder among the entries of the folder whose path has so many bytes, and how many
// entries it takes, one at least: a file in conflict has several.
func nextChild(prefix int, entries index.Entries) (name []byte, isFolder bool, n int) {
	path := entries.Path(0)
	prefix = min(prefix, len(path)) // the file may be written to meanwhile
	name, _, isFolder = bytes.Cut(path[prefix:], []byte{'/'})
	n = 1
	if !isFolder {
		for n < entries.Len() && bytes.Equal(entries.Path(n), path) {
			n++
		}
		return name, false, n
	}
	behind := append(bytes.Clone(path[:prefix+len(name)]), '/'+1)
	n += sort.Search(entries.Len()-1, func(i int) bool { return bytes.Compare(entries.Path(i+1), behind) >= 0 })
	return name, true, n
}

func subtreesOf(cache *index.CacheTree) map[string]*index.CacheTree {
	if cache == nil {
		return nil
	}
	subtrees := make(map[string]*index.CacheTree, len(cache.Subtrees))
	for _, t := range cache.Subtrees {
		subtrees[t.Name] = t
	}
	return subtrees
}

// sides tells of a file, in conflict of both sides of it.
func (d *Differ) sides(prefix string, name []byte, sides index.Entries, was []Entry) {
	const base = 1 // the common ancestor in a conflict is not going to be committed
	for i := range sides.Len() {
		e := sides.At(i)
		staged := Entry{object.ModeOf(e.Mode), e.ID}
		if !e.IntentToAdd && e.Stage != base && !slices.ContainsFunc(was, staged.same) {
			d.changed(prefix, string(name), staged, was)
		}
	}
}
