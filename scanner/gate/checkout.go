package gate

import (
	"errors"
	"fmt"

	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/oid"
	"skleak/scanner/history"
	"skleak/scanner/run"
)

// repoCheckout is the repository that a job has checked out. Commits are named by their full ids, in hex: nothing
// that an event says is looked up as the name of a ref.
type repoCheckout struct {
	*history.Repo
	root   string // of the working tree, "" where there is none
	format oid.Format
}

// openCheckout opens the repository that a folder lies in, nil where it lies in none: a runner without git
// checks out files alone.
func openCheckout(folder string, o run.Options) (*repoCheckout, error) {
	const discover = true
	where, err := o.Reach(folder).Discover(folder)
	if errors.Is(err, gitdir.ErrNotRepository) {
		return nil, nil
	}
	var repo *history.Repo
	if err == nil {
		repo, err = history.Open(o.Reach(folder), folder, discover)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the repository at %s: %w", folder, err)
	}
	return &repoCheckout{repo, where.Worktree, where.Format}, nil
}

// close gives back what was opened, if there is a repository.
func (c *repoCheckout) close() {
	if c != nil {
		_ = c.Close() // it was only read
	}
}

// asCheckout returns nil, not an interface that holds it, where there is no repository.
func (c *repoCheckout) asCheckout() checkout {
	if c == nil {
		return nil
	}
	return c
}

func (c *repoCheckout) parents(commit string) (ids []string, here bool) {
	id, err := c.ParseID(commit)
	if err != nil {
		return nil, false
	}
	parents, err := c.Parents(id)
	for _, p := range parents {
		ids = append(ids, p.Hex(c.format))
	}
	return ids, err == nil
}

// file returns a file of a commit; see repository.Repo.File.
func (c *repoCheckout) file(commit, name string) ([]byte, error) {
	id, err := c.ParseID(commit)
	if err != nil {
		return nil, err
	}
	return c.File(id, name)
}

func (c *repoCheckout) shallow() bool { return c.IsShallow() }
