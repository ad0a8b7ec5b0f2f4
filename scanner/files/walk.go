package files

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"skleak/scanner"
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

// task is something for a worker to do.
type task interface{ do(w *worker) }

// worker is one of those who walk.
type worker struct {
	*searcher
	walk    *walk
	listing listing
	files   []entry // of the folder at hand
}

// openRoot opens the folder that a scan begins at.
func (r *run) openRoot(path string) (folder, error) {
	if r.options.plain {
		return openPlain(path)
	}
	return openFolder(path)
}

// folder scans all that lies below root.
func (r *run) folder(root string) (nested []string, err error) {
	w := &walk{run: r, root: root, open: branches{most: mostIdle}}
	w.wake.L = &w.todo
	r.relieve = w.open.relieve
	at, err := r.openRoot(root)
	if err != nil {
		r.coverage.Unreadable(scanner.UnreadableDirectory, r.place(), cause(err).Error())
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
	}
	slices.Sort(w.nested)
	return w.nested, r.ctx.Err()
}

// work does what there is to do until nothing is left.
func (w *walk) work() {
	one := &worker{searcher: newSearcher(w.run), walk: w}
	one.share = w.offer
	defer func() {
		one.listing.start()
		w.results.add(one.hits)
	}()
	for {
		t := w.take()
		if t == nil {
			return
		}
		w.carryOut(t, one)
	}
}

// carryOut does one task. If it panics, the other workers must not wait for it.
func (w *walk) carryOut(t task, one *worker) {
	failed := true
	defer func() {
		w.todo.Lock()
		defer w.todo.Unlock()
		w.failed = w.failed || failed
		if w.busy--; w.busy == 0 || failed {
			w.wake.Broadcast()
		}
	}()
	t.do(one)
	failed = false
}

// take waits for something to do. It returns nil if there will be nothing more.
func (w *walk) take() task {
	w.todo.Lock()
	defer w.todo.Unlock()
	for len(w.tasks) == 0 && w.busy > 0 && !w.failed {
		w.idle.Add(1)
		w.wake.Wait()
		w.idle.Add(-1)
	}
	last := len(w.tasks) - 1
	if last < 0 || w.failed || w.ctx.Err() != nil {
		return nil
	}
	t := w.tasks[last]
	w.tasks[last] = nil
	w.tasks = w.tasks[:last]
	w.busy++
	return t
}

// put leaves tasks for whoever is free.
func (w *walk) put(tasks ...task) {
	w.todo.Lock()
	defer w.todo.Unlock()
	w.tasks = append(w.tasks, tasks...)
	if len(tasks) == 1 {
		w.wake.Signal()
	} else {
		w.wake.Broadcast()
	}
}

// offer asks all other workers to take part in the search of a large file.
func (w *walk) offer(l *large) {
	for range w.options.Jobs - 1 {
		w.put(l)
	}
}

func (l *large) do(w *worker) { w.help(l) }

// do goes through a folder.
func (b *branch) do(w *worker) {
	at, err := w.walk.open.reach(b)
	for try := 0; err != nil && w.wait(err, try); try++ {
		at, err = w.walk.open.reach(b)
	}
	if b.parent != nil {
		b.path = b.parent.path.below(b.name)
	}
	if err != nil {
		w.unlisted(b, err)
		w.walk.open.drop(b)
		return
	}
	defer w.walk.open.finish(b)
	w.listing.start()
	for first := true; w.ctx.Err() == nil && !w.listing.last; first = false {
		if err := at.list(&w.listing); err != nil {
			w.unlisted(b, err)
			return
		}
		if first && !w.enter(b, at) {
			return
		}
		w.entries(b, at)
	}
}

// unlisted names a folder that could not be opened or listed.
func (w *worker) unlisted(b *branch, err error) {
	if b.parent == nil {
		w.coverage.Unreadable(scanner.UnreadableDirectory, w.place(), cause(err).Error())
	} else {
		w.unreadable(scanner.UnreadableDirectory, b.where(), err)
	}
}

// enter decides about a folder, the first part of whose listing is at hand. It is false for one that is not
// to be read.
func (w *worker) enter(b *branch, at folder) bool {
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
			if w.listing.last && !w.listing.has(ignoreFile) {
				return nil, nil
			}
			return wholeFile(at.file(ignoreFile))
		})
	}
	return true
}

