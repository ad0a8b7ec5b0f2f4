package history

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Parents returns the parents of a commit, which need not be here themselves; of a tag, those of the commit that it
// leads to. It is an error if the commit is not here, or cannot be read.
func (g *Gate) Parents(id oid.ID) ([]oid.ID, error) {
	c, err := g.readCommit(g.store.NewReader(), id)
	return c.head.Parents, err
}

// Ancestry returns a commit and all that it leads to, as far as that is here: the ids in hex.
func (g *Gate) Ancestry(ctx context.Context, id oid.ID) (ids map[string]bool, err error) {
	r := g.store.NewReader()
	ids = map[string]bool{}
	seen := map[oid.ID]bool{id: true}
	for stack := []oid.ID{id}; len(stack) > 0; {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		next := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		c, err := g.readCommit(r, next)
		if err != nil {
			continue
		}
		ids[g.hex(c.id)] = true
		for _, p := range c.head.Parents {
			if !seen[p] {
				seen[p] = true
				stack = append(stack, p)
			}
		}
	}
	return ids, nil
}

// IsShallow is true for a repository that was told to do without the parents of some commits.
func (g *Gate) IsShallow() bool {
	ids, err := g.dir.Shallow()
	return err != nil || len(ids) > 0 // what cannot be read may hide an edge
}

// File returns the content of the file at path (relative, with forward slashes) in a commit. The error wraps
// fs.ErrNotExist where the commit has no such file; a link, a folder and a submodule are none. The content
// may be shared: do not write to it.
func (g *Gate) File(commit oid.ID, path string) (content []byte, err error) {
	r := g.store.NewReader()
	c, err := g.readCommit(r, commit)
	if err == nil {
		content, err = g.fileIn(r, c.head.Tree, path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s of commit %s: %w", path, g.hex(commit), err)
	}
	return content, nil
}

// fileIn follows a path down from a tree.
func (g *Gate) fileIn(r *odb.LazyReader, tree oid.ID, path string) ([]byte, error) {
	name, rest, deeper := strings.Cut(path, "/")
	kind, content, err := r.Read(tree)
	if err != nil {
		return nil, err
	}
	if kind != pack.Tree {
		return nil, fmt.Errorf("%s is a %s, not a tree", g.hex(tree), kind)
	}
	entries := object.NewTreeReader(content, g.dir.Format)
	for {
		e, ok, err := entries.Next()
		switch {
		case err != nil:
			return nil, err
		case !ok:
			return nil, fs.ErrNotExist
		case string(e.Name) != name:
		case deeper && (e.Mode == object.Folder):
			return g.fileIn(r, oid.FromBytes(e.ID), rest)
		case deeper || e.Mode != object.File:
			return nil, fs.ErrNotExist
		default:
			_, content, err := r.Read(oid.FromBytes(e.ID))
			return content, err
		}
	}
}
