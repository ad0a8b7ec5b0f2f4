package history

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"skleak/scanner"
	"skleak/scanner/history/odb"
	"skleak/scanner/history/oid"
	"skleak/scanner/history/pack"
)

// Commit resolves a revision (see Options.Range for what may be written) to a commit that is in the
// repository: its id and those of its parents, in hex. The parents need not be there. The error is a
// *RevisionError where the revision names nothing, or nothing that is here.
func (r *Repo) Commit(revision string) (id string, parents []string, err error) {
	err = pack.Guard(func() error {
		s := r.asker(&scanner.Coverage{})
		c, err := s.commitAt(revision)
		if err != nil {
			return err
		}
		id = r.hex(c.id)
		for _, p := range c.head.parents {
			parents = append(parents, r.hex(p))
		}
		return nil
	})
	return id, parents, err
}

// Commits returns the ids, in hex, of the commits that a range names, in the syntax of Options.Range.
// Commits that cannot be read, and what only they lead to, are not among them.
func (r *Repo) Commits(ctx context.Context, revisions string) (ids map[string]bool, err error) {
	err = pack.Guard(func() error {
		s := r.asker(&scanner.Coverage{})
		include, exclude, err := s.revisions(revisions)
		if err != nil {
			return err
		}
		found, err := s.commitsBetween(ctx, include, exclude)
		ids = make(map[string]bool, len(found))
		for _, c := range found {
			ids[r.hex(c.id)] = true
		}
		return err
	})
	return ids, err
}

// IsShallow is true for a repository that was told to do without the parents of some commits.
func (r *Repo) IsShallow() bool {
	ids, err := r.dir.Shallow()
	return err != nil || len(ids) > 0 // what cannot be read may hide an edge
}

// File returns the content of the file at path (relative, with forward slashes) in the commit that a
// revision names. The error wraps fs.ErrNotExist where the commit has no such file; a link, a folder
// and a submodule are none. The content may be shared: do not write to it.
func (r *Repo) File(revision, path string) (content []byte, err error) {
	err = pack.Guard(func() error {
		s := r.asker(&scanner.Coverage{})
		c, err := s.commitAt(revision)
		if err != nil {
			return err
		}
		content, err = s.fileIn(r.db.NewReader(), c.head.tree, path)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s of %s: %w", path, revision, err)
	}
	return content, nil
}

// asker is a search that is only asked about commits.
func (r *Repo) asker(c *scanner.Coverage) *search {
	return newSearch(r, Options{Coverage: c, Progress: &scanner.Progress{}})
}

func (s *search) commitAt(revision string) (c foundCommit, err error) {
	id, err := s.revision(revision)
	if err != nil {
		return c, err
	}
	if c, err = s.readCommit(s.repo.db.NewReader(), id); err != nil {
		return c, &RevisionError{revision, err}
	}
	return c, nil
}

// fileIn follows a path down from a tree.
func (s *search) fileIn(r *odb.Reader, tree oid.ID, path string) ([]byte, error) {
	name, rest, deeper := strings.Cut(path, "/")
	kind, content, err := r.Read(tree)
	if err != nil {
		return nil, err
	}
	if kind != pack.Tree {
		return nil, fmt.Errorf("%s is a %s, not a tree", s.repo.hex(tree), kind)
	}
	entries := treeReader{content: content, hash: s.repo.db.Format.Size()}
	for {
		e, ok, err := entries.next()
		switch {
		case err != nil:
			return nil, err
		case !ok:
			return nil, fs.ErrNotExist
		case string(e.name) != name:
		case deeper && e.isTree():
			return s.fileIn(r, oid.FromBytes(e.id), rest)
		case deeper || !e.isFile():
			return nil, fs.ErrNotExist
		default:
			_, content, err := r.Read(oid.FromBytes(e.id))
			return content, err
		}
	}
}

// isFile is true for a regular file, executable or not.
func (e treeEntry) isFile() bool {
	mode := e.significant()
	return len(mode) == 6 && mode[0] == '1' && mode[1] == '0'
}
