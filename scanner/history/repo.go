// Package history searches what git stores: every object of the database, each once, whether or not a
// ref leads to it.
//
// A scan has two halves. The search walks all packs and loose objects (see package pack) and notes the
// objects that hold keys. Only if there are any, provenance finds out which trees name them, at which path, and which
// commit brought each key there. Trees, commits and tags are read in the same walk as blobs: their text is
// searched, and what they name must exist, so that an object that is not there is never taken for a clean one.
//
// Nothing here runs the git program, fetches, or writes.
package history

import (
	"context"
	"errors"
	"fmt"

	"skleak/scanner"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/mapped"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/repository"
)

// Repo is an open repository. What is asked of it alone reads one object at a time; Scan lists all of them.
type Repo struct {
	*repository.Repo
	strays []stray
	db     *odb.DB // all objects; nil until they are listed
}

type unreadable struct{ reason, place, detail string }

// Open opens the repository at path, or the one that path lies in if discover is set; reach says how far it may lead
// elsewhere. The error wraps gitdir.ErrNotRepository where there is none.
func Open(reach gitdir.Reach, path string, discover bool) (*Repo, error) {
	return repoOf(repository.Open(reach, path, discover))
}

// OpenHanded is Open for hooks; see repository.OpenHanded.
func OpenHanded(path string, discover bool, h repository.Handed) (*Repo, error) {
	return repoOf(repository.OpenHanded(path, discover, h))
}

func repoOf(r *repository.Repo, err error) (*Repo, error) {
	if err != nil {
		return nil, err
	}
	return &Repo{Repo: r}, nil
}

// list lists all objects, once, and returns what kept any from being listed.
func (r *Repo) list() (problems []odb.Problem) {
	if r.db == nil {
		r.db, problems = odb.Open(r.Folders, r.Dir.Format)
		if r.Dir.IsBundle() {
			r.db.AddBundle(r.Dir.Git, "pack")
		}
		for _, s := range r.strays {
			r.db.AddStray(s.file, s.place)
		}
	}
	return problems
}

// reasonOf is the reason under which a problem is counted: usual, unless it leads out of what is scanned.
func reasonOf(p gitdir.Problem, usual string) string {
	if p.Outside {
		return scanner.UnreadableOutside
	}
	return usual
}

// Close gives back what was opened.
func (r *Repo) Close() error { return errors.Join(r.Repo.Close(), r.closeList()) }

func (r *Repo) closeList() error {
	if r.db == nil {
		return nil
	}
	return r.db.Close()
}

// tellProblems names what was noticed on opening.
func (r *Repo) tellProblems(o Options) {
	for _, p := range r.Problems {
		o.unreadable(reasonOf(p, scanner.UnreadableRepo), p.Place, p.Detail)
	}
}

// shallow are the commits whose parents a shallow clone left out.
func (r *Repo) shallow(o Options) map[oid.ID]bool {
	commits, err := r.Shallow()
	if err != nil {
		o.unreadable(scanner.UnreadableRepo, "shallow", err.Error())
	}
	return commits
}

// hex writes an id in the repository's format.
func (r *Repo) hex(id oid.ID) string { return id.Hex(r.Dir.Format) }

// Scan searches the repository and tells h what it found, in an order that depends on the repository
// alone. What cannot be read is noted in o.Coverage and is no error. When ctx ends, what was found so
// far is told, without commits, and ctx's error is returned.
func (r *Repo) Scan(ctx context.Context, o Options, h scanner.Handler) error {
	if o.Progress == nil {
		o.Progress = &scanner.Progress{}
	}
	r.tellProblems(o)
	for _, p := range r.list() {
		if !p.NoIdx || !o.Fetched {
			o.unreadable(scanner.UnreadableCorrupt, p.Place, p.Detail)
		}
	}
	s := newSearch(r, o)
	var found []scanner.Finding
	err := mapped.Guard(func() error { return s.run(ctx) })
	s.forgetKeys()
	if err == nil && len(s.hits) > 0 {
		err = mapped.Guard(func() (err error) {
			found, err = s.trace(ctx)
			return err
		})
	}
	if err == nil {
		return tell(append(found, s.besides...), h)
	}
	bare := mapped.Guard(func() error { return s.tellBare(h) })
	if errors.Is(err, mapped.ErrFault) { // a file that went away under us costs the trace, not the scan
		o.unreadable(scanner.UnreadableCorrupt, "objects", err.Error())
		return bare
	}
	return errors.Join(bare, err)
}

func tell(found []scanner.Finding, h scanner.Handler) error {
	for _, f := range found {
		if err := h.Finding(f); err != nil {
			return fmt.Errorf("passing on a finding: %w", err)
		}
	}
	return nil
}
