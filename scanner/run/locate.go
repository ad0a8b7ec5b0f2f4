package run

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"skleak/scanner"
	"skleak/scanner/cause"
	"skleak/scanner/files"
)

// Locate finds the targets of an earlier run, which was started in folder ("" if that is not known) and came to the
// known repositories. A target is where it was then. If it is not there, it may be where the same path leads from the
// current folder, if what lies there is known to be the same repository. What has become another one is an error:
// nobody wants to read something else without knowing.
func (o Options) Locate(folder string, targets []string, known []scanner.Repository) (paths []string, err error) {
	for _, target := range targets {
		then := target
		if folder != "" && !filepath.IsAbs(target) {
			then = filepath.Join(folder, target)
		}
		path := absolute(then)
		if _, err := os.Stat(path); err != nil {
			here := absolute(target)
			if _, errHere := os.Stat(here); errHere != nil || here == path || !o.isCopy(here, path, known) {
				return nil, fmt.Errorf("%s: %w", path, cause.Of(err))
			}
			paths = append(paths, here)
			continue
		}
		if err := o.isStill(path, known); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// LocateRepositories is an error unless all repositories of an audit are on this machine still: where they lay, or in its
// mirrors.
func (o Options) LocateRepositories(all []scanner.Repository) error {
	for _, r := range all {
		if r.Path = cmp.Or(r.Path, r.Mirror); r.Path == "" {
			return fmt.Errorf("the mirror of %s is not on this machine, or was not kept", r.Name)
		}
		if _, err := os.Stat(r.Path); err != nil {
			return fmt.Errorf("%s: %w", r.Path, cause.Of(err))
		}
		if err := o.isStill(r.Path, []scanner.Repository{r}); err != nil {
			return err
		}
	}
	return nil
}

// isStill is an error if what lies at path is known to have been another repository.
func (o Options) isStill(path string, known []scanner.Repository) error {
	r, wasGit := repositoryAt(path, known)
	if !wasGit {
		return nil
	}
	now, err := o.remoteAt(path)
	switch {
	case err != nil:
		return fmt.Errorf("%s was a git repository, and cannot be opened as one now: %w", path, err)
	case r.Remote != "" && now != r.Remote:
		return fmt.Errorf("%s is another repository now: its remote is %q, and the report is about %q", path, now, r.Remote)
	}
	return nil
}

// isCopy is true if path leads to a repository with the remote of the one that lay at then.
func (o Options) isCopy(path, then string, known []scanner.Repository) bool {
	r, wasGit := repositoryAt(then, known)
	if !wasGit || r.Remote == "" {
		return false
	}
	now, err := o.remoteAt(path)
	return err == nil && now == r.Remote
}

// remoteAt is the remote of the repository that path lies in.
func (o Options) remoteAt(path string) (string, error) {
	d, err := o.Reach(path).Discover(path)
	if err != nil {
		return "", err
	}
	var r entered
	r.describe(d)
	return r.Remote, nil
}

// repositoryAt is the one of the known repositories that path lies in.
func repositoryAt(path string, known []scanner.Repository) (scanner.Repository, bool) {
	for _, r := range known {
		if r.IsGit && r.Path != "" && (r.Path == path || files.IsWithin(r.Path, path)) {
			return r, true
		}
	}
	return scanner.Repository{}, false
}
