package gitdir

import (
	"bytes"
	"fmt"
	"path/filepath"

	"skleak/scanner/git/oid"
)

// MergeHeads returns the commits that a merge under way brings in; none where there is no such merge.
func (d *Dir) MergeHeads() ([]oid.ID, error) { return d.readIDs(filepath.Join(d.Git, "MERGE_HEAD")) }

// readIDs reads a file of object ids, one a line. Where it is missing, there are none.
func (d *Dir) readIDs(place string) ([]oid.ID, error) {
	data, err := d.bounds.readFile(place, shallowLimit)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", place, err)
	}
	var ids []oid.ID
	number := 0
	for line := range bytes.Lines(data) {
		number++
		id, rest, ok := cutID(line, d.Format)
		if !ok || len(bytes.TrimSpace(rest)) > 0 {
			return nil, fmt.Errorf("reading %s: line %d is no object id", place, number)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
