package history

import (
	"bytes"
	"encoding/hex"
	"errors"

	"skleak/scanner/history/oid"
	"skleak/scanner/history/pack"
)

// seenIDs remembers object ids that were looked up lately and are there. Neighbouring trees name the same
// ids, and a look here costs one cache miss where a look into the idx costs several.
type seenIDs struct{ slots []oid.ID }

const seenSlots = 1 << 14

func (s *seenIDs) slot(id []byte) *oid.ID {
	if s.slots == nil {
		s.slots = make([]oid.ID, seenSlots)
	}
	return &s.slots[(int(id[0])<<8|int(id[1]))&(seenSlots-1)]
}

// exists notes an id as missing if it is not there.
func (v *searcher) exists(id []byte, kind string, by pack.Kind, naming uint32) {
	slot := v.seen.slot(id)
	if bytes.Equal(slot[:len(id)], id) && !slot.IsZero() {
		return
	}
	if v.repo.db.Has(id) || isEmptyTree(id) {
		copy(slot[:], id)
		return
	}
	absent := oid.FromBytes(id)
	v.missing[absent] = absence{kind, v.repo.db.ID(naming), by}.orEarlier(v.missing[absent])
}

// isEmptyTree knows the one object that git takes for granted, stored or not.
func isEmptyTree(id []byte) bool {
	switch hex.EncodeToString(id) {
	case "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321":
		return true
	}
	return false
}

// checkTree checks that what a tree names is there. Entries that were copied whole from the tree it is a delta
// of were checked with that one.
func (v *searcher) checkTree(o *pack.Object, number uint32) error {
	r := treeReader{content: o.Content, hash: v.repo.db.Format.Size()}
	dirty := o.Dirty
	if !o.Delta {
		dirty = []pack.Range{{From: 0, To: len(o.Content)}}
	}
	for _, d := range dirty {
		r.seek(d.From)
		for r.at < d.To {
			e, ok, err := r.next()
			if err != nil {
				return err
			}
			if !ok || r.at <= d.From || e.isGitlink() {
				continue
			}
			kind := "blob"
			if e.isTree() {
				kind = "tree"
			}
			v.exists(e.id, kind, pack.Tree, number)
		}
	}
	return nil
}

// checkCommit checks that the tree and the parents of a commit are there; those of a commit at the edge
// of a shallow clone are not, and that is counted.
func (v *searcher) checkCommit(content []byte, number uint32) error {
	head, err := parseCommitHead(content, v.repo.db.Format)
	if err != nil {
		return err
	}
	size := v.repo.db.Format.Size()
	v.exists(head.tree[:size], "tree", pack.Commit, number)
	if len(v.shallow) > 0 && v.shallow[v.repo.db.ID(number)] {
		v.shallowEdges++
		return nil
	}
	for _, p := range head.parents {
		v.exists(p[:size], "commit", pack.Commit, number)
	}
	return nil
}

// checkTag checks that what a tag names is there.
func (v *searcher) checkTag(content []byte, number uint32) error {
	id, rest, ok := cutIDLine(content, "object ", v.repo.db.Format)
	kind, named := bytes.CutPrefix(rest, []byte("type "))
	kind, _, lineEnds := bytes.Cut(kind, []byte{'\n'})
	if !ok || !named || !lineEnds {
		return errors.New("it is no well-formed tag: it does not begin with an object and its type")
	}
	name := "object"
	if k, known := pack.ParseKind(string(kind)); known {
		name = k.String()
	}
	v.exists(id[:v.repo.db.Format.Size()], name, pack.Tag, number)
	return nil
}

// commitHead is what links a commit to others.
type commitHead struct {
	tree    oid.ID
	parents []oid.ID
}

// parseCommitHead reads the lines that every commit begins with.
func parseCommitHead(content []byte, f oid.Format) (h commitHead, err error) {
	tree, rest, ok := cutIDLine(content, "tree ", f)
	if !ok {
		return h, errors.New("it is no well-formed commit: it does not begin with a tree")
	}
	h.tree = tree
	for {
		parent, next, ok := cutIDLine(rest, "parent ", f)
		if !ok {
			return h, nil
		}
		h.parents = append(h.parents, parent)
		rest = next
	}
}

// cutIDLine reads a line of a keyword and an id in hex.
func cutIDLine(text []byte, keyword string, f oid.Format) (id oid.ID, rest []byte, ok bool) {
	digits := f.Size() * 2
	rest, ok = bytes.CutPrefix(text, []byte(keyword))
	if !ok || len(rest) <= digits || rest[digits] != '\n' {
		return id, text, false
	}
	if _, err := hex.Decode(id[:], rest[:digits]); err != nil {
		return oid.ID{}, text, false
	}
	return id, rest[digits+1:], true
}
