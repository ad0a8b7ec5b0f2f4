package repository

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"skleak/scanner/git/commits"
	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
)

// RevisionError says that a range or revision given by the user names nothing.
type RevisionError struct {
	Text string
	Err  error
}

func (e *RevisionError) Error() string { return fmt.Sprintf("revision %q: %v", e.Text, e.Err) }
func (e *RevisionError) Unwrap() error { return e.Err }

// Revision is what the name of a revision means.
type Revision struct {
	Text   string
	ID     oid.ID // what it names: Commit, or a tag
	Commit commits.Commit
	ByRef  bool // it is a ref, or a commit behind one
}

// Range is a range of commits as somebody named it: what Tip leads to and From does not.
type Range struct {
	Tip  Revision
	From *Revision // nil: all that Tip leads to
}

// ParseRange reads "A..B" (what B leads to and A does not), "A.." and "..B" (HEAD for the side left out),
// and "B" (all that B leads to).
func (r *Repo) ParseRange(text string) (named Range, err error) {
	if strings.Contains(text, "...") {
		return named, &RevisionError{text, errors.New("symmetric ranges are not supported: write A..B")}
	}
	a, b, isRange := strings.Cut(text, "..")
	if !isRange {
		a, b = "", a
	}
	n := namer{r, r.Objects.NewReader().Read}
	if named.Tip, err = n.revision(cmp.Or(b, "HEAD")); err == nil && isRange {
		var from Revision
		from, err = n.revision(cmp.Or(a, "HEAD"))
		named.From = &from
	}
	return named, err
}

// namer finds out what names mean.
type namer struct {
	*Repo
	read object.Reader
}

// revision reads a ref, an id (four digits of it or more), "@", and any of these followed by ~N and ^N.
func (n namer) revision(text string) (named Revision, err error) {
	named.Text = text
	if named.ID, named.ByRef, err = n.walkBack(text); err == nil {
		named.Commit, err = n.commit(named.ID)
	}
	if err != nil {
		return named, &RevisionError{text, err}
	}
	return named, nil
}

func (n namer) commit(id oid.ID) (commits.Commit, error) {
	return commits.Read(n.read, id, n.Dir.Format)
}

// walkBack finds what a name means, and follows the steps back from there.
func (n namer) walkBack(text string) (id oid.ID, byRef bool, err error) {
	name, steps := text, ""
	if i := strings.IndexAny(text, "~^"); i >= 0 {
		name, steps = text[:i], text[i:]
	}
	if name == "@" {
		name = "HEAD"
	}
	if id, byRef, err = n.named(name); err != nil {
		return id, false, err
	}
	for steps != "" {
		step := steps[0]
		end := 1
		for end < len(steps) && steps[end] >= '0' && steps[end] <= '9' {
			end++
		}
		count := 1
		if end > 1 {
			if count, err = strconv.Atoi(steps[1:end]); err != nil {
				return id, false, err
			}
		}
		steps = steps[end:]
		if id, err = n.stepBack(id, step, count); err != nil {
			return id, false, err
		}
		if steps != "" && steps[0] != '~' && steps[0] != '^' {
			return id, false, fmt.Errorf("%q is not understood: use ~N and ^N", steps)
		}
	}
	return id, byRef, nil
}

// stepBack follows ~N (N times the first parent) or ^N (the N-th parent).
func (n namer) stepBack(id oid.ID, step byte, count int) (oid.ID, error) {
	times, parent := count, 1
	if step == '^' {
		times, parent = 1, count
	}
	for range times {
		c, err := n.commit(id)
		if err != nil {
			return id, err
		}
		switch {
		case parent == 0:
			id = c.ID
		case parent > len(c.Parents):
			return id, fmt.Errorf("commit %s has no parent %d", c.ID.Hex(n.Dir.Format), parent)
		default:
			id = c.Parents[parent-1]
		}
	}
	return id, nil
}

// named resolves a ref or an id, which may be shortened. As with git, a short one means a commit if it can.
func (n namer) named(name string) (id oid.ID, byRef bool, err error) {
	id, err = n.Dir.Resolve(name)
	if err == nil {
		return id, len(name) != 2*n.Dir.Format.Size(), nil
	}
	if len(name) < 4 || len(name) > 64 || strings.Trim(name, "0123456789abcdefABCDEF") != "" {
		return id, false, err
	}
	found := n.Objects.WithPrefix(strings.ToLower(name))
	if len(found) > 1 {
		found = slices.DeleteFunc(found, func(id oid.ID) bool {
			_, err := n.commit(id)
			return err != nil
		})
	}
	switch len(found) {
	case 0:
		return id, false, err
	case 1:
		return found[0], false, nil
	}
	return id, false, fmt.Errorf("%d objects begin with %q: write more digits", len(found), name)
}