// entries goes through a part of what a folder holds.
func (w *worker) entries(b *branch, at folder) {
	named := w.rules.Next(w.listing.text, 0) >= 0 // a key may be in one of the names
	w.files = w.files[:0]
	var below []task
	for _, e := range w.listing.entries {
		if !b.plainGit && w.isDotGit(at, e.name) || !w.admits(b, e) {
			continue
		}
		if named {
			w.hits = append(w.hits, w.nameHits(b, e.name)...)
		}
		if e.kind.IsDir() {
			below = append(below, &branch{parent: b, name: strings.Clone(e.name), holds: 1})
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

// shareable is how many files are left to the one who has them, even if others have nothing to do.
const shareable = 16

// search searches files of a folder, or leaves half of them to a worker without a task.
func (w *worker) search(b *branch, at folder, files []entry) {
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

// batch is some files of a folder.
type batch struct {
	in    *branch
	files []entry
}

func (t *batch) do(w *worker) {
	at, err := w.walk.open.reach(t.in)
	for try := 0; err != nil && w.wait(err, try); try++ {
		at, err = w.walk.open.reach(t.in)
	}
	if err != nil {
		for _, e := range t.files {
			w.unreadable(scanner.UnreadableFile, t.in.show(e.name), err)
		}
		w.walk.open.drop(t.in)
		return
	}
	defer w.walk.open.finish(t.in)
	w.search(t.in, at, t.files)
}

// isDotGit is true for the name of what leads to a repository. Where names differ by more than case, .GIT
// is a folder like any other, whatever core.ignoreCase says.
func (w *worker) isDotGit(at folder, name string) bool {
	return name == dotGit || len(name) == len(dotGit) && strings.EqualFold(name, dotGit) && at.same(name, dotGit)
}

const dotGit = ".git"

// isRepository is true for the working tree of a repository and for a bare one: its packs are
// compressed, so that reading them as files would find nothing and look clean. The root was asked for by
// name and is read in any case.
func (w *worker) isRepository(b *branch, at folder) bool {
	git := w.holds(at, dotGit)
	if !git && (b.parent == nil || !w.holds(at, "objects")) {
		return false
	}
	repository, err := w.opened(filepath.Join(w.walk.root, filepath.FromSlash(b.path.text)))
	if b.path.far {
		repository, err = false, errBroken
	}
	b.plainGit = git && !repository && err == nil
	if b.parent == nil {
		return false
	}
	if !git && !repository && strings.EqualFold(b.name, dotGit) {
		err = errBroken // the objects of what was one
	}
	if err != nil {
		// Its files are read as those of a plain folder, but its history is lost.
		w.unreadable(repoReason(err), b.where(), err)
	}
	return repository
}

// holds is true if a name is in the folder whose listing is at hand.
func (w *worker) holds(at folder, name string) bool {
	if w.listing.has(name) {
		return true
	}
	if w.listing.last && !w.listing.folds(name) {
		return false
	}
	_, err := at.kind(name)
	return err == nil
}

// admits asks the configuration and the ignore files about an entry, and counts what they leave out. An
// ignored folder counts once, whatever is in it.
func (w *worker) admits(b *branch, e entry) bool {
	if b.path.far || w.options.Ignore == nil && b.level == nil {
		return true
	}
	rel, dir := b.path.text+e.name, e.kind.IsDir()
	if w.configured(rel, dir) {
		return false
	}
	if b.level == nil {
		return true
	}
	wanted, counts := w.walk.tree.wanted(b.level, rel, dir)
	if counts {
		w.coverage.Skip(scanner.SkippedIgnored, 1)
	}
	return wanted
}

// ignoring is true if git's ignore files count.
func (w *walk) ignoring() bool { return w.tree != nil && !w.options.NoIgnore }

// missingSubmodules counts the submodules that the index names and that were not met.
func (w *walk) missingSubmodules() {
	if w.tree == nil {
		return
	}
	met := map[string]bool{}
	for _, rel := range w.nested {
		met[w.tree.fold(rel)] = true
	}
	for _, rel := range w.tree.submodules() {
		if !met[w.tree.fold(rel)] && !w.leftOut(rel) {
			w.coverage.Skip(scanner.SkippedSubmodule, 1)
		}
	}
}

// leftOut is true if the configuration leaves out a folder or one that it lies in. The walk has
// counted that.
func (w *walk) leftOut(rel string) bool {
	if w.options.Ignore == nil {
		return false
	}
	for i := range len(rel) {
		if rel[i] == '/' && w.options.Ignore(w.options.Prefix+rel[:i], true) {
			return true
		}
	}
	return w.options.Ignore(w.options.Prefix+rel, true)
}
