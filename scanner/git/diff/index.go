package diff

import (
	"slices"
	"sort"
	"strings"

	"skleak/scanner/git/index"
	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
)

// Index compares what is staged with the trees of the commits that the next one is to follow.
func (d *Differ) Index(x *index.Index, parents []oid.ID) {
	d.staged("", x.Entries, x.CacheTree, folders(parents))
}

// staged compares the entries of the index that lie in the folder prefix, which is "" or ends in a slash, with what
// the parents have there, as folder does. cache is what git has noted of the folder, nil if nothing: where that is a
// tree that a parent has too, all below is unchanged and not looked at.
func (d *Differ) staged(prefix string, entries []index.Entry, cache *index.CacheTree, before []Entry) {
	if cache != nil && !cache.ID.IsZero() && slices.ContainsFunc(before, Entry{object.Folder, cache.ID}.same) {
		return
	}
	m := d.merge(prefix, before)
	subtrees := subtreesOf(cache)
	was := make([]Entry, len(before))
	for len(entries) > 0 {
		name, isFolder, n := nextChild(prefix, entries)
		m.take([]byte(name), isFolder, was)
		child := entries[:n]
		entries = entries[n:]
		switch {
		case !isFolder:
			d.sides(prefix, name, child, was)
		case child[0].Mode&index.ModeType == index.ModeFolder: // a sparse index has the tree alone
			if e := (Entry{object.Folder, child[0].ID}); !slices.ContainsFunc(was, e.same) {
				d.entry(prefix, name, e, was)
			}
		default:
			if !slices.ContainsFunc(was, Entry.IsThere) {
				d.changed(prefix, name, Entry{Mode: object.Folder}, was)
			}
			d.staged(prefix+name+"/", child, subtrees[name], slices.Clone(was))
		}
	}
	m.finish()
}

// nextChild returns the first file or folder among the entries of the folder prefix, and how many entries it takes: a
// file in conflict has several.
func nextChild(prefix string, entries []index.Entry) (name string, isFolder bool, n int) {
	path := entries[0].Path
	name, _, isFolder = strings.Cut(path[len(prefix):], "/")
	if !isFolder {
		for n < len(entries) && entries[n].Path == path {
			n++
		}
		return name, false, n
	}
	behind := prefix + name + "0" // the character behind the slash
	return name, true, sort.Search(len(entries), func(i int) bool { return entries[i].Path >= behind })
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
func (d *Differ) sides(prefix, name string, sides []index.Entry, was []Entry) {
	const base = 1 // the common ancestor in a conflict is not going to be committed
	for _, e := range sides {
		staged := Entry{object.ModeOf(e.Mode), e.ID}
		if !e.IntentToAdd && e.Stage != base && !slices.ContainsFunc(was, staged.same) {
			d.changed(prefix, name, staged, was)
		}
	}
}
