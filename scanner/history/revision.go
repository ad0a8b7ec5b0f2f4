package history

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// RevisionError says that a range or revision given by the user names nothing.
type RevisionError struct {
	Text string
	Err  error
}

func (e *RevisionError) Error() string { return fmt.Sprintf("revision %q: %v", e.Text, e.Err) }
func (e *RevisionError) Unwrap() error { return e.Err }

// revisions reads "A..B" (what B reaches and A does not), "A.." and "..B" (HEAD for the side left out),
// and "B" (all that B reaches).
func (s *search) revisions(text string) (include, exclude []oid.ID, err error) {
	if strings.Contains(text, "...") {
		return nil, nil, &RevisionError{text, errors.New("symmetric ranges are not supported: write A..B")}
	}
	a, b, ranged := strings.Cut(text, "..")
	if !ranged {
		a, b = "", a
	} else {
		a, b = orHead(a), orHead(b)
	}
	to, err := s.revision(b)
	if err != nil {
		return nil, nil, err
	}
	if a == "" {
		return []oid.ID{to}, nil, nil
	}
	from, err := s.revision(a)
	return []oid.ID{to}, []oid.ID{from}, err
}

func orHead(name string) string {
	if name == "" {
		return "HEAD"
	}
	return name
}

// revision reads a ref, an id (four digits of it or more), "@", and any of these followed by ~N and ^N.
func (s *search) revision(text string) (id oid.ID, err error) {
	name, steps := text, ""
	if i := strings.IndexAny(text, "~^"); i >= 0 {
		name, steps = text[:i], text[i:]
	}
	if name == "@" {
		name = "HEAD"
	}
	if id, err = s.named(name); err != nil {
		return id, &RevisionError{text, err}
	}
	r := s.repo.db.NewReader()
	for steps != "" {
		step := steps[0]
		end := 1
		for end < len(steps) && steps[end] >= '0' && steps[end] <= '9' {
			end++
		}
		n := 1
		if end > 1 {
			if n, err = strconv.Atoi(steps[1:end]); err != nil {
				return id, &RevisionError{text, err}
			}
		}
		steps = steps[end:]
		if id, err = s.stepBack(r, id, step, n); err != nil {
			return id, &RevisionError{text, err}
		}
		if steps != "" && steps[0] != '~' && steps[0] != '^' {
			return id, &RevisionError{text, fmt.Errorf("%q is not understood: use ~N and ^N", steps)}
		}
	}
	return id, nil
}

// stepBack follows ~n (n times the first parent) or ^n (the n-th parent).
func (s *search) stepBack(r *odb.Reader, id oid.ID, step byte, n int) (oid.ID, error) {
	times, parent := n, 1
	if step == '^' {
		times, parent = 1, n
	}
	for range times {
		c, err := s.readCommit(r, id)
		if err != nil {
			return id, err
		}
		switch {
		case parent == 0:
			id = c.id
		case parent > len(c.head.Parents):
			return id, fmt.Errorf("commit %s has no parent %d", s.repo.hex(c.id), parent)
		default:
			id = c.head.Parents[parent-1]
		}
	}
	return id, nil
}

// named resolves a ref or an id, which may be shortened.
func (s *search) named(name string) (oid.ID, error) {
	id, err := s.repo.dir.Resolve(name)
	if err == nil {
		return id, nil
	}
	if len(name) < 4 || len(name) > 64 || strings.Trim(name, "0123456789abcdefABCDEF") != "" {
		return id, err
	}
	found := s.repo.db.WithPrefix(strings.ToLower(name))
	switch len(found) {
	case 0:
		return id, err
	case 1:
		return found[0], nil
	}
	return id, fmt.Errorf("%d objects begin with it: write more digits", len(found))
}

// readCommit reads a commit, through tags if need be.
func (s *search) readCommit(r *odb.Reader, id oid.ID) (foundCommit, error) {
	return peelCommit(r.Read, id, s.repo.db.Format)
}

// peelCommit reads a commit, through tags if need be.
func peelCommit(read object.Reader, id oid.ID, f oid.Format) (c foundCommit, err error) {
	id, kind, content, err := object.Peel(read, id, f, nil)
	if err != nil {
		return c, err
	}
	if kind != pack.Commit {
		return c, &object.KindError{ID: id, Format: f, Is: kind, Wanted: pack.Commit}
	}
	head, err := object.ParseCommit(content, f)
	return foundCommit{id: id, head: head, date: object.CommitDate(content), content: content}, err
}

// foundCommit is a commit that was read by itself.
type foundCommit struct {
	id      oid.ID
	head    object.Commit
	date    int64
	content []byte
}
