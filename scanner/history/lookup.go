package history

import (
	"strings"

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
	name, rest, deeper := strings.Cut(path, "/")
	if tree == absent {
		return false
	}
	_, content, err := f.reader.ReadNumber(tree)
	if err != nil {
		return false
	}
	r := object.NewTreeReader(content, f.search.repo.db.Format)
	for {
		e, ok, err := r.Next()
		if !ok || err != nil {
			return false
		}
		if string(e.Name) != name {
			continue
		}
		if !deeper {
			return true
		}
		child, found := f.search.repo.db.Number(e.ID)
		return found && (e.Mode == object.Folder) && f.has(child, rest)
	}
}
