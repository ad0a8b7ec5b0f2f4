package gate

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/oid"
)

// knownThere are the objects that the place at a URL had when it was last asked. The refs that are kept of a remote
// speak only for the place they came from: of that remote whose URL to fetch from is the one pushed to. Where
// anything says that they came from elsewhere, nothing is known, and everything counts as new: a private history must
// not go out unchecked because another place has it.
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
	if len(there) == 0 {
		return nil
	}
	kept := map[string]oid.ID{}
	d.EachRef(func(ref gitdir.Ref) {
		keeps := func(r gitdir.Remote) bool { return r.Keeps(ref.Name) }
		// A symbolic ref can lead to a branch of this repository, and what two remotes keep may be either's.
		if strings.HasPrefix(ref.Name, "refs/remotes/") && ref.Symbolic == "" && slices.ContainsFunc(there, keeps) && !slices.ContainsFunc(elsewhere, keeps) {
			kept[ref.Name] = ref.ID
		}
	})
	for _, r := range there {
		from := fetchedFrom(d, r, kept)
		if from == "" {
			from = clonedFrom(d, r, kept)
		}
		if deniedByGit(r, kept, created) || from != "" && samePlace(from) != samePlace(url) {
			return nil
		}
	}
	for _, id := range kept {
		known = append(known, id)
	}
	return known
}

// deniedByGit is true where a ref is kept that the other side does not have: it was made anew, or is another place by
// now.
func deniedByGit(r gitdir.Remote, kept map[string]oid.ID, created []string) bool {
	return slices.ContainsFunc(created, func(ref string) bool {
		_, denied := kept[r.Tracking(ref)]
		return denied
	})
}

// fetchedFrom is where the last fetch brought a ref from that is kept, "" if it brought none. FETCH_HEAD has lines
// such as
//
//	<id> TAB not-for-merge TAB branch 'main' of https://example.com/project
func fetchedFrom(d *gitdir.Dir, r gitdir.Remote, kept map[string]oid.ID) string {
	for line := range bytes.Lines(d.FetchHead()) {
		words := strings.SplitN(strings.TrimSuffix(string(line), "\n"), "\t", 3)
		if len(words) != 3 {
			continue
		}
		id, err := oid.Parse(words[0])
		branch, from, ok := strings.Cut(strings.TrimPrefix(words[2], "branch '"), "' of ")
		if err == nil && ok && !id.IsZero() && kept[r.Tracking("refs/heads/"+branch)] == id {
			return from
		}
	}
	return ""
}

// clonedFrom is where the refs were cloned from, "" if that is not known, or some were fetched since.
func clonedFrom(d *gitdir.Dir, r gitdir.Remote, kept map[string]oid.ID) string {
	_, from, cloned := strings.Cut(string(d.RefLog(r.Tracking("refs/heads/HEAD"))), "\tclone: from ")
	if !cloned {
		return ""
	}
	for name := range kept {
		if log := d.RefLog(name); bytes.Contains(log, []byte("\tfetch")) || bytes.Contains(log, []byte("\tpull")) {
			return ""
		}
	}
	from, _, _ = strings.Cut(from, "\n")
	return from
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
