package run

import (
	"path/filepath"
	"strings"
	"sync"

	"skleak/scanner"
	"skleak/scanner/git/gitdir"
)

// repositories are those that a run has come to, in that order, each with its own coverage.
type repositories struct {
	mu  sync.Mutex
	all []*repository
}

type repository struct {
	scanner.Repository
	coverage *scanner.Coverage
}

// Enter makes the scan of one repository of s: what is found and read by it is told to be of that one. A name that was
// entered before is the same repository. where is nil for a folder that lies in none.
func (s *Scan) Enter(name, path string, where *gitdir.Dir) *Scan {
	whole := s
	if s.whole != nil {
		whole = s.whole
	}
	if whole.repositories == nil {
		whole.repositories = &repositories{} // which nobody asks about
	}
	r := whole.repositories.named(name, whole.Coverage)
	if r.Path == "" {
		r.Path = absolute(path)
	}
	if where != nil && !r.IsGit {
		r.describe(where)
	}
	part := *whole
	part.whole, part.Coverage, part.Found = whole, r.coverage, inRepository{whole.Found, r.Name}
	return &part
}

func (all *repositories) named(name string, whole *scanner.Coverage) *repository {
	if name = strings.TrimSuffix(name, "/"); name == "" {
		name = "."
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, r := range all.all {
		if r.Name == name {
			return r
		}
	}
	r := &repository{scanner.Repository{Name: name}, whole.Part()}
	all.all = append(all.all, r)
	return r
}

// describe takes down what the repository says of itself.
func (r *repository) describe(d *gitdir.Dir) {
	r.IsGit = true
	for _, remote := range d.Remotes() {
		if remote.URL != "" && (r.Remote == "" || remote.Name == "origin") {
			r.Remote = scanner.WithoutCredentials(remote.URL)
		}
	}
	head, there := d.Head()
	if there {
		r.Head = head.ID.Hex(d.Format)
	}
	r.Branch, _ = strings.CutPrefix(head.Symbolic, "refs/heads/")
}

// totals are the repositories of a run that has ended. A folder in no repository in which there was nothing is told
// only if it is alone.
func (all *repositories) totals() (list []scanner.Repository) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, r := range all.all {
		r.Coverage = r.coverage.Totals()
		if r.IsGit || !r.Coverage.Empty() || len(all.all) == 1 {
			list = append(list, r.Repository)
		}
	}
	return list
}

// inRepository says of findings in which repository they lie.
type inRepository struct {
	to   scanner.Handler
	name string
}

func (h inRepository) Finding(f scanner.Finding) error {
	if f.Repository == "" {
		f.Repository = h.name
	}
	return h.to.Finding(f)
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
