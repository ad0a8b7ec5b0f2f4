package files

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"skleak/scanner/files/ignore"
)

// tree is what a git working tree says of the files in it. Paths in it are relative to its top, with
// forward slashes; rel is relative to the root of the scan, which can lie below the top.
type tree struct {
	below      string         // the root of the scan: "", or a path that ends in a slash
	ignoreCase bool           // core.ignoreCase
	precompose bool           // core.precomposeUnicode
	tracked    []string       // what the index names, each as fold has it, sorted
	sparse     []string       // folders that the index holds as a whole, each ending in a slash
	links      []string       // submodules in the index
	absent     []string       // what a sparse checkout may have left out
	excludes   []*ignore.List // patterns for the whole tree, the strongest first

	unapplied func(at string) // is told of an ignore file that is too large to be applied
}

// level is what ignore files say in a folder and in all below that have none of their own.
type level struct {
	above  *level
	prefix int          // length of the folder's path, with a slash behind
	list   *ignore.List // of its .gitignore
	size   int          // of this list and those above

	// ignored is set in a folder that is ignored and was entered only for what is tracked in it. It
	// becomes true when something in there was left out and has been counted.
	ignored *atomic.Bool
}

// ignoreFile is the name of the file with a folder's patterns.
const ignoreFile = ".gitignore"

// openAbove reads the ignore files from the top of the tree, which lies at top, down to the folder above
// the root of the scan. These folders count as wanted whatever the patterns say: the root was asked for by
// name.
func (t *tree) openAbove(top string) *level {
	at := &level{}
	for i := 0; i < len(t.below); i++ {
		if i == 0 || t.below[i-1] == '/' {
			path := filepath.Join(top, filepath.FromSlash(t.below[:i]), ignoreFile)
			at = t.with(at, t.below[:i], func() ([]byte, error) { return readIgnoreFile(path) })
		}
	}
	return at
}

// enter is called when the walk goes into a folder, before anything in it is asked about. read reads the
// ignore file there.
func (t *tree) enter(above *level, rel string, read func() ([]byte, error)) *level {
	at := t.below + rel
	if above.ignored != nil {
		return above
	}
	if rel != "" {
		if folder := at[:len(at)-1]; t.excluded(above, folder, true) && !t.isTracked(folder) {
			return &level{above: above, ignored: new(atomic.Bool)}
		}
	}
	return t.with(above, at, read)
}

// sizeLimit is how many bytes of ignore files may count at one place. Each name is held against all of
// them, so that more would let a repository stop the scan for as good as ever.
const sizeLimit = 1 << 20

// with is the level of a folder at a path that ends in a slash. An ignore file that cannot be read leaves
// nothing out: that is the safe side, and it is named when the walk comes to it. So it is with one that is
// too large.
func (t *tree) with(above *level, at string, read func() ([]byte, error)) *level {
	content, err := read()
	if err == errTooLarge || above.size+len(content) > sizeLimit {
		t.unapplied(at + ignoreFile)
		return above
	}
	list := ignore.Parse(content, t.ignoreCase)
	if list == nil {
		return above
	}
	return &level{above: above, prefix: len(at), list: list, size: above.size + len(content)}
}

// wanted is true for what git would read: all that is tracked and all that is not ignored. Of an
// ignored folder in which something is tracked, only that is wanted. counts is true for what is
// left out, except that an ignored folder counts once, whatever is left out in it.
func (t *tree) wanted(in *level, rel string, dir bool) (wanted, counts bool) {
	at := t.below + rel
	if in.ignored == nil && !t.excluded(in, at, dir) || t.isTracked(at) || dir && t.holdsTracked(at) {
		return true, false
	}
	return false, in.ignored == nil || in.ignored.CompareAndSwap(false, true)
}

// excluded asks the ignore files, from the folder at hand up to the top, and then the lists for the
// whole tree. The first that knows the path decides.
func (t *tree) excluded(in *level, at string, dir bool) bool {
	for l := in; l != nil; l = l.above {
		if v := l.list.Match(at[l.prefix:], dir); v != ignore.None {
			return v == ignore.Excluded
		}
	}
	for _, list := range t.excludes {
		if v := list.Match(at, dir); v != ignore.None {
			return v == ignore.Excluded
		}
	}
	return false
}

// isTracked is true for a file or a submodule that the index names.
func (t *tree) isTracked(at string) bool {
	at = t.fold(at)
	for _, folder := range t.sparse {
		if strings.HasPrefix(at, folder) {
			return true // perhaps: the index does not say
		}
	}
	_, found := slices.BinarySearch(t.tracked, at)
	return found
}

// holdsTracked is true for a folder with something tracked in it.
func (t *tree) holdsTracked(at string) bool {
	at = t.fold(at) + "/"
	i, _ := slices.BinarySearch(t.tracked, at)
	return i < len(t.tracked) && strings.HasPrefix(t.tracked[i], at)
}

// fold makes names equal that are one file here.
func (t *tree) fold(at string) string {
	if t.precompose {
		at = withoutComposition(at)
	}
	if t.ignoreCase {
		return strings.ToLower(at)
	}
	return at
}

// submodules returns those below the root of the scan, relative to it.
func (t *tree) submodules() (rels []string) {
	for _, at := range t.links {
		if rel, below := strings.CutPrefix(at, t.below); below {
			rels = append(rels, rel)
		}
	}
	return rels
}

// leftOutOfCheckout counts what a sparse checkout left out of the working tree at root, below the root of the scan.
// The flag alone tells little: people set it to keep changes of their own from git. So files are looked for, but no
// more than a thousand.
func (t *tree) leftOutOfCheckout(root string) (n int64) {
	for _, at := range t.absent {
		rel, below := strings.CutPrefix(at, t.below)
		if !below {
			continue
		}
		if n < 1000 {
			if _, err := os.Lstat(filepath.Join(root, filepath.FromSlash(rel))); err == nil {
				continue
			}
		}
		n++
	}
	return n
}
