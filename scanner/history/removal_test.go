package history

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"skleak/scanner"
)

// wentBy is a removal with labels in the place of ids: "by <c> [to PATH] [in REF]".
func wentBy(r *scanner.Removal, names map[string]string) string {
	if r == nil {
		return ""
	}
	text := "by " + nameIDs(r.Commit.Hash, names)
	if r.MovedTo != "" {
		text += " to " + nameIDs(r.MovedTo, names)
	}
	if r.Ref != "" {
		text += " in " + r.Ref
	}
	return text
}

// TestRemoved: who removed a key is told, whether it went on HEAD's own line, before a merge, by a merge, by a move, or
// on another branch.
func TestRemoved(t *testing.T) {
	t.Parallel()
	s := newStory()
	s.onMain("base", put("a.env", assign("line")), put("b.env", assign("merged")), put("c.env", assign("moved twice")),
		put("d.env", assign("still")), put("f.env", assign("back")), put("g.env", assign("dropped")))
	s.onMain("drop back", remove("f.env"))
	s.onMain("put back", put("f.env", assign("back")))
	s.on("side", "topic", []string{"put back"}, put("topic.env", assign("topic")))
	s.on("side", "clean", []string{"topic"}, remove("b.env"), remove("topic.env"))
	s.onMain("edit", put("a.env", "none"), put("c2.env", assign("moved twice")), remove("c.env"))
	s.add(step{label: "merge", ref: "refs/heads/main", parents: []string{"edit", "clean"},
		files: []change{remove("b.env"), remove("g.env")}})
	s.last = "merge"
	s.onMain("move", remove("c2.env"), put("c3.env", assign("moved twice")))
	s.onMain("last", remove("c3.env"), remove("d.env"), put("e.env", assign("still")), remove("f.env"))
	s.on("dev", "dev", []string{"last"}, put("dev.env", assign("dev")), put("held.env", assign("held")))
	s.on("dev", "dev cleans", []string{"dev"}, remove("dev.env"))
	dir, commits := s.tell(t, true, "--bare")
	git(t, dir, "symbolic-ref", "HEAD", "refs/heads/main")
	git(t, dir, "update-ref", "-d", "refs/heads/side")
	names := map[string]string{}
	for label, id := range commits {
		names[id] = label
	}
	got := map[string]string{}
	for _, f := range scan(t, dir, Options{}).found {
		got[f.Path] = wentBy(f.Removed, names)
	}
	for path, want := range map[string]string{
		"a.env": "by <edit> in HEAD", "b.env": "by <clean> in HEAD", "c.env": "by <last> in HEAD",
		"d.env": "by <last> to e.env in HEAD", "e.env": "", "f.env": "by <last> in HEAD", "g.env": "by <merge> in HEAD",
		"topic.env": "by <clean>", "dev.env": "by <dev cleans> in refs/heads/dev", "held.env": "",
	} {
		if has, told := got[path]; !told || has != want {
			t.Errorf("%s is gone %q, want %q", path, has, want)
		}
	}
}

// checkRemovals holds what is told of removals against the model: exactly on HEAD's line; elsewhere, that the commit
// removes the key, and that every key that no ref has any more was removed by somebody.
func (o *oracle) checkRemovals(t *testing.T, r result, names map[string]string) {
	t.Helper()
	onHead := o.removalsAtHead()
	labels := map[string]*modelCommit{}
	for _, c := range o.commits {
		labels["<"+c.label+">"] = c
	}
	for _, f := range r.found {
		at := modelSpot{f.Key.Reveal(), f.Path, f.Line == 0}
		if f.Source != scanner.SourceHistory || f.Path != builtIn.Redact(o.pathOf(at)) {
			continue
		}
		at.path = o.pathOf(at)
		got, want := wentBy(f.Removed, names), onHead[at]
		held := len(o.refsWith(func(tip *modelCommit) bool {
			return slices.ContainsFunc(slices.Collect(maps.Keys(o.has[tip])), func(spot modelSpot) bool { return spot.key == at.key })
		})) > 0
		switch {
		case f.AtHead || !f.Reachable:
			if got != "" {
				t.Errorf("%s %s, which is at HEAD or nowhere, is gone %s", f.Key, f.Path, got)
			}
		case want != "" && got != want:
			t.Errorf("%s %s is gone %q, want %q", f.Key, f.Path, got, want)
		case got == "" && !held:
			t.Errorf("%s %s: nobody removed it", f.Key, f.Path)
		case got != "" && want == "":
			c := labels[strings.Fields(got)[1]]
			if !o.reached[c] || !o.removesAny(c, at.key) {
				t.Errorf("%s %s is gone %s, which does not remove it: %v %v", f.Key, f.Path, got, o.has[c][at], at)
			}
		}
	}
}

// pathOf is the path of a spot of which the path is known as reports have it.
func (o *oracle) pathOf(at modelSpot) string {
	for _, has := range o.has {
		for spot := range has {
			if spot.key == at.key && spot.inName == at.inName && builtIn.Redact(spot.path) == at.path {
				return spot.path
			}
		}
	}
	return ""
}

// removesAny tells whether a commit lacks a key at a path at which a parent has it.
func (o *oracle) removesAny(c *modelCommit, key string) bool {
	for _, p := range c.parents {
		for at := range o.has[p] {
			if at.key == key && o.has[c][at] == nil {
				return true
			}
		}
	}
	return false
}

// removalsAtHead goes back along HEAD's line, and tells for each spot that HEAD lacks and the line had how it went.
func (o *oracle) removalsAtHead() map[modelSpot]string {
	type loss struct{ by, to string }
	found := map[modelSpot]loss{}
	head := o.refs["refs/heads/b0"]
	for c := head; len(c.parents) > 0; c = c.parents[0] {
		p := c.parents[0]
		here := map[modelSpot]loss{}
		for at := range o.has[p] {
			if _, known := found[at]; known || o.has[c][at] != nil || o.has[head][at] != nil {
				continue
			}
			to := ""
			for other := range o.has[c] {
				if other.key == at.key && other.inName == at.inName && o.has[p][other] == nil && (to == "" || other.path < to) {
					to = other.path
				}
			}
			if later, ok := found[modelSpot{at.key, to, at.inName}]; ok && to != "" {
				here[at] = later
				continue
			}
			here[at] = loss{o.remover(c, at).label, to}
		}
		maps.Copy(found, here)
	}
	told := map[modelSpot]string{}
	for at, l := range found {
		told[at] = "by <" + l.by + ">"
		if l.to != "" {
			told[at] += " to " + builtIn.Redact(l.to)
		}
		told[at] += " in HEAD"
	}
	return told
}

// remover is the commit that removed a spot, of those that a commit without it leads to.
func (o *oracle) remover(c *modelCommit, at modelSpot) *modelCommit {
	for _, p := range c.parents {
		for q := p; o.has[q][at] == nil && len(q.parents) > 0; q = q.parents[0] {
			if o.has[q.parents[0]][at] != nil {
				return o.remover(q, at)
			}
		}
	}
	return c
}
