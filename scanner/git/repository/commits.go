package repository

import (
	"context"
	"fmt"
	"io/fs"

	"skleak/scanner/git/commits"
	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
)

// Parents returns the parents of a commit, which need not be here themselves; of a tag, those of the commit that it
// leads to. It is an error if the commit is not here, or cannot be read.
func (r *Repo) Parents(id oid.ID) ([]oid.ID, error) {
	c, err := commits.Read(r.Objects.NewReader().Read, id, r.Dir.Format)
	return c.Parents, err
}

// Ancestry returns a commit and all that it leads to, as far as that is here: the ids in hex.
func (r *Repo) Ancestry(ctx context.Context, id oid.ID) (ids map[string]bool, err error) {
	read := r.Objects.NewReader().Read
	ids = map[string]bool{}
	seen := map[oid.ID]bool{id: true}
	for stack := []oid.ID{id}; len(stack) > 0; {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		next := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		c, err := commits.Read(read, next, r.Dir.Format)
		if err != nil {
			continue
		}
		ids[c.ID.Hex(r.Dir.Format)] = true
		for _, p := range c.Parents {
			if !seen[p] {
				seen[p] = true
				stack = append(stack, p)
			}
		}
	}
	return ids, nil
}

// File returns the content of the file at path (relative, with forward slashes) in a commit. The error wraps
// fs.ErrNotExist where the commit has no such file; a link, a folder and a submodule are none. The content
// may be shared: do not write to it.
func (r *Repo) File(commit oid.ID, path string) (content []byte, err error) {
	read := r.Objects.NewReader().Read
	c, err := commits.Read(read, commit, r.Dir.Format)
	if err == nil {
		content, err = fileBelow(read, c.Tree, path, r.Dir.Format)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s of commit %s: %w", path, commit.Hex(r.Dir.Format), err)
	}
	return content, nil
}

func fileBelow(read object.Reader, tree oid.ID, path string, f oid.Format) ([]byte, error) {
	mode, id, err := object.Lookup(read, tree, path, f)
	if err != nil {
		return nil, err
	}
	if mode != object.File {
		return nil, fs.ErrNotExist
	}
	_, content, err := read(id)
	return content, err
}
