package history

import (
	"cmp"
	"slices"
	"strings"

	"skleak/scanner/git/pack"
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
func (t *tracer) refsByKey() [][]string {
	keys := t.keys.Len()
	lists := [][]string{nil}
	of := make([]uint32, keys) // of lists, by key
	full := pack.NewBitmap(keys)
	keysBelow := t.holders.KeysBelow()
	fullKeys := 0
	for _, tip := range t.tips {
		root := tip.object
		if tip.commit >= 0 {
			root = t.graph.Tree[tip.commit]
		}
		longer := map[uint32]uint32{} // by list, the one with this tip
		for key := range keysBelow(root).AllBut(full) {
			next, ok := longer[of[key]]
			if !ok {
				next = uint32(len(lists))
				longer[of[key]] = next
				lists = append(lists, append(slices.Clone(lists[of[key]]), tip.name))
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
		if c, ok := t.graph.At(number); ok {
			names[c] = nil
		}
	}
	reaching := make([][]int32, len(t.graph.Number)) // the first tips that lead to each commit
	for i, tip := range t.tips {
		if c := tip.commit; c >= 0 && len(reaching[c]) <= refsShown {
			reaching[c] = append(reaching[c], int32(i))
		}
	}
	shown := map[*int32][]string{} // by list: neighbours share one
	for _, c := range slices.Backward(t.graph.Order) {
		list := reaching[c]
		reaching[c] = nil
		if len(list) == 0 {
			continue
		}
		for _, p := range t.graph.Parents(c) {
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

// refsToLeaves tells, by leaf, which refs lead straight to its blob, or to a tree above the blob or the name.
func (t *tracer) refsToLeaves() map[uint32][]string {
	refs := map[uint32][]string{}
	for _, tip := range t.tips {
		if tip.commit >= 0 {
			continue
		}
		add := func(leaf uint32) { refs[leaf] = addName(refs[leaf], tip.name) }
		if leaf, ok := t.holders.LeafOf(tip.object); ok {
			add(leaf)
		}
		t.holders.Below([]uint32{tip.object}, t.holders.NewSeen(), add)
	}
	return refs
}
