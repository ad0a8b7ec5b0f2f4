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
	"path/filepath"
	"slices"
	"sync"

	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/index"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Repo is an open repository. It reads the objects that it is asked for one at a time, so that a commit of one file
// does not wait for a million objects; Scan alone lists all of them.
type Repo struct {
	dir       *gitdir.Dir
	objects   []string // folders
	strays    []stray
	store     *odb.Lazy
	db        *odb.DB      // all objects; nil until they are listed
	problems  []unreadable // noticed on opening
	worktree  string
	merging   []string                     // ids
	readIndex func() (*index.Index, error) // once
}

// Handed is what git tells its hooks through the environment. Hooks alone may believe it: they are run by git, in its
// repository. Whatever else is started somewhere with such variables set must read the repository it was told to.
type Handed struct {
	IndexFile string   // GIT_INDEX_FILE: the index of the commit, which in a partial one is not the usual file
	Worktree  string   // GIT_WORK_TREE: the root of the working tree, where the repository does not tell
	Merging   []string // ids from GITHEAD_…: what a merge brings in that is not noted as one yet
	Objects   []string // GIT_OBJECT_DIRECTORY and GIT_ALTERNATE_OBJECT_DIRECTORIES: in quarantine, where the push lies
}

type unreadable struct{ reason, place, detail string }

// Options says how to scan.
type Options struct {
	Rules    *provider.Set
	Coverage *scanner.Coverage
	Jobs     int    // workers; below 1: one for each processor
	Prefix   string // goes in front of every path, for submodules
	Inside   string // goes in front of paths in the git directory
	// Ignore is the configuration's word on paths, with the prefix: true leaves what lies at one out of the
	// findings; folders are asked about before what is in them. nil: nothing is left out.
	Ignore   func(path string, dir bool) bool
	Memory   int64 // bytes that large objects may hold at once; 0: pack.DefaultMemory
	Progress *scanner.Progress
	// VerifyObjects computes the id of each object from its content, and names those that are not what their id says.
	VerifyObjects bool
}

// unreadable notes what could not be read. The prefix says in which repository: one that lies inside another has a
// refs/heads/main, too.
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
	return open(reach, path, discover, Handed{})
}

// TrustGit is the reach of hooks. Git is at work in the repository, and has followed already where it leads; what the
// hook looks at are the objects that git is about to take or to give away.
var TrustGit = gitdir.Reach{Elsewhere: true}

// OpenHanded is Open for hooks. Where nothing tells what the root of the working tree is, git takes the
// current folder for it.
func OpenHanded(path string, discover bool, h Handed) (*Repo, error) {
	r, err := open(TrustGit, path, discover, h)
	if err != nil {
		return nil, err
	}
	if r.worktree, err = filepath.Abs(cmp.Or(h.Worktree, r.worktree, ".")); err != nil {
		return nil, fmt.Errorf("looking for the working tree: %w", err)
	}
	return r, nil
}

func open(reach gitdir.Reach, path string, discover bool, h Handed) (*Repo, error) {
	open := reach.Open
	if discover {
		open = reach.Discover
	}
	dir, err := open(path)
	if err != nil {
		return nil, err
	}
	r := &Repo{dir: dir, worktree: dir.Worktree, merging: h.Merging}
	indexFile := cmp.Or(h.IndexFile, filepath.Join(dir.Git, "index"))
	r.readIndex = sync.OnceValues(func() (*index.Index, error) { return index.ReadFile(indexFile, dir.Git, dir.Format) })
	dirs, problems := dir.ObjectDirsBehind(h.Objects)
	for _, p := range slices.Concat(dir.Problems, problems) {
		r.problems = append(r.problems, unreadable{reasonOf(p, scanner.UnreadableRepo), p.Place, p.Detail})
	}
	r.objects = dirs
	r.store = odb.OpenLazily(dirs, dir.Format)
	return r, nil
}

// list lists all objects, once, and returns what kept any from being listed.
func (r *Repo) list() (problems []odb.Problem) {
	if r.db == nil {
		r.db, problems = odb.Open(r.objects, r.dir.Format)
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

// Worktree is the root of the working tree, "" if there is none.
func (r *Repo) Worktree() string { return r.worktree }

// GitDir is the git directory, which tells one repository from another.
func (r *Repo) GitDir() string { return r.dir.Git }

// ReadAhead reads the index, which Changes then has at hand: of a large tree that takes as long as to compile the
// rules, and can be done meanwhile.
func (r *Repo) ReadAhead() { _, _ = r.readIndex() } // Changes gets the error

// Close gives back what was opened.
func (r *Repo) Close() error { return errors.Join(r.store.Close(), r.closeList()) }

func (r *Repo) closeList() error {
	if r.db == nil {
		return nil
	}
	return r.db.Close()
}

// hex writes an id in the repository's format.
func (r *Repo) hex(id oid.ID) string { return id.Hex(r.dir.Format) }

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
	for _, p := range r.list() {
		o.unreadable(scanner.UnreadableCorrupt, p.Place, p.Detail)
	}
	s := newSearch(r, o)
	var found []scanner.Finding
	err := pack.Guard(func() (err error) {
		if err = s.run(ctx); err == nil && len(s.hits) > 0 {
			found, err = s.trace(ctx)
		}
		return err
	})
	if err == nil {
		return tell(append(found, s.besides...), h)
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
