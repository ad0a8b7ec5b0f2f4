// Package hidden asks the hosts of repositories which commits they may still serve though no ref leads to them: what a
// force-push replaced, and what a branch ended in when it was deleted. People rely on these being gone.
//
// What is listed is where to look. Whether a host serves a commit shows when it is fetched, and those that refs lead to
// are for the caller to drop: GitLab and Gitea tell of each push, and not of which ones were forced.
package hidden

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"skleak/scanner/audit/hosts"
	"skleak/scanner/audit/job"
)

// Why a commit may be hidden.
const (
	ForcePush     = "force-push"
	DeletedBranch = "deleted branch"
)

const (
	// maxEvents bounds what is read of one repository, and maxPages the pages that it comes in.
	maxEvents = 100_000
	maxPages  = 2000
	perPage   = 100
	giteaPage = 50
)

// Options say what is asked for.
type Options struct {
	Since    time.Time     // only what happened since then; zero: all that the host remembers
	Patience time.Duration // how long to wait for a host that wants to be left alone; 0: not at all
}

// NotAskedError says why a host did not tell which commits are hidden. Who reads the repository has to tell, since
// something may be missed.
type NotAskedError struct{ Err error }

func (e *NotAskedError) Error() string { return "hidden commits were not asked for: " + e.Err.Error() }
func (e *NotAskedError) Unwrap() error { return e.Err }

// List asks the host of a repository. Each commit is listed once, in the order of its id. A *NotAskedError may come
// with what was told before. A repository whose host has no API has none.
func List(ctx context.Context, r job.Repository, all *hosts.Hosts, o Options) ([]job.Hidden, error) {
	ask := map[string]func(context.Context, *hosts.Host, string, *commits) error{
		hosts.GitHub: gitHub, hosts.GitLab: gitLab, hosts.Gitea: giteaFeed,
	}[r.Host.Kind]
	if ask == nil {
		return nil, nil
	}
	if !isProject(r.Host) {
		return nil, &NotAskedError{errors.New("the name of the repository at its host is none")}
	}
	h, err := all.Open(r.Host.Kind, r.Host.API)
	if err != nil {
		return nil, &NotAskedError{err}
	}
	found := commits{host: h, since: o.Since, byID: map[string]job.Hidden{}}
	err = ask(hosts.WithPatience(ctx, o.Patience), h, r.Host.Project, &found)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	switch told := h.Told(ctx, err); {
	case errors.Is(err, errEnough):
		return found.list(), &NotAskedError{errEnough}
	case told != nil:
		return found.list(), &NotAskedError{told}
	}
	return found.list(), nil
}

// errEnough ends the reading of a history that is too long.
var errEnough = errors.New("the host remembers more than 100000 pushes of the repository: the older ones are not read")

// project is what a repository is called at a host: it becomes part of a URL.
var project = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$`)
})

func isProject(h job.Host) bool {
	parts := strings.Split(h.Project, "/")
	return project().MatchString(h.Project) && !slices.Contains(parts, ".") && !slices.Contains(parts, "..") &&
		(len(parts) == 2 || h.Kind == hosts.GitLab)
}

// commits are those that were told of.
type commits struct {
	host   *hosts.Host
	since  time.Time
	events int
	byID   map[string]job.Hidden
}

// id is what a commit is called: SHA-1 or SHA-256.
var id = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`) })

// add takes a commit that a host tells of. What is no id, and the one that stands for none, is passed over; of two that
// name the same, the later one stays. What else a host says is kept if it looks like what it is.
func (c *commits) add(h job.Hidden) {
	if !id().MatchString(h.ID) || strings.Trim(h.ID, "0") == "" || c.isOld(h.When) {
		return
	}
	h.Ref = strings.TrimPrefix(shown(h.Ref), "refs/heads/")
	h.By, h.When = shown(h.By), h.When.UTC()
	if c.host.Echoes(h.Ref + " " + h.By) {
		h.Ref, h.By = "", ""
	}
	if before, has := c.byID[h.ID]; !has || before.When.Before(h.When) {
		c.byID[h.ID] = h
	}
}

// maxShown bounds the names of refs and people.
const maxShown = 1024

// shown is a name as it is kept: on one line, and of bounded length.
func shown(text string) string {
	if len(text) > maxShown || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
		return ""
	}
	return strings.ToValidUTF8(text, "")
}

// isOld is true for what happened before the time that was asked for.
func (c *commits) isOld(when time.Time) bool { return !when.IsZero() && when.Before(c.since) }

// count counts what was read, and is an error once it is too much.
func (c *commits) count(n int) error {
	if c.events += n; c.events > maxEvents {
		return errEnough
	}
	return nil
}

func (c *commits) list() []job.Hidden {
	list := []job.Hidden{}
	for _, h := range c.byID {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b job.Hidden) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
