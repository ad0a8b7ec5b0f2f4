// Package commits reads commits one at a time, finds those of a range, and puts them in order. What is in their trees
// is no matter here.
package commits

import (
	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Commit is a commit that was read by itself.
type Commit struct {
	object.Commit
	ID      oid.ID
	Date    int64 // the committer's, in seconds since 1970
	Content []byte
}

// Parse reads the content of a commit.
func Parse(id oid.ID, content []byte, f oid.Format) (Commit, error) {
	head, err := object.ParseCommit(content, f)
	return Commit{Commit: head, ID: id, Date: object.CommitDate(content), Content: content}, err
}

// Read reads the commit that an id names, or that a tag with this id leads to.
func Read(read object.Reader, id oid.ID, f oid.Format) (c Commit, err error) {
	id, kind, content, err := object.Peel(read, id, f, nil)
	if err != nil {
		return c, err
	}
	if kind != pack.Commit {
		return c, &object.KindError{ID: id, Format: f, Is: kind, Wanted: pack.Commit}
	}
	return Parse(id, content, f)
}
