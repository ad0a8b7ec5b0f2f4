package repository

import (
	"fmt"
	"strings"

	"skleak/scanner/git/oid"
)

// AllRemoteTips are the objects that remotes had when they were last asked, by the refs that are kept of them.
func (r *Repo) AllRemoteTips() (ids []oid.ID) { return r.refsBelow("refs/remotes/") }

// Tips are the objects that the repository's own refs lead to.
func (r *Repo) Tips() []oid.ID { return r.refsBelow("refs/") }

// refsBelow are the ids of the refs whose names begin with a prefix. A ref that cannot be read is left out: then more
// counts as new.
func (r *Repo) refsBelow(prefix string) (ids []oid.ID) {
	refs, _ := r.Dir.Refs()
	for _, ref := range refs {
		if strings.HasPrefix(ref.Name, prefix) {
			ids = append(ids, ref.ID)
		}
	}
	return ids
}

// Resolve returns the object that a full id, HEAD or a ref names.
func (r *Repo) Resolve(name string) (oid.ID, error) { return r.Dir.Resolve(name) }

// ParseID reads a full object id.
func (r *Repo) ParseID(text string) (oid.ID, error) {
	id, err := oid.Parse(text)
	if err == nil && len(text) != 2*r.Dir.Format.Size() {
		err = fmt.Errorf("%q is an object id of another format than the repository's", text)
	}
	return id, err
}

// Shallow returns the commits whose parents a shallow clone left out.
func (r *Repo) Shallow() (map[oid.ID]bool, error) {
	ids, err := r.Dir.Shallow()
	commits := make(map[oid.ID]bool, len(ids))
	for _, id := range ids {
		commits[id] = true
	}
	return commits, err
}

// IsShallow is true for a repository that was told to do without the parents of some commits.
func (r *Repo) IsShallow() bool {
	ids, err := r.Dir.Shallow()
	return err != nil || len(ids) > 0 // what cannot be read may hide an edge
}
