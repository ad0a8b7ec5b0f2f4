package history

import (
	"io"
	"slices"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/git/diff"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/find"
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

	goneKeys map[int]map[rules.Key]bool // by parent, once asked for: the keys in what is gone
}

// isNew tells whether the content at a path brings a key.
func (n *novelty) isNew(key rules.Key, c diff.Change) bool {
	for parent, was := range c.Before {
		if was.Mode.IsBlob() && n.stoodAt(key, c.Path, was.ID) || !was.IsThere() && n.keysGone(parent)[key] {
			return false
		}
	}
	return true
}

// stoodAt tells whether a blob at a path had a key, where the configuration ignores neither the path nor the place in
// the container that the blob may be.
func (n *novelty) stoodAt(key rules.Key, path string, blob oid.ID) bool {
	return slices.ContainsFunc(n.keysOf(n.reader, blob)[key], func(inside string) bool {
		return !n.ignoresWithin(path, inside)
	})
}

// isNewName tells whether the name at the end of a path brings a key.
func (n *novelty) isNewName(key rules.Key, c diff.Change) bool {
	for parent, tree := range n.parents {
		_, _, err := object.Lookup(n.reader.Read, tree, c.Path, n.repo.Dir.Format) // as anything: a file that became a folder keeps its name
		if err == nil || n.keysGone(parent)[key] {
			return false
		}
	}
	return true
}

// keysGone are the keys in what a parent has and the step takes away. That is asked of one parent alone: what the others
// have has no say in it.
func (n *novelty) keysGone(parent int) map[rules.Key]bool {
	if keys, ok := n.goneKeys[parent]; ok {
		return keys
	}
	keys := map[rules.Key]bool{}
	d := n.newDiffer(n.reader, func(diff.Change) {})
	d.Open = func(oid.ID, []byte) bool { return n.paths.Load() <= maxSteps }
	d.Gone = func(e diff.Gone) { n.addGone(e.Path, e.Name, e.Entry, keys) }
	n.compare(d, n.parents[parent:parent+1])
	if n.goneKeys == nil {
		n.goneKeys = map[int]map[rules.Key]bool{}
	}
	n.goneKeys[parent] = keys
	return keys
}

// addGone adds the keys of a file, or of all files in a folder, and those in names.
func (n *novelty) addGone(path, name string, e diff.Entry, keys map[rules.Key]bool) {
	if n.paths.Add(1) > maxSteps || n.ignored(path) {
		return
	}
	names, _ := find.InName(name, n.Rules)
	for _, m := range names {
		keys[m.Key] = true
	}
	switch {
	case e.Mode.IsBlob():
		for key := range n.keysOf(n.reader, e.ID) {
			keys[key] = keys[key] || n.stoodAt(key, path, e.ID)
		}
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
const wasThere = "it was there before: "

// insides are the keys of a blob, with the places in the container that it may be; "" is its own bytes.
type insides map[rules.Key][]string

// mostInsides is how many places of a key are kept: of more, the first are as good.
const mostInsides = 16

func (i insides) add(key rules.Key, inside string) {
	if known := i[key]; len(known) < mostInsides && !slices.Contains(known, inside) {
		i[key] = append(known, inside)
	}
}

// keysOf are the keys of a blob. One that was searched need not be read again.
func (s *changes) keysOf(r *odb.LazyReader, id oid.ID) insides {
	s.mu.Lock()
	keys, ok := s.keys[id]
	matches, hit := s.hits[id]
	s.mu.Unlock()
	if ok {
		return keys
	}
	keys = insides{}
	for _, m := range matches {
		keys.add(m.Key, m.Inside)
	}
	if _, seen := s.seen.Load(id); !hit && !seen && !s.whole {
		var err error
		if keys, err = s.keysIn(r, id); err != nil {
			s.noteUnread(id, "", wasThere, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[id] = keys
	return keys
}

// keysIn finds the keys of a blob, and no more: what stands around them takes longer to find out, and is not asked for.
func (s *changes) keysIn(r *odb.LazyReader, id oid.ID) (keys insides, err error) {
	complete := true
	own := map[rules.Key]bool{}
	note := func(key rules.Key) (wanted bool) {
		own[key] = true
		return false
	}
	o := s.Options
	o.Coverage = new(scanner.Coverage) // it is counted where it is searched
	within := o.newInside(s.ctx, &s.archives, nil)
	within.Memory = s.members
	err = r.Visit(id, func(_ pack.Kind, content []byte) {
		clear(own)
		complete = find.InWindow(s.Rules, content, 0, len(content), scanner.Cursor{}, note, nil)
		within.Whole(content)
	}, func(_ pack.Kind, _ uint64, content io.Reader) error {
		clear(own)
		return within.Alongside(content, func(content io.Reader) error {
			return find.InStream(s.ctx, s.Rules, content, find.Window, note, nil)
		}, contentOf(s.repo.Objects.NewReader(), id))
	})
	switch {
	case err == nil && !complete:
		err = scanner.ErrDense
	case err != nil && err != scanner.ErrDense:
		return nil, err // see searcher.stream
	}
	keys = insides{}
	for _, m := range within.Found {
		keys.add(m.Key, m.Inside)
	}
	for key := range own {
		if len(keys[key]) == 0 { // else it is a second sight
			keys.add(key, "")
		}
	}
	return keys, err
}

// news is a key that a step brings to a path.
type news struct {
	at    spot
	match find.Match
	blob  oid.ID // zero for a key in a name
}

// newsIn returns the keys that changes bring, less those at paths that the configuration ignores.
func (n *novelty) newsIn(changed []diff.Change) (all []news) {
	for _, c := range changed {
		names, _ := find.InName(c.Name, n.Rules)
		matches := n.hits[c.ID]
		names = slices.DeleteFunc(names, func(m find.Match) bool { return !n.isNewName(m.Key, c) })
		if !c.Mode.IsBlob() {
			matches = nil
		}
		for _, m := range matches {
			if n.isNew(m.Key, c) {
				all = append(all, news{spot{m.Key, c.Path, false}, m, c.ID})
			}
		}
		for _, m := range names {
			all = append(all, news{spot{m.Key, c.Path, true}, m, oid.ID{}})
		}
	}
	return all
}
