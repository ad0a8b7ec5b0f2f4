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
	"cmp"
	"context"
	"errors"
	"fmt"

	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Repo is an open repository.
type Repo struct {
	dir      *gitdir.Dir
	db       *odb.DB
	problems []unreadable // noticed on opening
}

type unreadable struct{ reason, place, detail string }

// Options says how to scan.
type Options struct {
	Rules    *provider.Set
	Coverage *scanner.Coverage
	Jobs     int    // workers; below 1: one for each processor
	Range    string // "A..B": only what B reaches and A does not; "": every object
	Prefix   string // goes in front of every path, for submodules
	// Ignore is the configuration's word on paths, with the prefix: true leaves what lies at one out of the
	// findings; folders are asked about before what is in them. nil: nothing is left out.
	Ignore   func(path string, dir bool) bool
	Memory   int64 // bytes that large objects may hold at once; 0: pack.DefaultMemory
	Progress *scanner.Progress
	// VerifyObjects computes the id of each object from its content, and names those that are not what their id says.
	VerifyObjects bool
}

// unreadable notes what could not be read. The prefix says in which repository: one that lies inside another has a refs/heads/main, too.
func (o Options) unreadable(reason, place, detail string) {
	o.Coverage.Unreadable(reason, o.Prefix+place, detail)
}

// tellDense names what was not looked into whole.
func (o Options) tellDense(place string, complete bool) {
	if !complete {
		o.unreadable(scanner.UnreadableTooLarge, place, scanner.ErrDense.Error())
	}
}

func (o Options) memory() int64 { return cmp.Or(o.Memory, pack.DefaultMemory) }

// Open opens the repository at path, or the one that path lies in if discover is set. The error wraps
// gitdir.ErrNotRepository where there is none.
func Open(path string, discover bool) (*Repo, error) {
	return OpenWithin(gitdir.Reach{}, path, discover)
}

// OpenWithin is Open with a say in how far the repository may lead elsewhere.
func OpenWithin(reach gitdir.Reach, path string, discover bool) (*Repo, error) {
	open := reach.Open
	if discover {
		open = reach.Discover
	}
	dir, err := open(path)
	if err != nil {
		return nil, err
	}
	r := &Repo{dir: dir}
	dirs, problems := dir.ObjectDirs()
	for _, p := range append(dir.Problems, problems...) {
		r.note(reasonOf(p, scanner.UnreadableRepo), p.Place, p.Detail)
	}
	db, dbProblems := odb.Open(dirs, dir.Format)
	for _, p := range dbProblems {
		r.note(scanner.UnreadableCorrupt, p.Place, p.Detail)
	}
	r.db = db
	return r, nil
}

func (r *Repo) note(reason, place, detail string) {
	r.problems = append(r.problems, unreadable{reason, place, detail})
}

// reasonOf is the reason under which a problem is counted: usual, unless it leads out of what is scanned.
func reasonOf(p gitdir.Problem, usual string) string {
	if p.Outside {
		return scanner.UnreadableOutside
	}
	return usual
}

// Worktree is the root of the working tree, "" if there is none.
func (r *Repo) Worktree() string { return r.dir.Worktree }

// GitDir is the git directory, which tells one repository from another.
func (r *Repo) GitDir() string { return r.dir.Git }

// Close gives back what Open took.
func (r *Repo) Close() error { return r.db.Close() }

// hex writes an id in the repository's format.
func (r *Repo) hex(id oid.ID) string { return id.Hex(r.db.Format) }

// Scan searches the repository and tells h what it found, in an order that depends on the repository
// alone. What cannot be read is noted in o.Coverage and is no error. When ctx ends, what was found so
// far is told, without commits, and ctx's error is returned.
func (r *Repo) Scan(ctx context.Context, o Options, h scanner.Handler) error {
	if o.Progress == nil {
		o.Progress = &scanner.Progress{}
	}
	for _, p := range r.problems {
		o.unreadable(p.reason, p.place, p.detail)
	}
	s := newSearch(r, o)
	search := s.run
	if o.Range != "" {
		search = func(ctx context.Context) error { return s.runRange(ctx, o.Range) }
	}
	var found []scanner.Finding
	err := pack.Guard(func() (err error) {
		if err = search(ctx); err == nil && len(s.hits) > 0 {
			found, err = s.trace(ctx)
		}
		return err
	})
	if err == nil {
		return tell(found, h)
	}
	bare := pack.Guard(func() error { return s.tellBare(h) })
	if errors.Is(err, pack.ErrFault) { // a file that went away under us costs the trace, not the scan
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
