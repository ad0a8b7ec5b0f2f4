// Package forge makes the addresses at which GitHub, GitLab, Gitea and Forgejo show what a repository holds.
package forge

import (
	"net/url"
	"path"
	"strings"
)

// Site is a page of a repository on a forge.
type Site struct {
	Base string // address of the repository's page, without a slash at its end
	Kind string // github, gitlab or gitea
}

// Of tells from a remote where its commits can be looked at. ok is false where the name of the host does not say
// what site it is: a link must not lead anywhere that a configuration makes up.
func Of(remote string) (site Site, ok bool) {
	host, below := remoteParts(remote)
	below = strings.TrimSuffix(strings.Trim(below, "/"), ".git")
	clean := path.Clean("/" + below)[1:]
	if below == "" || clean != below || !strings.Contains(below, "/") || strings.Trim(below, allowedInAddress) != "" {
		return Site{}, false
	}
	kind := ""
	for _, known := range []struct{ kind, label string }{{"github", "github"}, {"gitlab", "gitlab"},
		{"gitea", "gitea"}, {"gitea", "forgejo"}, {"gitea", "codeberg"}} {
		if strings.HasPrefix(host, known.label+".") {
			kind = known.kind
		}
	}
	if kind == "" || strings.Trim(host, allowedInHost) != "" {
		return Site{}, false
	}
	return Site{"https://" + host + "/" + below, kind}, true
}

const (
	allowedInHost    = "abcdefghijklmnopqrstuvwxyz0123456789-."
	allowedInAddress = allowedInHost + "ABCDEFGHIJKLMNOPQRSTUVWXYZ_/"
)

// remoteParts are the host and the path of a remote's URL, or of host:path.
func remoteParts(remote string) (host, below string) {
	if !strings.Contains(remote, "://") {
		host, below, _ = strings.Cut(remote, ":")
		_, after, found := strings.Cut(host, "@")
		if found {
			host = after
		}
		return strings.ToLower(host), below
	}
	u, err := url.Parse(remote)
	if err != nil || u.Scheme != "https" && u.Scheme != "ssh" && u.Scheme != "git" && u.Scheme != "http" {
		return "", ""
	}
	return strings.ToLower(u.Hostname()), u.Path
}

// Commit is the address of a commit, "" for what is none's id.
func (s Site) Commit(id string) string {
	if s.Base == "" || !isID(id) {
		return ""
	}
	if s.Kind == "gitlab" {
		return s.Base + "/-/commit/" + id
	}
	return s.Base + "/commit/" + id
}

// Line is the address of a line of a file as a commit has it.
func (s Site) Line(id, file, line string) string {
	if s.Base == "" || !isID(id) || file == "" {
		return ""
	}
	below := map[string]string{"github": "/blob/", "gitlab": "/-/blob/", "gitea": "/src/commit/"}[s.Kind]
	address := s.Base + below + id + "/" + file
	if line != "" {
		address += "#L" + line
	}
	return address
}

func isID(text string) bool {
	return (len(text) == 40 || len(text) == 64) && strings.Trim(text, "0123456789abcdef") == ""
}
