package object

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Reader reads an object. The content may be shared: nobody writes to it.
type Reader func(id oid.ID) (pack.Kind, []byte, error)

// maxTags is how many tags may point at one another.
const maxTags = 32

// ErrManyTags says that a chain of tags is longer than is followed.
var ErrManyTags = fmt.Errorf("more than %d tags point at one another", maxTags)

// Peel follows tags from an object to what the last of them names, and returns that. tag is told of each tag on the
// way; nil: nobody is. Where an object cannot be read, id is that object's.
func Peel(read Reader, start oid.ID, f oid.Format, tag func(id oid.ID, content []byte)) (id oid.ID, kind pack.Kind,
	content []byte, err error) {
	id = start
	for range maxTags {
		kind, content, err = read(id)
		if err != nil || kind != pack.Tag {
			return id, kind, content, err
		}
		if tag != nil {
			tag(id, content)
		}
		t, err := ParseTag(content, f)
		if err != nil {
			return id, 0, nil, fmt.Errorf("reading tag %s: %w", id.Hex(f), err)
		}
		id = t.Object
	}
	return id, 0, nil, ErrManyTags
}

// KindError says that an object is of another kind than what names it says.
type KindError struct {
	ID     oid.ID
	Format oid.Format
	Is     pack.Kind
	Wanted pack.Kind
}

func (e *KindError) Error() string {
	return fmt.Sprintf("object %s is a %s, and named as a %s", e.ID.Hex(e.Format), e.Is, e.Wanted)
}

// ReadTree reads a tree. The empty one is there, stored or not.
func ReadTree(read Reader, id oid.ID, f oid.Format) ([]byte, error) {
	kind, content, err := read(id)
	switch {
	case err != nil && IsEmptyTree(id[:f.Size()]):
		return nil, nil
	case err == nil && kind != pack.Tree:
		return nil, &KindError{id, f, kind, pack.Tree}
	}
	return content, err
}

// Lookup finds what stands at a path below a tree; the path is relative, with slashes. The error wraps fs.ErrNotExist
// where nothing does.
func Lookup(read Reader, tree oid.ID, path string, f oid.Format) (mode Mode, id oid.ID, err error) {
	for {
		name, rest, deeper := strings.Cut(path, "/")
		content, err := ReadTree(read, tree, f)
		if err != nil {
			return 0, id, err
		}
		mode, id, err = find(content, name, deeper, f)
		if err != nil || !deeper {
			return mode, id, err
		}
		tree, path = id, rest
	}
}

// find finds an entry by its name; folder: it has to be one.
func find(content []byte, name string, folder bool, f oid.Format) (Mode, oid.ID, error) {
	r := NewTreeReader(content, f)
	for {
		e, ok, err := r.Next()
		switch {
		case !ok:
			return 0, oid.ID{}, errors.Join(fs.ErrNotExist, err)
		case string(e.Name) == name && (!folder || e.Mode == Folder):
			return e.Mode, oid.FromBytes(e.ID), nil
		}
	}
}
