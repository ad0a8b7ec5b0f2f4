package files

import (
	"path/filepath"
	"strings"

	"skleak/scanner"
	"skleak/scanner/files/disk"
)

// isDotGit is true for the name of what leads to a repository. Where names differ by more than case, .GIT
// is a folder like any other, whatever core.ignoreCase says.
func (w *worker) isDotGit(at disk.Folder, name string) bool {
	return name == dotGit || len(name) == len(dotGit) && strings.EqualFold(name, dotGit) && at.Same(name, dotGit)
}

const dotGit = ".git"

// isRepository is true for the working tree of a repository and for a bare one: its packs are
// compressed, so that reading them as files would find nothing and look clean. The root was asked for by
// name and is read in any case.
func (w *worker) isRepository(b *branch, at disk.Folder) bool {
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
	if !git && !repository && (strings.EqualFold(b.name, dotGit) || w.gitDir && w.holds(at, "refs")) {
		err = errBroken // the objects of what was one
	}
	if err != nil {
		// Its files are read as those of a plain folder, but its history is lost.
		w.unreadable(repoReason(err), b.where(), err)
	}
	return repository
}

// holds is true if a name is in the folder whose listing is at hand.
func (w *worker) holds(at disk.Folder, name string) bool {
	if w.listing.Has(name) {
		return true
	}
	if w.listing.Last && !w.listing.Folds(name) {
		return false
	}
	_, err := at.Kind(name)
	return err == nil
}

// admits asks the configuration and the ignore files about an entry, and counts what they leave out. An
// ignored folder counts once, whatever is in it.
func (w *worker) admits(b *branch, e disk.Entry) bool {
	if b.path.far || w.options.Ignore == nil && b.level == nil {
		return true
	}
	rel, dir := b.path.text+e.Name, e.Kind.IsDir()
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
