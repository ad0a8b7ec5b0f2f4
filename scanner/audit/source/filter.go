package source

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"skleak/scanner/audit/hosts"
	"skleak/scanner/audit/job"
)

// filter is what the options leave out. A glob is held against the end of a name, from any of its slashes on: api-* is
// a repository of any owner, acme/* all of one, ** goes over slashes. At hosts, case does not count, as it does not count
// for them.
type filter struct {
	o                Options
	include, exclude []string
}

func newFilter(o Options) (f filter, err error) {
	f.o = o
	if f.include, err = globs("--include", o.Include); err != nil {
		return f, err
	}
	f.exclude, err = globs("--exclude", o.Exclude)
	return f, err
}

func globs(flag string, texts []string) (list []string, err error) {
	for _, text := range texts {
		text = strings.Trim(filepath.ToSlash(text), "/")
		if text == "" || !doublestar.ValidatePattern(text) {
			return nil, fmt.Errorf("%s %q: a glob has *, **, ? and [a-z], and every [ has its ]", flag, text)
		}
		list = append(list, "**/"+text)
	}
	return list, nil
}

// lag is how much later than a host says something may have been pushed: GitLab notes one activity in an hour.
var lag = map[string]time.Duration{hosts.GitLab: time.Hour}

// leavesOut is why a repository is left out; "" if it is not.
func (f filter) leavesOut(r job.Repository, byName bool) string {
	switch {
	case len(f.include) > 0 && !matches(f.include, r):
		return NotIncluded
	case matches(f.exclude, r):
		return Excluded
	case r.Fork && !f.o.Forks && !byName:
		return Fork
	case r.Archived && !f.o.Archived && !byName:
		return Archived
	case !f.o.Since.IsZero() && !r.PushedAt.IsZero() && r.PushedAt.Add(lag[r.Host.Kind]).Before(f.o.Since):
		return NotPushed
	}
	return ""
}

func matches(globs []string, r job.Repository) bool {
	name := strings.Trim(filepath.ToSlash(r.Name), "/")
	for _, glob := range globs {
		if r.Host.Kind != "" {
			glob, name = strings.ToLower(glob), strings.ToLower(name)
		}
		if ok, err := doublestar.Match(glob, name); ok && err == nil {
			return true
		}
	}
	return false
}
