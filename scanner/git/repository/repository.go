// Package repository opens a repository and answers what git answers about it: where it lies, what names in it mean,
// how its commits hang together, what is staged. It reads the objects that it is asked for one at a time, so that a
// question about a commit of one file does not wait for a million objects.
//
// Nothing here runs the git program, fetches, or writes.
package repository

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/index"
	"skleak/scanner/git/odb"
)

// Repo is an open repository.
type Repo struct {
	Dir      *gitdir.Dir
	Folders  []string  // of its objects
	Objects  *odb.Lazy // one at a time
	Merging  []string  // ids that git handed over; see Handed
	Problems []gitdir.Problem

	worktree string
	index    func() (*index.Index, error) // once
	read     atomic.Pointer[index.Index]  // by index
}

// Handed is what git tells its hooks through the environment. Hooks alone may believe it: they are run by git, in its
// repository. Whatever else is started somewhere with such variables set must read the repository it was told to.
type Handed struct {
	IndexFile string   // GIT_INDEX_FILE: the index of the commit, which in a partial one is not the usual file
	Worktree  string   // GIT_WORK_TREE: the root of the working tree, where the repository does not tell
	Merging   []string // ids from GITHEAD_…: what a merge brings in that is not noted as one yet
	Objects   []string // GIT_OBJECT_DIRECTORY and GIT_ALTERNATE_OBJECT_DIRECTORIES: in quarantine, where the push lies
}

// Open opens the repository at path, or the one that path lies in if discover is set; reach says how far it may lead
// elsewhere. The error wraps gitdir.ErrNotRepository where there is none.
func Open(reach gitdir.Reach, path string, discover bool) (*Repo, error) {
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
	indexFile := cmp.Or(h.IndexFile, filepath.Join(dir.Git, "index"))
	folders, problems := dir.ObjectDirsBehind(h.Objects)
	objects := odb.OpenLazily(folders, dir.Format)
	if dir.IsBundle() {
		objects = odb.OpenBundle(dir.Git, dir.Format)
	}
	r := &Repo{
		Dir: dir, Folders: folders, Objects: objects, Merging: h.Merging,
		Problems: slices.Concat(dir.Problems, problems), worktree: dir.Worktree,
	}
	r.index = sync.OnceValues(func() (*index.Index, error) {
		x, err := index.ReadFile(indexFile, dir.Git, dir.Format)
		r.read.Store(x)
		return x, err
	})
	return r, nil
}

// Worktree is the root of the working tree, "" if there is none.
func (r *Repo) Worktree() string { return r.worktree }

// GitDir is the git directory, which tells one repository from another.
func (r *Repo) GitDir() string { return r.Dir.Git }

// Index returns what is staged, until Close. It is read once.
func (r *Repo) Index() (*index.Index, error) { return r.index() }

// ReadAhead reads the index, which Index then has at hand: of a large tree that takes as long as to compile the
// rules, and can be done meanwhile.
func (r *Repo) ReadAhead() { _, _ = r.index() } // Index returns the error

// Close gives back what was opened. An index that is still read ahead is left to the end of the process.
func (r *Repo) Close() error {
	err := r.Objects.Close()
	if x := r.read.Load(); x != nil {
		err = errors.Join(err, x.Close())
	}
	return err
}
