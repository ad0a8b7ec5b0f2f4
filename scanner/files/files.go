// Package files searches working trees, single files and streams.
//
// Dir reads what is there: every regular file, of any size and any kind, the target of every
// symbolic link, and every name. In the working tree of a git repository it reads what git would: what
// is tracked, and what is not ignored. Nothing is left out in silence: what is not read is counted
// in the Coverage, and what could not be read is named there.
//
// Links are not followed. FIFOs, sockets and devices are not opened. The .git of a repository is not
// read: what a repository stores is the business of the history scan.
package files

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/sourcegraph/conc/pool"

	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/archive"
	"skleak/scanner/cause"
	"skleak/scanner/files/disk"
	"skleak/scanner/files/ignore"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Options says what to look for and what to leave out. The zero value reads everything that git
// would, with the built-in rules.
type Options struct {
	Rules    *provider.Set     // nil: rules.Default
	Coverage *scanner.Coverage // nil: not wanted
	Jobs     int               // workers; 0 or less: one for each processor. Fewer if few files may be open
	NoIgnore bool              // read what git ignores too
	IsGitDir bool              // the folder is a git directory: what its packs hold is history, and no file of it
	Objects  bool              // git's objects are read besides, and in them what is not checked out

	// NoArchives leaves out what lies in archives and other containers; they are counted.
	NoArchives bool
	// Memory is how many bytes of containers within containers may be held at once; 0: as package archive has it.
	Memory int64

	// Prefix is put in front of every path, as "sub/module/" for a submodule.
	Prefix string

	// Ignore is the configuration's word on paths: true leaves a file or a whole folder out. It gets
	// paths with Prefix in front, and many goroutines call it at once. nil: nothing is left out.
	Ignore func(path string, dir bool) bool

	// Reach is how far the repositories met may lead elsewhere. Without a Root, the root of the scan is it.
	Reach gitdir.Reach

	// Bundle is told of each bundle of git that was met, by its path relative to the root; many goroutines call it at
	// once. nil: they are named as unread.
	Bundle func(path string)

	// Progress is kept up to date while the scan runs. nil: not wanted.
	Progress *scanner.Progress

	window  int                                    // bytes of a file held at once; 0: defaultWindow
	results int                                    // bytes of results; 0: resultsLimit
	open    func(path string) (disk.Folder, error) // opens the folder that a scan begins at; nil: disk.OpenFolder
}

// NewPathIgnore compiles patterns in the syntax of .gitignore, one a string, for Options.Ignore.
// They stand for paths relative to the target, and mean just what they would mean to git.
func NewPathIgnore(patterns []string) func(path string, dir bool) bool {
	if len(patterns) == 0 {
		return nil
	}
	return ignore.NewPaths(patterns).Ignored
}

// Dir scans the folder or the single file at root, and hands what it finds to h, sorted by path and
// position.
//
// If root lies in a git working tree, that repository says what is tracked and what is ignored; but
// root itself is read even if it is ignored, because it was asked for by name. If root is a link, it
// is followed.
//
// nested are the checked-out submodules and other repositories below root, sorted, relative to root
// and with forward slashes. They are not read: scan each as a repository of its own, with Prefix.
//
// It is an error if root cannot be looked at, if h returns one, or if ctx ends, in which case what was
// found till then is handed over first. All else that goes wrong is named in the Coverage.
func Dir(ctx context.Context, root string, o Options, h scanner.Handler) (nested []string, err error) {
	root = filepath.Clean(root)
	info, err := os.Lstat(root)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", root, cause.Of(err))
	}
	link := info.Mode().Type() == fs.ModeSymlink
	if link {
		// What a dangling link says is searched all the same.
		if target, err := os.Stat(root); err == nil {
			info = target
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("following the link %s: %w", root, cause.Of(err))
		}
	}
	if o.Reach.Root == "" {
		o.Reach.Root = root
	}
	r := newRun(ctx, o)
	if info.IsDir() {
		nested, err = r.folder(root)
	} else {
		err = r.single(root, link, info.Mode().Type())
	}
	return nested, r.finish(err, h)
}

