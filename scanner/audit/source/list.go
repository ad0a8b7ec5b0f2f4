package source

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/audit/hosts"
	"skleak/scanner/audit/job"
	"skleak/scanner/git/fetch"
)

// Options say what is listed of the sources.
type Options struct {
	Hosts    *hosts.Hosts
	Include  []string  // globs over names, as github.com/acme/api is one; none: all
	Exclude  []string  // globs of what is left out of these
	Forks    bool      // forks, too
	Archived bool      // archived ones, too
	Since    time.Time // only what was pushed to since then, or may have been; zero: all

	// Left counts what the options left out, and Missed what a source has and that could not be listed: then the listing
	// is incomplete. Both by reason, both may be nil.
	Left   map[string]int64
	Missed map[string]int64

	Say func(format string, args ...any) // hears of what is unusual; may be nil

	most int64 // in place of maxRepositories, for tests
}

// Why a repository was left out.
const (
	Fork        = "fork"
	Archived    = "archived"
	NotIncluded = "not included"
	Excluded    = "excluded"
	NotPushed   = "not pushed to since then"
	NoCode      = "has no code"
	SharedGit   = "worktree or submodule of one that is listed"
	Twice       = "listed by another source, too"
)

// Why a repository was missed.
const (
	BadName    = "the host gives it a name or an address that is none"
	NotShown   = "the host counts it, and does not show it"
	Unreadable = "a folder that cannot be read"
	BadPath    = "a folder whose name is no UTF-8"
)

const (
	// maxRepositories bounds what one source lists: more than any host has of one owner.
	maxRepositories = 10_000_000
	// maxPages is a bound on pages, of which Gitea's have fifty repositories.
	maxPages = maxRepositories / 50
	// maxBarren is how many pages on end may bring nothing new. Some do where a token sees part of an organisation.
	maxBarren = 1000
)

