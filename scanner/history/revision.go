package history

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"skleak/scanner/git/commits"
	"skleak/scanner/git/oid"
)

// RevisionError says that a range or revision given by the user names nothing.
type RevisionError struct {
	Text string
	Err  error
}

func (e *RevisionError) Error() string { return fmt.Sprintf("revision %q: %v", e.Text, e.Err) }
func (e *RevisionError) Unwrap() error { return e.Err }

// namedRange is a range of commits as somebody named it.
type namedRange struct {
	tip, known commits.Commit
	less       bool   // known was named: what it leads to does not count
	text       string // of the revision at its end
	id         oid.ID // what that names: tip, or a tag
	byRef      bool   // it is a ref, or a commit behind one
}

// revisionRange searches the commits that a range names.
func (s *changes) revisionRange(text string) error {
	n, err := s.parseRange(text)
	if err != nil {
		return err
	}
	s.tips.of = n
	w := s.newWalk()
	if n.less {
		w.Exclude(n.known)
	}
	s.start(w, Tip{n.text, n.id}, nil)
	return s.commits(w, nil)
}

// parseRange reads "A..B" (what B reaches and A does not), "A.." and "..B" (HEAD for the side left out),
// and "B" (all that B reaches).
func (s *changes) parseRange(text string) (n *namedRange, err error) {
	if strings.Contains(text, "...") {
		return nil, &RevisionError{text, errors.New("symmetric ranges are not supported: write A..B")}
	}
	a, b, ranged := strings.Cut(text, "..")
	if !ranged {
		a, b = "", a
	}
	n = &namedRange{less: ranged, text: cmp.Or(b, headRef)}
	if n.id, n.tip, n.byRef, err = s.revision(n.text); err == nil && ranged {
		_, n.known, _, err = s.revision(cmp.Or(a, headRef))
	}
	return n, err
}

// revision reads a ref, an id (four digits of it or more), "@", and any of these followed by ~N and ^N.
// It returns what that names, the commit there, and whether a ref leads to it.
func (s *changes) revision(text string) (id oid.ID, c commits.Commit, byRef bool, err error) {
	id, byRef, err = s.walkBack(text)
	if err == nil {
		c, err = commits.Read(s.reader.Read, id, s.repo.dir.Format)
	}
	if err != nil {
		return id, c, false, &RevisionError{text, err}
	}
	return id, c, byRef, nil
}

// walkBack finds what a name means, and follows the steps back from there.
func (s *changes) walkBack(text string) (id oid.ID, byRef bool, err error) {
	name, steps := text, ""
	if i := strings.IndexAny(text, "~^"); i >= 0 {
		name, steps = text[:i], text[i:]
	}
	if name == "@" {
		name = "HEAD"
	}
	if id, byRef, err = s.named(name); err != nil {
		return id, false, err
	}
	for steps != "" {
		step := steps[0]
		end := 1
		for end < len(steps) && steps[end] >= '0' && steps[end] <= '9' {
			end++
		}
		n := 1
		if end > 1 {
			if n, err = strconv.Atoi(steps[1:end]); err != nil {
				return id, false, err
			}
		}
		steps = steps[end:]
		if id, err = s.stepBack(id, step, n); err != nil {
			return id, false, err
		}
		if steps != "" && steps[0] != '~' && steps[0] != '^' {
			return id, false, fmt.Errorf("%q is not understood: use ~N and ^N", steps)
		}
	}
	return id, byRef, nil
}

// stepBack follows ~n (n times the first parent) or ^n (the n-th parent).
func (s *changes) stepBack(id oid.ID, step byte, n int) (oid.ID, error) {
	times, parent := n, 1
	if step == '^' {
		times, parent = 1, n
	}
	for range times {
		c, err := commits.Read(s.reader.Read, id, s.repo.dir.Format)
		if err != nil {
			return id, err
		}
		switch {
		case parent == 0:
			id = c.ID
		case parent > len(c.Parents):
			return id, fmt.Errorf("commit %s has no parent %d", s.repo.hex(c.ID), parent)
		default:
			id = c.Parents[parent-1]
		}
	}
	return id, nil
}

// named resolves a ref or an id, which may be shortened. As with git, a short one means a commit if it can.
func (s *changes) named(name string) (id oid.ID, byRef bool, err error) {
	id, err = s.repo.dir.Resolve(name)
	if err == nil {
		return id, len(name) != 2*s.repo.dir.Format.Size(), nil
	}
	if len(name) < 4 || len(name) > 64 || strings.Trim(name, "0123456789abcdefABCDEF") != "" {
		return id, false, err
	}
	found := s.repo.store.WithPrefix(strings.ToLower(name))
	if len(found) > 1 {
		found = slices.DeleteFunc(found, func(id oid.ID) bool {
			_, err := commits.Read(s.reader.Read, id, s.repo.dir.Format)
			return err != nil
		})
	}
	switch len(found) {
	case 0:
		return id, false, err
	case 1:
		return found[0], false, nil
	}
	return id, false, fmt.Errorf("%d objects begin with it: write more digits", len(found))
}
