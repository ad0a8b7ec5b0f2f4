// Package job is what a coordinator and its workers say to each other: what to audit, and what came of it. All of it
// travels and is stored, so nothing in it holds a key, a token, or a URL with either.
package job

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Repository is one repository that a source has listed.
type Repository struct {
	Name string `json:"name"` // in reports: host and path, such as github.com/acme/api; of a path, the path. Unique in a run
	URL  string `json:"url"`  // to clone, canonical and without credentials; "" for a path
	Path string `json:"path"` // absolute, of a repository on this machine; "" for one elsewhere
	Host Host   `json:"host"` // zero where no API tells of it

	Bytes      int64     `json:"bytes"`      // as the host says; 0 where it does not
	Visibility string    `json:"visibility"` // public, internal or private; "" where that is not known
	Archived   bool      `json:"archived"`
	Fork       bool      `json:"fork"`
	Empty      bool      `json:"empty"`
	PushedAt   time.Time `json:"pushedAt"` // zero where that is not known
}

// Host says which API tells more of a repository.
type Host struct {
	Kind    string `json:"kind"`    // github, gitlab or gitea
	API     string `json:"api"`     // base URL, with a slash at its end
	Project string `json:"project"` // what the API calls it: owner/name, or the full path of a GitLab project
}

// ID names a repository in file names, subjects and entries: 20 hex digits of a hash of where it is.
func (r Repository) ID() string {
	where := r.URL
	if where == "" {
		where = r.Path
	}
	sum := sha256.Sum256([]byte("skleak/repository/v1\x00" + where))
	return hex.EncodeToString(sum[:])[:20]
}

// Job is one repository in one run.
type Job struct {
	Run        string     `json:"run"`
	Repository Repository `json:"repository"`
	Last       *Reading   `json:"last"` // nil: never read, or all is to be read again
}

// ID names a job in its run.
func (j Job) ID() string { return j.Repository.ID() }

// Reading is what is remembered of having read a repository: as long as all of it is as it was, so is the report.
type Reading struct {
	At       time.Time `json:"at"`
	Tips     string    `json:"tips"`     // digest of its refs, and of what they lead to
	Rules    string    `json:"rules"`    // digest of all that decides what is found: rules, configuration, bounds, flags
	PushedAt time.Time `json:"pushedAt"` // of the listing, when hidden commits were asked for last
	Hidden   []Hidden  `json:"hidden"`   // commits that the host serves though no ref leads to them
	Report   string    `json:"report"`   // SHA-256 in hex of the JSON report
	Complete bool      `json:"complete"` // everything was read
	Leaks    int64     `json:"leaks"`    // that count
}

// Hidden is a commit that the host serves by its id, though no ref leads to it.
type Hidden struct {
	ID   string    `json:"id"`   // hex
	Ref  string    `json:"ref"`  // that lost it; "" where that is not known
	Why  string    `json:"why"`  // force-push, deleted branch, …
	By   string    `json:"by"`   // login of who did it; "" where that is not known
	When time.Time `json:"when"` // zero where that is not known
}

// Outcome is what a worker says of a job: a reading, or why there is none.
type Outcome struct {
	Reading Reading       `json:"reading"`
	Failed  string        `json:"failed"`  // why there is none, for people; "" where there is one
	Kept    bool          `json:"kept"`    // nothing had changed: the reading is the last one, and its report is known
	Objects int64         `json:"objects"` // that were read for it
	Bytes   int64         `json:"bytes"`   // that were fetched for it
	Took    time.Duration `json:"took"`
}

// PermanentError is why a job need not be tried again: the repository is gone, forbidden, or too large.
type PermanentError struct{ Err error }

func (e PermanentError) Error() string { return e.Err.Error() }
func (e PermanentError) Unwrap() error { return e.Err }
