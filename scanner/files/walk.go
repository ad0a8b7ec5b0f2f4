package files

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"skleak/scanner"
	"skleak/scanner/cause"
	"skleak/scanner/files/disk"
)

// walk goes through a folder. Each worker lists folders and searches their files. What waits is a stack, so
// that the walk goes down before it goes on and few folders are under way at once. A worker with nothing to
// do gets a share of the folder or of the large file that another is busy with.
//
// fastwalk was used before. It goes by paths: those get too long for the system, and can be made to lead
// elsewhere while the walk is under way; and it does not say what is in a folder before it goes in, so that
// each had to be asked for .git, objects and .gitignore.
type walk struct {
	*run
	root string // a path to it
	tree *tree  // nil outside of a git working tree
	open branches

	seen atomic.Int64 // entries to search; the total once the walk is over, since a share of a growing one says nothing

	todo   sync.Mutex // guards what follows
	wake   sync.Cond
	tasks  []task
	busy   int          // workers with a task
	idle   atomic.Int32 // workers without one; read without the lock
	failed bool         // a worker panicked
	nested []string
}

// worker is one of those who walk.
type worker struct {
	*searcher
	walk    *walk
	listing disk.Listing
	files   []disk.Entry // of the folder at hand
}

// folder scans all that lies below root.
func (r *run) folder(root string) (nested []string, err error) {
	w := &walk{run: r, root: root, open: branches{most: mostIdle}}
	w.wake.L = &w.todo
	r.relieve = w.open.relieve
	at, err := r.options.open(root)
	if err != nil {
		r.coverage.Unreadable(scanner.UnreadableDirectory, r.place(), cause.Of(err).Error())
		return nil, nil
	}
	top := &branch{at: at, holds: 1}
	w.tree, top.level = r.openTree(root)
	w.tasks = append(w.tasks, top)

	workers := pool.New().WithMaxGoroutines(r.options.Jobs)
	for range r.options.Jobs {
		workers.Go(w.work)
	}
	workers.Wait()
	w.open.closeAll(top)
	r.progress.Total.Store(w.seen.Load())
	if r.ctx.Err() == nil {
		w.missingSubmodules()
		if w.tree != nil && !r.options.Objects {
			r.coverage.Skip(scanner.SkippedSparse, w.tree.leftOutOfCheckout(root))
		}
	}
	slices.Sort(w.nested)
	return w.nested, r.ctx.Err()
}

// unlisted names a folder that could not be opened or listed.
func (w *worker) unlisted(b *branch, err error) {
	if b.parent == nil {
		w.coverage.Unreadable(scanner.UnreadableDirectory, w.place(), cause.Of(err).Error())
	} else {
		w.unreadable(scanner.UnreadableDirectory, b.where(), err)
	}
}

// enter decides about a folder, the first part of whose listing is at hand. It is false for one that is not
// to be read.
func (w *worker) enter(b *branch, at disk.Folder) bool {
	if w.isRepository(b, at) {
		w.walk.todo.Lock()
		defer w.walk.todo.Unlock()
		w.walk.nested = append(w.walk.nested, strings.TrimSuffix(b.path.text, "/"))
		return false
	}
	if w.walk.ignoring() && !b.path.far {
		above := b.level
		if b.parent != nil {
			above = b.parent.level
		}
		b.level = w.walk.tree.enter(above, b.path.text, func() ([]byte, error) {
			if w.listing.Last && !w.listing.Has(ignoreFile) {
				return nil, nil
			}
			return wholeFile(at.File(ignoreFile))
		})
	}
	return true
}

// entries goes through a part of what a folder holds.
func (w *worker) entries(b *branch, at disk.Folder) {
	named := w.rules.Next(w.listing.Text, 0) >= 0 // a key may be in one of the names
	w.files = w.files[:0]
	var below []task
	for _, e := range w.listing.Entries {
		if !b.plainGit && w.isDotGit(at, e.Name) || w.isObject(b, e.Name) || !w.admits(b, e) {
			continue
		}
		if named {
			w.hits = append(w.hits, w.nameHits(b, e.Name)...)
		}
		if e.Kind.IsDir() {
			below = append(below, &branch{parent: b, name: strings.Clone(e.Name), holds: 1, objects: w.holdsObjects(b, e.Name)})
		} else {
			w.files = append(w.files, e)
		}
	}
	if below != nil {
		w.walk.open.hold(b, len(below))
		w.walk.put(below...)
	}
	w.walk.seen.Add(int64(len(w.files)))
	w.search(b, at, w.files)
}

// search searches files of a folder, or leaves half of them to a worker without a task.
func (w *worker) search(b *branch, at disk.Folder, files []disk.Entry) {
	for len(files) > 0 && w.ctx.Err() == nil {
		if len(files) > shareable && w.walk.idle.Load() > 0 {
			half := len(files) / 2
			w.walk.open.hold(b, 1)
			w.walk.put(&batch{b, slices.Clone(files[half:])})
			files = files[:half]
		}
		w.entry(at, b, files[0])
		w.progress.Done.Add(1)
		files = files[1:]
	}
}
