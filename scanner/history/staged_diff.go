package history

import (
	"slices"
	"sort"
	"strings"

	"skleak/scanner/git/index"
	"skleak/scanner/git/oid"
)

// entries compares the entries of the index that lie in the folder prefix, which is "" or ends in a slash, with what the
// parents have there, as trees does. cache is what git has noted of the folder, nil if nothing: where that is a tree that a
// parent has too, all below is unchanged and not looked at.
func (d *treeDiff) entries(prefix string, entries []index.Entry, cache *index.CacheTree, before []oid.ID, fresh int) {
	if cache != nil && !cache.ID.IsZero() && slices.Contains(before, cache.ID) {
		return
	}
	if slices.ContainsFunc(before, isThere) {
		fresh = len(prefix)
	}
	cursors := d.open(prefix, before)
	subtrees := subtreesOf(cache)
	for len(entries) > 0 {
		name, isFolder, n := nextChild(prefix, entries)
		was := take(cursors, name, isFolder)
		child := entries[:n]
		entries = entries[n:]
		switch {
		case !isFolder:
			d.sides(child, was, fresh)
		case child[0].Mode&index.ModeType == index.ModeFolder: // a sparse index has the tree alone
			d.trees(prefix+name+"/", child[0].ID, was, fresh)
		default:
			d.entries(prefix+name+"/", child, subtrees[name], was, fresh)
		}
	}
	finish(cursors)
}

// nextChild returns the first file or folder among the entries of the folder prefix, and how many entries it takes: a file
// in conflict has several.
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

// sides notes a file, in conflict both sides of it.
func (d *treeDiff) sides(sides []index.Entry, before []oid.ID, fresh int) {
	const base = 1 // the common ancestor in a conflict is not going to be committed
	for _, e := range sides {
		if !e.IntentToAdd && e.Stage != base && e.Mode&index.ModeType != index.ModeSubmodule {
			d.file(e.Path, e.ID, before, fresh)
		}
	}
}
