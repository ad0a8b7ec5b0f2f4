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

// ReadHead is Read for who needs no content: that is nil, and was only borrowed.
func ReadHead(borrow func(oid.ID) (pack.Loan, error), id oid.ID, f oid.Format) (c Commit, err error) {
	var loan pack.Loan
	read := func(id oid.ID) (pack.Kind, []byte, error) {
		loan.GiveBack() // of a tag before, which was read
		loan, err = borrow(id)
		return loan.Kind, loan.Content, err
	}
	c, err = Read(read, id, f)
	c.Content = nil
	loan.GiveBack()
	return c, err
}