// run is what the parts of one scan share.
type run struct {
	ctx      context.Context
	rules    *provider.Set
	coverage *scanner.Coverage
	progress *scanner.Progress
	options  Options
	results  results
	archives archive.Limits

	source scanner.Source // of what is found
	gitDir bool           // the scan is that of GitDir
	format oid.Format     // of its objects
	packs  packList       // see Inner

	// relieve closes what can be opened again, and is true if there was anything. It may be nil.
	relieve func() bool
}

func newRun(ctx context.Context, o Options) *run {
	if o.Rules == nil {
		o.Rules = provider.Default()
	}
	if o.Coverage == nil {
		o.Coverage = &scanner.Coverage{}
	}
	if o.Progress == nil {
		o.Progress = &scanner.Progress{}
	}
	if o.open == nil {
		o.open = disk.OpenFolder
	}
	if o.Jobs <= 0 {
		o.Jobs = runtime.NumCPU()
	}
	o.Jobs = max(1, min(o.Jobs, disk.MostJobs()))
	r := &run{ctx: ctx, rules: o.Rules, coverage: o.Coverage, progress: o.Progress, options: o, source: scanner.SourceFile}
	r.archives.Memory, r.archives.Walks = o.Memory, o.Jobs
	r.results.limit = cmp.Or(o.results, resultsLimit)
	r.results.keys.max = scanner.MostKeys(cmp.Or(o.Memory, pack.DefaultMemory))
	return r
}

// finish hands over what was found. An end that came early is said, whatever the reason.
func (r *run) finish(err error, h scanner.Handler) error {
	if stopped := r.ctx.Err(); stopped != nil {
		r.coverage.Unreadable(scanner.UnreadableCanceled, r.rules.Redact(r.options.Prefix),
			"the scan was stopped before all files were read")
		err = stopped
	}
	failed := r.results.deliver(h)
	if r.results.keys.share > 0 { // how many places of which keys went depends on timing then
		r.coverage.Unreadable(scanner.UnreadableTooLarge, r.place(),
			fmt.Sprintf("more than %d different keys: only some of them are told", r.results.keys.max))
	} else {
		r.coverage.Skip(scanner.SkippedRepeated, r.results.over.Load())
	}
	if failed != nil {
		return failed
	}
	return err
}

// single reads one file that was named. target is the type of what it leads to.
func (r *run) single(path string, link bool, target fs.FileMode) error {
	name := filepath.Base(path)
	r.progress.Total.Store(1)
	if r.configured(name, false) {
		return nil
	}
	helpers := pool.New()
	defer helpers.Wait()
	s, here := newSearcher(r), &branch{}
	s.share = func(l *large) {
		for range r.options.Jobs - 1 {
			helpers.Go(func() { newSearcher(r).help(l) })
		}
	}
	s.hits = r.nameHits(here, name)
	real := path
	if link {
		says, err := os.Readlink(path)
		s.link(says, err, here, name)
		if real, err = filepath.EvalSymlinks(path); err != nil {
			target = fs.ModeSymlink // one that leads nowhere
		}
	}
	switch {
	case target.IsRegular():
		f, state, err := disk.OpenFile(real)
		s.content(f, state, err, here, name)
	case target != fs.ModeSymlink:
		r.coverage.Skip(scanner.SkippedSpecial, 1)
	}
	r.progress.Done.Store(1)
	r.results.add(s.hits)
	return nil
}

// configured asks the configuration about a path, and counts what it leaves out.
func (r *run) configured(path string, dir bool) bool {
	if r.options.Ignore == nil || !r.options.Ignore(r.options.Prefix+path, dir) {
		return false
	}
	r.coverage.Skip(scanner.SkippedConfigured, 1)
	return true
}

// unreadable names what could not be read; path is relative to the root.
func (r *run) unreadable(reason, path string, err error) {
	r.coverage.Unreadable(reason, r.rules.Redact(r.options.Prefix+path), cause.Of(err).Error())
}

// patience is how often opening something is tried while the system has no descriptor to spare: some five
// seconds in all.
const patience = 50

// wait is true if something is to be opened once more, after a while or after making room for it.
func (r *run) wait(err error, tries int) bool {
	if !disk.TooManyOpen(err) || tries >= patience {
		return false
	}
	if r.relieve != nil && r.relieve() && tries == 0 {
		return true
	}
	select {
	case <-time.After(time.Duration(min(tries, 10)) * 10 * time.Millisecond): // others may let go of some
		return true
	case <-r.ctx.Done():
		return false
	}
}
