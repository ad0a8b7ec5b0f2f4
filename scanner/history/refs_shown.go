package history

import (
	"cmp"
	"slices"
	"strings"

	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/keyset"
)

// addName adds a name to a list for shownRefs. Of millions, no more are kept than could be shown.
func addName(names []string, name string) []string {
	names = append(names, name)
	if len(names) < 50*refsShown {
		return names
	}
	names = sortNames(names)
	return names[:min(len(names), refsShown+1)] // one more, as HEAD may go
}

func sortNames(names []string) []string {
	slices.SortFunc(names, compareRefs)
	return slices.Compact(names)
}

func compareRefs(a, b string) int { return cmp.Or(refRank(a)-refRank(b), cmp.Compare(a, b)) }

// shownRefs sorts and cuts a list of ref names: branches first, then tags, then the rest, so that the hundreds
// of refs that a forge keeps of pull requests do not crowd them out. HEAD stands for the branch it is on,
// and is named only where there is no other.
func shownRefs(names []string) []string {
	names = sortNames(names)
	if len(names) > 1 {
		names = slices.DeleteFunc(names, func(n string) bool { return n == "HEAD" })
	}
	return names[:min(len(names), refsShown)]
}

func refRank(name string) int {
	for i, prefix := range []string{"refs/heads/", "refs/tags/", "refs/remotes/"} {
		if strings.HasPrefix(name, prefix) {
			return i
		}
	}
	return 3
}

// refsByKey tells which refs still have which key in their tree, as many as are shown. Most keys have the same refs
// as others, so each list is there once. The tips are in the order in which they are shown.
func (h *holders) refsByKey(g *graph, tips []tip, keys int) [][]string {
	lists := [][]string{nil}
	of := make([]uint32, keys) // of lists, by key
	full := pack.NewBitmap(keys)
	blobs := h.leafOfBlobs()
	known := map[uint32]keyset.Set{}
	fullKeys := 0
	for _, t := range tips {
		root := t.object
		if t.commit >= 0 {
			root = g.tree[t.commit]
		}
		if len(known) > keysKnown {
			clear(known)
		}
		set := h.keysBelow(root, known)
		if leaf, ok := blobs[root]; ok {
			set = h.leaves[leaf].keys
		}
		longer := map[uint32]uint32{} // by list, the one with this tip
		for key := range set.AllBut(full) {
			next, ok := longer[of[key]]
			if !ok {
				next = uint32(len(lists))
				longer[of[key]] = next
				lists = append(lists, append(slices.Clone(lists[of[key]]), t.name))
			}
			of[key] = next
			if len(lists[next]) > refsShown { // one more, as HEAD may go
				full.Add(key)
				fullKeys++
			}
		}
		if fullKeys == keys {
			break
		}
	}
	for i, names := range lists {
		lists[i] = shownRefs(names)
	}
	refs := make([][]string, keys)
	for key, list := range of {
		refs[key] = lists[list]
	}
	return refs
}

// refsReaching names, by commit, the refs from which some commits can be reached, as many as are shown: in one pass
// from children to parents, for all of them.
func (t *tracer) refsReaching(commits []uint32) map[int32][]string {
	names := map[int32][]string{}
	if len(commits) == 0 {
		return names
	}
	for _, number := range commits {
		if c, ok := t.graph.index[number]; ok {
			names[c] = nil
		}
	}
	reaching := make([][]int32, len(t.graph.number)) // the first tips that lead to each commit
	for i, tip := range t.tips {
		if c := tip.commit; c >= 0 && len(reaching[c]) <= refsShown {
			reaching[c] = append(reaching[c], int32(i))
		}
	}
	shown := map[*int32][]string{} // by list: neighbours share one
	for _, c := range slices.Backward(t.graph.order) {
		list := reaching[c]
		reaching[c] = nil
		if len(list) == 0 {
			continue
		}
		for _, p := range t.graph.parents[c] {
			reaching[p] = mergeTips(reaching[p], list)
		}
		if _, wanted := names[c]; wanted {
			if shown[&list[0]] == nil {
				shown[&list[0]] = tipNames(t.tips, list)
			}
			names[c] = shown[&list[0]]
		}
	}
	return names
}

// mergeTips are the first of two sorted lists of tips.
func mergeTips(a, b []int32) []int32 {
	if len(a) == 0 || len(a) == len(b) && &a[0] == &b[0] {
		return b
	}
	both := slices.Concat(a, b)
	slices.Sort(both)
	both = slices.Compact(both)
	return both[:min(len(both), refsShown+1)] // one more, as HEAD may go
}

func tipNames(tips []tip, list []int32) []string {
	var names []string
	for _, i := range list {
		names = append(names, tips[i].name)
	}
	return shownRefs(names)
}

// refsToBlobs tells, by leaf, which refs lead straight to its blob.
func (h *holders) refsToBlobs(tips []tip) map[uint32][]string {
	leafOf := h.leafOfBlobs()
	refs := map[uint32][]string{}
	for _, t := range tips {
		if t.commit >= 0 {
			continue
		}
		if at, ok := leafOf[t.object]; ok {
			refs[at] = addName(refs[at], t.name)
		}
	}
	return refs
}

func (h *holders) leafOfBlobs() map[uint32]uint32 {
	leafOf := map[uint32]uint32{}
	for i, l := range h.leaves {
		if !l.isName() {
			leafOf[l.number] = uint32(i)
		}
	}
	return leafOf
}

// refsToLeaves is refsToBlobs with the refs that lead to a tree above the blob, or above the name.
func (h *holders) refsToLeaves(tips []tip) map[uint32][]string {
	refs := h.refsToBlobs(tips)
	for _, t := range tips {
		if t.commit < 0 {
			h.walk([]uint32{t.object}, map[uint32]bool{}, func(leaf uint32) { refs[leaf] = addName(refs[leaf], t.name) })
		}
	}
	return refs
}

// keysBelow are the keys of an object that a ref leads to: a tree, or a blob with keys. known is what was asked before.
func (h *holders) keysBelow(tree uint32, known map[uint32]keyset.Set) keyset.Set {
	if keys, ok := known[tree]; ok {
		return keys
	}
	var keys keyset.Set
	known[tree] = nil // a tree that leads to itself, which only forged ids can make, has no more
	for _, l := range h.links[tree] {
		if l.leaf {
			keys = keys.Union(h.leaves[l.node].keys)
		} else {
			keys = keys.Union(h.keysBelow(l.node, known))
		}
	}
	known[tree] = keys
	return keys
}

// keysKnown is from how many sets on keysBelow forgets them before the next tip.
const keysKnown = 1 << 12

// walk calls f for each leaf below some trees; seen keeps the trees already walked.
func (h *holders) walk(trees []uint32, seen map[uint32]bool, f func(leaf uint32)) {
	stack := slices.Clone(trees)
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[t] {
			continue
		}
		seen[t] = true
		for _, l := range h.links[t] {
			if l.leaf {
				f(l.node)
			} else {
				stack = append(stack, l.node)
			}
		}
	}
}
