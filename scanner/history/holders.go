package history

import (
	"skleak/scanner/history/internal/keyset"
	"slices"
	"strings"
)

// maxSteps is how many paths are looked at to trace the keys of one repository. A real one takes a hundredth of it;
// trees that name one another ten times, ten deep, have more paths than anybody can wait for.
const maxSteps = 20_000_000

// step counts a path that is looked at; false ends the trace.
func (h *holders) step() bool {
	if h.steps >= maxSteps || h.steps&0xfff == 0 && h.ctx.Err() != nil {
		return false
	}
	h.steps++
	return true
}

// diff calls f for each leaf below a tree that does not stand at the same path below another one.
func (h *holders) diff(tree, before uint32, path []uint32, f func(path []uint32, leaf uint32)) {
	if tree == before {
		return
	}
	old := h.links[before]
	for _, l := range h.links[tree] {
		for len(old) > 0 && old[0].name < l.name {
			old = old[1:]
		}
		was := uint32(absent)
		same := false
		for _, p := range old {
			if p.name != l.name {
				break
			}
			same = same || p == l
			if !p.leaf {
				was = p.node
			}
		}
		if same {
			continue
		}
		if !h.step() {
			return
		}
		here := append(path, l.name)
		if l.leaf {
			f(here, l.node)
		} else {
			h.diff(l.node, was, here, f)
		}
	}
}

// keysAt are the keys that a tree has at a path, in names or in contents.
func (h *holders) keysAt(tree uint32, path []uint32, inName bool) (keys keyset.Set) {
	links := h.links[tree]
	at, _ := slices.BinarySearchFunc(links, path[0],
		func(l link, name uint32) int { return int(int64(l.name) - int64(name)) })
	for ; at < len(links) && links[at].name == path[0] && h.step(); at++ { // a tree may have a name twice
		switch l := links[at]; {
		case l.leaf && len(path) == 1 && h.leaves[l.node].isName() == inName:
			keys = keys.Union(h.leaves[l.node].keys)
		case !l.leaf && len(path) > 1:
			keys = keys.Union(h.keysAt(l.node, path[1:], inName))
		}
	}
	return keys
}

func (h *holders) path(names []uint32) string {
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = h.names[n]
	}
	return strings.Join(parts, "/")
}

// namesOf turns a path into the form of the links; ok is false where no hit's path has such a name.
func (h *holders) namesOf(path string) (names []uint32, ok bool) {
	for part := range strings.SplitSeq(path, "/") {
		at, ok := slices.BinarySearch(h.names, part)
		if !ok {
			return nil, false
		}
		names = append(names, uint32(at))
	}
	return names, true
}
