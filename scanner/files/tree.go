package files

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"skleak/scanner/files/ignore"
)

// tree is what a git working tree says of the files in it. Paths in it are relative to its top, with
// forward slashes; rel is relative to the root of the scan, which can lie below the top.
type tree struct {
	below      string         // the root of the scan: "", or a path that ends in a slash
	ignoreCase bool           // core.ignoreCase
	tracked    []string       // what the index names, sorted; lower case with ignoreCase
	sparse     []string       // folders that the index holds as a whole, each ending in a slash
	links      []string       // submodules in the index
	excludes   []*ignore.List // patterns for the whole tree, the strongest first

	mu      sync.RWMutex
	folders map[string]*folder // by path, "" for the top
}

// folder is a folder that the walk has entered.
type folder struct {
	parent *folder
	prefix string       // its path with a slash behind, "" for the top
	list   *ignore.List // of its .gitignore

	// ignored is the topmost folder above it, or itself, that is ignored, and was entered only for
	// what is tracked in it. nil if there is none.
	ignored *folder
	counted atomic.Bool // something in this folder was left out, and it has been counted for that
}

// ignoreFile is the name of the file with a folder's patterns.
const ignoreFile = ".gitignore"

// openAbove reads the ignore files from the top of the tree, which lies at top, down to the root of
// the scan. These folders count as wanted whatever the patterns say: the root was asked for by name.
func (t *tree) openAbove(top string) {
	t.folders = map[string]*folder{"": {list: t.readList(top)}}
	parent := t.folders[""]
	for i, c := range t.below {
		if c == '/' {
			f := &folder{parent: parent, prefix: t.below[:i+1]}
			f.list = t.readList(filepath.Join(top, filepath.FromSlash(f.prefix)))
			t.folders[t.below[:i]] = f
			parent = f
		}
	}
}

// enter is called when the walk goes into a folder, before anything in it is asked about.
func (t *tree) enter(path, rel string) {
	at := t.below + rel
	parent := t.parent(at)
	f := &folder{parent: parent, prefix: at + "/"}
	switch {
	case parent.ignored != nil:
		f.ignored = parent.ignored
	case t.excluded(parent, at, true) && !t.isTracked(at):
		f.ignored = f
	default:
		f.list = t.readList(path)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.folders[at] = f
}

func (t *tree) readList(folder string) *ignore.List {
	return readIgnoreFile(filepath.Join(folder, ignoreFile), t.ignoreCase)
}

// parent returns the folder that a path lies in, which the walk has entered.
func (t *tree) parent(at string) *folder {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.folders[at[:max(0, strings.LastIndexByte(at, '/'))]]
}

// wanted is true for what git would read: all that is tracked and all that is not ignored. Of an
// ignored folder in which something is tracked, only that is wanted. counts is true for what is
// left out, except that an ignored folder counts once, whatever is left out in it.
func (t *tree) wanted(rel string, dir bool) (wanted, counts bool) {
	at := t.below + rel
	parent := t.parent(at)
	if parent.ignored == nil && !t.excluded(parent, at, dir) || t.isTracked(at) || dir && t.holdsTracked(at) {
		return true, false
	}
	return false, parent.ignored == nil || parent.ignored.counted.CompareAndSwap(false, true)
}

// excluded asks the ignore files, from the folder at hand up to the top, and then the lists for the
// whole tree. The first that knows the path decides.
func (t *tree) excluded(in *folder, at string, dir bool) bool {
	for f := in; f != nil; f = f.parent {
		if v := f.list.Match(at[len(f.prefix):], dir); v != ignore.None {
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

func (t *tree) fold(at string) string {
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

// isDotGit is true for the name of what leads to a repository. Where names differ by more than case,
// .GIT is a folder like any other.
func (w *walk) isDotGit(name string) bool {
	return name == ".git" || w.tree != nil && w.tree.ignoreCase && strings.EqualFold(name, ".git")
}