// List calls add with each repository of the source, once, as soon as it is known; nothing is sorted. An error of add
// ends it. A source that has no repository at all is an error; one of which the options leave nothing is not, and that
// is said. Where a part of a list fails, the others are still listed.
func (s Source) List(ctx context.Context, o Options, add func(job.Repository) error) error {
	l, err := newListing(o, add)
	if err != nil {
		return err
	}
	if err := s.checkToken(l.o.Hosts.Credentials()); err != nil {
		return err
	}
	var faults []error
	s.each(func(s Source) {
		if ctx.Err() != nil || l.stopped != nil {
			return
		}
		if err := l.source(ctx, s); err != nil && ctx.Err() == nil && l.stopped == nil {
			faults = append(faults, fmt.Errorf("listing %s: %w", s, err))
		}
	})
	switch {
	case l.stopped != nil:
		return l.stopped
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return errors.Join(faults...)
}

// checkToken holds that the one token of --token-file has one host to go to.
func (s Source) checkToken(c fetch.Credentials) error {
	if c.Token == "" {
		return nil
	}
	to := map[string]bool{}
	s.each(func(s Source) {
		switch s.kind {
		case hosts.GitHub, hosts.GitLab:
			to[c.Hosts[s.kind]] = true
		case hosts.Gitea:
			to[fetch.Origin(s.site)] = true
		case clone:
			if site := s.url.Site(); s.url.SpeaksHTTP() && fetch.IsPrivate(site) {
				to[fetch.Origin(site)] = true
			}
		}
	})
	if len(to) > 1 {
		return fmt.Errorf("the token of --token-file is for one host, and the sources name %s: audit one at a time, or "+
			"use GITHUB_TOKEN, GITLAB_TOKEN and GITEA_TOKEN", strings.Join(slices.Sorted(maps.Keys(to)), " and "))
	}
	return nil
}

// listing is a List that is under way.
type listing struct {
	o       Options
	filter  filter
	add     func(job.Repository) error
	seen    map[[16]byte]sighting // which source it was first told by
	at      int32                 // the source at hand
	said    map[string]int        // how often, by reason
	told    int64                 // how many repositories the sources named, some of them twice
	fresh   int64                 // how many there were, each counted once
	passed  int64                 // how many of them were handed on
	stopped error                 // of add
}

func newListing(o Options, add func(job.Repository) error) (*listing, error) {
	if o.Say == nil {
		o.Say = func(string, ...any) {}
	}
	if o.Left == nil {
		o.Left = map[string]int64{}
	}
	if o.Missed == nil {
		o.Missed = map[string]int64{}
	}
	if o.most == 0 {
		o.most = maxRepositories
	}
	f, err := newFilter(o)
	return &listing{o: o, filter: f, add: add, seen: map[[16]byte]sighting{}, said: map[string]int{}}, err
}

// source lists a source that is no list.
func (l *listing) source(ctx context.Context, s Source) error {
	l.at++
	told, fresh, passed, left := l.told, l.fresh, l.passed, maps.Clone(l.o.Left)
	if err := l.list(ctx, s); err != nil {
		return err
	}
	switch {
	case l.told == told:
		return errors.New("there is no repository" + l.whoSees(s))
	case l.fresh > fresh && l.passed == passed && s.kind != clone: // of which a list may have thousands
		l.o.Say("of %s, nothing is audited: %s", s, since(l.o.Left, left))
	}
	return nil
}

// since are the reasons that were counted since then, as "2 fork, 1 archived".
func since(now, then map[string]int64) string {
	more := map[string]int64{}
	for reason, n := range now {
		if n > then[reason] {
			more[reason] = n - then[reason]
		}
	}
	return scanner.ByReason(more)
}

func (l *listing) list(ctx context.Context, s Source) error {
	switch s.kind {
	case hosts.GitHub:
		return l.listGitHub(ctx, s.names)
	case hosts.GitLab:
		return l.listGitLab(ctx, s.names)
	case hosts.Gitea:
		return l.listGitea(ctx, s)
	case clone:
		return l.offer(l.cloned(s.url), named)
	case local:
		return l.folder(ctx, s.path)
	}
	return nil
}

// whoSees tells that a host which is not told who asks shows less than there is.
func (l *listing) whoSees(s Source) string {
	if s.kind == hosts.GitHub || s.kind == hosts.GitLab {
		if h, err := l.o.Hosts.Open(s.kind, ""); err == nil && !h.HasToken() {
			return " that is public: " + h.WhoToBe()
		}
	}
	return ""
}

// How a repository came to be listed.
const (
	named  = true  // it was asked for by its name: that it is a fork or archived is no reason to leave it out
	listed = false // it is one of all
)

// offer hands a repository on, unless it was there already or the options leave it out.
func (l *listing) offer(r job.Repository, byName bool) error {
	l.told++
	if !l.isNew(&r) {
		return nil
	}
	if l.fresh++; l.fresh > l.o.most {
		return hosts.Refuse(fmt.Sprintf("lists more than %d repositories: is it well?", l.o.most))
	}
	if why := l.filter.leavesOut(r, byName); why != "" {
		l.o.Left[why]++
		return nil
	}
	l.passed++
	l.stopped = l.add(r)
	return l.stopped
}

// sighting is where a repository was seen first.
type sighting struct {
	by     int32    // the source
	id     [10]byte // of the repository
	hosted bool     // a host lists it, so that its name is nobody else's
}

// isNew is true the first time that it is asked of a repository. Hosts take names in any case. URLs that differ only in
// what the name leaves out, as the user or an end in .git, may lead to two repositories: the second is called by its URL.
func (l *listing) isNew(r *job.Repository) bool {
	this := sighting{by: l.at, hosted: r.Host.Kind != ""}
	_, _ = hex.Decode(this.id[:], []byte(r.ID())) // it is hex
	first, seen := l.sight(r.Name, this)
	if seen && !first.hosted && !this.hosted && first.id != this.id {
		r.Name = cmp.Or(r.URL, r.Path)
		first, seen = l.sight(r.Name, this)
	}
	if seen && first.by != l.at {
		l.o.Left[Twice]++
	}
	return !seen
}

// sight is who had a name first.
func (l *listing) sight(name string, this sighting) (first sighting, seen bool) {
	if this.hosted {
		name = strings.ToLower(name)
	}
	sum := [16]byte{}
	whole := sha256.Sum256([]byte(name))
	copy(sum[:], whole[:])
	if first, seen = l.seen[sum]; !seen {
		l.seen[sum] = this
	}
	return first, seen
}

// maxSaid is how often one reason is said.
const maxSaid = 10

// miss counts what could not be listed, and says so, but not without end.
func (l *listing) miss(n int64, why, format string, args ...any) {
	l.o.Missed[why] += n
	switch l.said[why]++; {
	case l.said[why] <= maxSaid:
		l.o.Say(format, args...)
	case l.said[why] == maxSaid+1:
		l.o.Say("there is more of that kind, which is counted and not said: %s", why)
	}
}

// shown is a name that comes from elsewhere, as it may stand in a message.
func shown(name string) string { return strconv.Quote(rules.Default().Redact(name)) }

// nextPage is the page after one: the one that the host names. A proxy may have taken that out of the answer, so a page
// that is full has one after it in any case.
func nextPage(page, named, came, full int) int {
	if named == 0 && came >= full {
		return page + 1
	}
	return named
}

// pages asks for one page after the other until there is none.
func (l *listing) pages(ask func(page int) (next int, err error)) error {
	barren := 0
	for page := 1; page != 0; {
		fresh := l.fresh
		next, err := ask(page)
		if err != nil {
			return err
		}
		if barren++; l.fresh > fresh {
			barren = 0
		}
		if next != 0 && next <= page || next > maxPages || barren > maxBarren {
			return hosts.Refuse("lists pages without end: is it well?")
		}
		page = next
	}
	return nil
}
