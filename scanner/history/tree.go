package history

import (
	"bytes"

	"skleak/scanner/git/object"
)

// seekID moves on to the next entry of a tree whose id may be in f, and is false where there is none. Of the others
// it reads as little as it can: they are nearly all.
func seekID(r *object.TreeReader, f *idFilter) bool {
	for at := r.At; ; {
		end := bytes.IndexByte(r.Content[at:], 0)
		id := at + end + 1
		if end < 0 || len(r.Content)-id < r.Hash {
			return false
		}
		if f.mayHave(r.Content[id:]) {
			r.At = at
			return true
		}
		at = id + r.Hash
	}
}
