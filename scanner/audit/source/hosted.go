package source

import (
	"strings"

	"skleak/scanner/audit/hosts"
	"skleak/scanner/audit/job"
	"skleak/scanner/git/fetch"
)

// maxName bounds the name of a repository with its groups, of which GitLab allows twenty.
const maxName = 1024

// hosted is a repository as a host tells of it. ok is false where the name or the address for clones is none of the
// host's: it is left out with a word, and nothing that the host said is in that word.
func (l *listing) hosted(h *hosts.Host, name, clone string) (r job.Repository, ok bool) {
	want := h.Web().String() + "/" + name + ".git"
	u, isURL, err := fetch.ParseURL(clone)
	switch {
	case !isPath(h, name):
		l.miss(1, BadName, "%s lists a repository with a name that is none: it is not audited", h.Name())
	case !isURL || err != nil || !strings.EqualFold(u.Canonical(), want):
		l.miss(1, BadName, "%s gives repository %s an address for clones that is not its own: it is not audited", h.Name(),
			shown(name))
	default:
		return job.Repository{
			Name: h.Name() + "/" + name, URL: want,
			Host: job.Host{Kind: h.Kind(), API: h.API(), Project: name},
		}, true
	}
	l.told++
	return r, false
}

// isPath is true for what a repository is called at a host.
func isPath(h *hosts.Host, path string) bool {
	parts := strings.Split(path, "/")
	if len(path) > maxName || len(parts) < 2 || len(parts) > 2 && h.Kind() != hosts.GitLab || h.Echoes(path) {
		return false
	}
	for _, part := range parts {
		if !isName(part) {
			return false
		}
	}
	return true
}

// visibility is what a host says of it, if that is a word that hosts have for it.
func visibility(word string, private bool) string {
	switch {
	case word == "public" || word == "internal" || word == "private":
		return word
	case private:
		return "private"
	}
	return "public"
}

// inKilobytes is a size that a host gives in kilobytes.
func inKilobytes(n int64) int64 { return min(max(n, 0), 1<<40) << 10 }

// cloned is the repository at a URL. Where its host is known, its API can be asked for more of it.
func (l *listing) cloned(u fetch.URL) job.Repository {
	r := job.Repository{Name: u.Place(), URL: u.Canonical()}
	for _, kind := range []string{hosts.GitHub, hosts.GitLab} {
		h, err := l.o.Hosts.Open(kind, "")
		if err != nil || u.Site().Host != h.Web().Host {
			continue
		}
		project, below := strings.CutPrefix(r.Name, h.Name()+"/")
		if !below || !isPath(h, project) {
			continue
		}
		r.Host = job.Host{Kind: kind, API: h.API(), Project: project}
		if u.SpeaksHTTP() {
			r.URL = h.Web().String() + "/" + project + ".git"
		}
	}
	return r
}
