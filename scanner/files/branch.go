package files

import (
	"container/list"
	"slices"
	"strings"

	"skleak/scanner/files/disk"
)

// branch is a folder that the walk has met.
//
// A folder is held for as long as it is being listed, its files are being searched, or a folder in it is
// not done with. Folders that are held are open, up to a number; beyond that, the one unused for longest
// is put away. It is opened again from the folder above it, or, since each of 10,000 folders inside each
// other would have to be opened from the top then, from a folder in it that is done with.
type branch struct {
	parent *branch // nil for the root
	name   string
	level  *level // what git's ignore files say of what is in it; nil if they do not count
	path   path   // worked out when the walk goes in: those that wait for it are many

	// plainGit is true if the .git in it leads to no repository. It is read then like all else, since
	// nobody else reads it.
	plainGit bool

	objects bool // it is the folder of a git directory that holds its objects, or lies in that

	// Guarded by branches.mu.
	at    disk.Folder   // nil while it is not open
	id    disk.Identity // what at was, once it has been put away
	known bool          // id is
	users int           // goroutines that work with at
	holds int           // see above
	idle  *list.Element // its place among those that are open and unused; nil if it is none
}

// path is where a folder lies below the root, with a slash behind it; "" is the root itself.
type path struct {
	text string
	far  bool // text is that of the last folder above it whose path is short enough
}

// pathLimit is how long a path may be to be held against patterns and shown in full: twice what Linux
// takes, and about what git does. Longer ones would make a walk of deep folders take quadratic time.
const pathLimit = 8 << 10

// below is the path of a folder in this one.
func (p path) below(name string) path {
	if p.far || len(p.text)+len(name) >= pathLimit {
		return path{p.text, true}
	}
	return path{p.text + name + "/", false}
}

// show returns the path of something in the folder, for people. Of one too long for that, the middle is
// left out.
func (b *branch) show(name string) string {
	if !b.path.far {
		return b.path.text + name
	}
	parts, size := []string{name}, len(name)
	for up := b; up.path.far && size < pathLimit; up = up.parent {
		parts = append(parts, up.name)
		size += len(up.name) + 1
		if !up.parent.path.far {
			parts = append(parts, strings.TrimSuffix(b.path.text, "/"))
			slices.Reverse(parts)
			return strings.Join(parts, "/") // all of it, after all
		}
	}
	slices.Reverse(parts)
	head := b.path.text[:strings.LastIndexByte(b.path.text[:len(b.path.text)/2], '/')+1]
	return head + "…/" + strings.Join(parts, "/")
}

// where returns the path of the folder itself, for people.
func (b *branch) where() string {
	if b.parent == nil {
		return ""
	}
	return b.parent.show(b.name)
}
