package run

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"skleak/scanner"
	"skleak/scanner/git/gitdir"
)

// repositories are those that a run has come to, in that order, each with its own coverage.
type repositories struct {
	mu  sync.Mutex
	all []*entered
}

type entered struct {
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
	r := whole.repositories.enter(name, path, where, whole.Coverage)
	part := *whole
	part.whole, part.Coverage, part.Found = whole, r.coverage, inRepository{whole.Found, r.Name}
	return &part
}

// enter notes a repository, unless it is known. All that is noted of it is noted under the lock: the totals of an
// interrupted run are made while its source may still be at work.
func (all *repositories) enter(name, path string, where *gitdir.Dir, whole *scanner.Coverage) *entered {
	if name = strings.TrimSuffix(name, "/"); name == "" {
		name = "."
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	i := slices.IndexFunc(all.all, func(r *entered) bool { return r.Name == name })
	if i < 0 {
		i = len(all.all)
		all.all = append(all.all, &entered{scanner.Repository{Name: name, Path: absolute(path)}, whole.Part()})
	}
	r := all.all[i]
	if where != nil && !r.IsGit {
		r.describe(where)
	}
	return r
}

// describe takes down what the repository says of itself.
func (r *entered) describe(d *gitdir.Dir) {
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

// totals are the repositories of a run that has ended. A folder that holds nothing but repositories is none.
func (all *repositories) totals() (list []scanner.Repository) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, r := range all.all {
		r.Coverage = r.coverage.Totals()
		if r.IsGit || !r.Coverage.Empty() || r.Name != "." || len(all.all) == 1 {
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
