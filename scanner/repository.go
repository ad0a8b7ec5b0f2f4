package scanner

import (
	"net/url"
	"strings"
	"time"
)

// Repository is one of the repositories of a scan, or a folder that lies in none: what a verdict can be about.
type Repository struct {
	Name     string // what its paths begin with; "." where they begin with nothing of the kind
	Path     string // absolute: what its paths are relative to
	IsGit    bool   // it has a history
	Remote   string // where it is fetched from, without user and password; "" where nothing says so
	Head     string // id of the commit that HEAD leads to; "" without one
	Branch   string // on which HEAD is, without refs/heads/; "" where it is on none
	Coverage Totals
	Mirror   string    // where a copy of it lies that was fetched to be read, "" if none was kept
	ReadAt   time.Time // when it was read, if that was in an earlier run; else zero
}

// Prefix is what the paths of the repository begin with in a report.
func (r Repository) Prefix() string {
	if r.Name == "." {
		return ""
	}
	return r.Name + "/"
}

// WithoutCredentials is the URL of a remote without the user, the password, the query and the fragment that it may
// have: tokens stand in all of them. The user of an SSH URL stays if nothing else stands there, since it belongs to the
// address.
func WithoutCredentials(remote string) string {
	if !strings.Contains(remote, "://") {
		before, address, found := strings.Cut(remote, "@")
		if found && before != "git" && !strings.ContainsAny(before, "/\\") {
			return address // user@host:path
		}
		return remote // git@host:path, or a folder
	}
	u, err := url.Parse(remote)
	if err != nil {
		scheme, _, _ := strings.Cut(remote, "://")
		return scheme + "://…" // which part of it is a password, nobody can tell
	}
	if _, secret := u.User.Password(); u.Scheme != "ssh" || secret || u.User.Username() != "git" {
		u.User = nil
	}
	u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = "", false, "", ""
	return u.String()
}
