package gitdir

import (
	"path/filepath"
	"strings"
)

// Remote is what the configuration says of another place that the repository fetches from.
type Remote struct {
	Name  string
	URL   string   // where it is fetched from, after url.….insteadOf
	Fetch []string // refspecs: what of the other side is kept under which names here
}

// Remotes are the remotes of the repository, in the order in which they are first named.
func (d *Dir) Remotes() (all []Remote) {
	everything := append(userSettings(), d.config...)
	for _, one := range everything {
		rest, isRemote := strings.CutPrefix(one.key, "remote.")
		dot := strings.LastIndexByte(rest, '.')
		if !isRemote || dot < 0 {
			continue
		}
		r := remoteNamed(&all, rest[:dot])
		switch {
		case rest[dot+1:] == "fetch":
			r.Fetch = append(r.Fetch, one.value)
		case rest[dot+1:] == "url" && r.URL == "": // further ones are only pushed to
			r.URL = everything.insteadOf(one.value)
		}
	}
	return all
}

func remoteNamed(all *[]Remote, name string) *Remote {
	for i := range *all {
		if (*all)[i].Name == name {
			return &(*all)[i]
		}
	}
	*all = append(*all, Remote{Name: name})
	return &(*all)[len(*all)-1]
}

// insteadOf rewrites a URL as git does: the longest beginning that a setting url.BASE.insteadOf names becomes BASE.
func (s settings) insteadOf(url string) string {
	base, longest := "", ""
	for _, one := range s {
		rest, isURL := strings.CutPrefix(one.key, "url.")
		to, isInstead := strings.CutSuffix(rest, ".insteadof")
		if isURL && isInstead && len(one.value) > len(longest) && strings.HasPrefix(url, one.value) {
			base, longest = to, one.value
		}
	}
	return base + url[len(longest):]
}

// Tracking is the name under which the remote's ref is kept here, "" if it is not.
func (r Remote) Tracking(ref string) string {
	for _, spec := range r.Fetch {
		from, to, _ := strings.Cut(strings.TrimPrefix(spec, "+"), ":")
		if name, ok := mapRef(ref, from, to); ok {
			return name
		}
	}
	return ""
}

// Keeps tells whether a ref of this repository is kept of the remote's.
func (r Remote) Keeps(ref string) bool {
	for _, spec := range r.Fetch {
		if _, to, ok := strings.Cut(spec, ":"); ok {
			if _, ok := mapRef(ref, to, to); ok {
				return true
			}
		}
	}
	return false
}

// mapRef replaces what the asterisk of one pattern stands for into that of another.
func mapRef(ref, from, to string) (string, bool) {
	before, after, wild := strings.Cut(from, "*")
	if !wild {
		return to, ref == from && to != ""
	}
	middle, ok := strings.CutPrefix(ref, before)
	if ok && len(middle) >= len(after) {
		middle, ok = strings.CutSuffix(middle, after)
		return strings.Replace(to, "*", middle, 1), ok && to != ""
	}
	return "", false
}

// FetchHead is the content of FETCH_HEAD: what the last fetch brought, from where. A linked worktree has one of its
// own; the main one's stands before it.
func (d *Dir) FetchHead() []byte {
	own := d.readOwn(d.Git, "FETCH_HEAD")
	if d.Common == d.Git {
		return own
	}
	return append(d.readOwn(d.Common, "FETCH_HEAD"), own...)
}

// RefLog is the log of a ref, empty where none is kept.
func (d *Dir) RefLog(ref string) []byte {
	if !safeName(ref) {
		return nil
	}
	return d.readOwn(d.Common, "logs", ref)
}

// readOwn reads a small file of the git directory; nil if it is not there, or is more than it should be.
func (d *Dir) readOwn(parts ...string) []byte {
	path := d.inside(filepath.Join(parts...))
	if path == "" {
		return nil
	}
	data, err := readFile(path, configLimit)
	if err != nil {
		return nil
	}
	return data
}
