package history

import (
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
)

// fileLookup finds out whether a tree has a path at all, keys or not. It reads trees one at a time, which
// is for the rare commit that brings a key only.
type fileLookup struct {
	search *search
	reader *odb.Reader
}

// has tells whether a path exists below the tree with a number. A tree that cannot be read has none.
func (f *fileLookup) has(tree uint32, path string) bool {
	if tree == absent {
		return false
	}
	db := f.search.repo.db
	_, _, err := object.Lookup(f.reader.Read, db.ID(tree), path, db.Format)
	return err == nil
}
