package gate

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/oid"
)

// knownThere are the objects that the place at a URL had when it was last asked. Of what is kept of a remote with that
// URL, only that counts of which git noted that it came from there: its refs may be another place's, from before the
// URL was changed, and a private history must not go out unchecked because another place has it. So what was pushed
// does not count until it is fetched, since git does not note where it went.
//
// created are the refs that the push makes, as git says after it has asked the other side.
func knownThere(d *gitdir.Dir, url string, created []string) (known []oid.ID) {
	var there, elsewhere []gitdir.Remote
	for _, r := range d.Remotes() {
		if r.URL == url {
			there = append(there, r)
		} else {
			elsewhere = append(elsewhere, r)
		}
	}
	for _, r := range there {
		kept := keptOf(d, r, elsewhere)
		if deniedByGit(r, kept, created) {
			return nil
		}
		known = append(known, fetchedFrom(d, r)...)
		known = append(known, clonedFrom(d, r, kept)...)
	}
	return known
}

// keptOf are the refs that are kept of a remote, by name.
func keptOf(d *gitdir.Dir, r gitdir.Remote, others []gitdir.Remote) map[string]oid.ID {
	kept := map[string]oid.ID{}
	d.EachRef(func(ref gitdir.Ref) {
		// A symbolic ref can lead to a branch of this repository, and what two remotes keep may be either's.
		alsoOfOther := func() bool {
			return slices.ContainsFunc(others, func(o gitdir.Remote) bool { return o.Keeps(ref.Name) })
		}
		if strings.HasPrefix(ref.Name, "refs/remotes/") && ref.Symbolic == "" && r.Keeps(ref.Name) && !alsoOfOther() {
			kept[ref.Name] = ref.ID
		}
	})
	return kept
}

// deniedByGit is true where a ref is kept that the other side does not have: it was made anew, or is another place by
// now.
func deniedByGit(r gitdir.Remote, kept map[string]oid.ID, created []string) bool {
	return slices.ContainsFunc(created, func(ref string) bool {
		_, denied := kept[r.Tracking(ref)]
		return denied
	})
}

// fetchedFrom are the branches that the last fetch brought from a remote's URL. FETCH_HEAD has lines such as
//
//	<id> TAB not-for-merge TAB branch 'main' of https://example.com/project
func fetchedFrom(d *gitdir.Dir, r gitdir.Remote) (ids []oid.ID) {
	for line := range bytes.Lines(d.FetchHead()) {
		words := strings.SplitN(strings.TrimSuffix(string(line), "\n"), "\t", 3)
		if len(words) != 3 {
			continue
		}
		id, err := oid.Parse(words[0])
		_, from, ok := strings.Cut(words[2], "' of ")
		if err == nil && ok && strings.HasPrefix(words[2], "branch '") && !id.IsZero() &&
			samePlace(from) == samePlace(r.URL) {
			ids = append(ids, id)
		}
	}
	return ids
}

// clonedFrom is what a clone from a remote's URL brought: the refs that have no log, since a clone writes none, and of
// the others what they were before the first line of it. The clone itself is the first line in the log of the
// remote's HEAD.
func clonedFrom(d *gitdir.Dir, r gitdir.Remote, kept map[string]oid.ID) (ids []oid.ID) {
	first, _, _ := strings.Cut(string(d.RefLog(r.Tracking("refs/heads/HEAD"))), "\n")
	_, from, cloned := strings.Cut(first, "\tclone: from ")
	if !cloned || samePlace(from) != samePlace(r.URL) {
		return nil
	}
	for name, id := range kept {
		if log := d.RefLog(name); len(log) > 0 {
			before, _, _ := bytes.Cut(log, []byte(" "))
			var err error
			if id, err = oid.Parse(string(before)); err != nil {
				continue
			}
		}
		if !id.IsZero() {
			ids = append(ids, id)
		}
	}
	return ids
}

// samePlace is a URL in the form in which git notes it: without a user and password, without slashes and ".git" at
// its end.
func samePlace(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		scheme, rest = "", url
	}
	host, below, _ := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(host, '@'); at >= 0 && (ok || strings.Contains(host, ":")) {
		host = host[at+1:]
	}
	return scheme + "://" + strings.TrimSuffix(path.Clean(host+"/"+below), ".git")
}
