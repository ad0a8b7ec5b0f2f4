package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/files"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/history"
)

// maxNesting bounds how deep repositories are followed into each other. Submodules of submodules
// are common, twenty levels of them are not.
const maxNesting = 20

// Audit reads paths as the user named them: files, or folders with the repositories in them, their files and their
// histories.
func Audit(paths ...string) Source {
	return func(ctx context.Context, s *Scan) error { return s.Audit(ctx, paths...) }
}

// Audit is the work of the source of the same name.
func (s *Scan) Audit(ctx context.Context, paths ...string) error {
	prefixes, err := prefixesFor(paths, s.topOf)
	if err != nil {
		return err
	}
	return eachPath(ctx, tree{Scan: s, history: true, seen: map[string]bool{}}, paths, prefixes, (*tree).folder)
}

// AuditNamed reads repositories where they lie or in their mirrors, as LocateRepositories found them, under their names.
func (s *Scan) AuditNamed(ctx context.Context, all []scanner.Repository) error {
	var paths, prefixes []string
	for _, r := range all {
		paths, prefixes = append(paths, cmp.Or(r.Path, r.Mirror)), append(prefixes, FolderPrefix(r.Name))
	}
	return eachPath(ctx, tree{Scan: s, history: true, seen: map[string]bool{}}, paths, prefixes, (*tree).folder)
}

// eachPath reads each path in a tree of its own, one that leads to no file as folder does.
func eachPath(ctx context.Context, in tree, paths, prefixes []string,
	folder func(t *tree, ctx context.Context, prefix string) error) error {
	for i, path := range paths {
		t, read := in, folder
		t.root = path
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			read = (*tree).file
		}
		if err := read(&t, ctx, prefixes[i]); err != nil {
			return err
		}
	}
	return nil
}

// topOf is what paths in a target are relative to: the top of the working tree that a folder lies in.
func (o Options) topOf(target string) string {
	if info, err := os.Stat(target); err == nil && !info.IsDir() {
		return target
	}
	if d, err := o.Reach(target).Discover(target); err == nil && d.Worktree != "" && files.IsWithin(d.Worktree, target) {
		return d.Worktree
	}
	return target
}

// Files reads files and folders as they are, without history.
func Files(paths []string) (Source, error) {
	prefixes, err := prefixesFor(paths, func(path string) string { return path })
	return func(ctx context.Context, s *Scan) error {
		return eachPath(ctx, tree{Scan: s}, paths, prefixes, (*tree).plainFolder)
	}, err
}

// tree is what was asked for: folders with the repositories in them. Each object database is read once, however many
// working trees share it.
type tree struct {
	*Scan
	history   bool
	revisions string          // a range of the history, which is all that is read then; "" for all
	root      string          // nothing leads out of it
	mirror    *Mirror         // whose folder root is; nil: it is none
	seen      map[string]bool // object databases that were read, by the git folder they lie in
}

// in makes the tree for one repository, or for a folder that lies in none.
func (t *tree) in(prefix, path string, where *gitdir.Dir) *tree {
	inner := *t
	inner.Scan = t.Enter(prefix, path, where)
	if t.mirror != nil {
		inner.repositories.describeMirror(".", *t.mirror)
	}
	return &inner
}

func (t *tree) file(ctx context.Context, prefix string) error {
	return t.in(prefix, filepath.Dir(t.root), nil).files(ctx, nil, t.root, prefix, 0)
}

// plainFolder scans the folder that the user named, as one that lies in no repository.
func (t *tree) plainFolder(ctx context.Context, prefix string) error {
	where, _ := t.Reach(t.root).Open(t.root) // what is no repository, or cannot be opened, is read as a folder
	return t.in(prefix, t.root, nil).files(ctx, where, t.root, prefix, 0)
}

// folder scans the folder that the user named, which may lie anywhere inside a repository.
func (t *tree) folder(ctx context.Context, prefix string) error {
	where, err := t.Reach(t.root).Discover(t.root)
	switch {
	case errors.Is(err, gitdir.ErrNotRepository):
		t.Note("%s is in no git repository, so it has no history; its files are read, and repositories below it", t.root)
		return t.in(prefix, t.root, nil).files(ctx, nil, t.root, prefix, 0)
	case err != nil:
		t = t.in(prefix, t.root, nil)
		t.Unopened(t.root, err)
		return t.files(ctx, nil, t.root, prefix, 0)
	}
	t = t.in(prefix, cmp.Or(where.Worktree, t.root), where)
	if where.Worktree != "" && !files.IsWithin(where.Git, t.root) {
		below := FolderPrefix(files.PathBelow(where.Worktree, t.root))
		if err := t.files(ctx, where, t.root, prefix+below, 0); err != nil {
			return err
		}
	}
	return t.repository(ctx, where, t.root, prefix, 0)
}

// files reads a file, or a folder and everything below it; prefix goes in front of every path that is
// reported, and is "" or ends in a slash. Repositories below are read on their own, after it; depth is
// how many lie around this one. where is the repository that root is in, nil if none is known.
func (t *tree) files(ctx context.Context, where *gitdir.Dir, root, prefix string, depth int) error {
	o := t.options(prefix, t.Settings.IgnoreBelow(root, prefix))
	var met bundles
	o.Bundle = met.add
	o.IsGitDir = where != nil && files.IsWithin(where.Git, root)
	nested, err := files.Dir(ctx, root, o, t.Found)
	if err = t.unread(ctx, root, prefix, err); err != nil {
		return err
	}
	if err := t.bundles(ctx, root, prefix, met.sorted()); err != nil {
		return err
	}
	return t.below(ctx, root, nested, prefix, depth)
}

// options are those for files that are reported under a prefix.
func (t *tree) options(prefix string, ignore func(path string, dir bool) bool) files.Options {
	return files.Options{
		Rules:    t.Settings.Rules,
		Coverage: t.Coverage,
		Jobs:     t.Jobs,
		NoIgnore: t.NoIgnore, Objects: t.history, NoArchives: t.NoArchives, Memory: t.Memory,
		Prefix:   prefix,
		Ignore:   ignore,
		Reach:    t.Reach(t.root),
		Progress: t.Stages.Next("files"),
	}
}

// unread notes that a folder could not be read. It was there when the command was checked, and what was found
// elsewhere must not be lost over it. The end of ctx is handed back.
func (t *tree) unread(ctx context.Context, root, prefix string, err error) error {
	if err != nil && ctx.Err() == nil {
		t.Coverage.Unreadable(scanner.UnreadableDirectory, cmp.Or(strings.TrimSuffix(prefix, "/"), root), err.Error())
	}
	return ctx.Err()
}

func (t *tree) below(ctx context.Context, root string, nested []string, prefix string, depth int) error {
	for _, below := range nested {
		name := prefix + below
		if depth == maxNesting {
			t.Coverage.Unreadable(scanner.UnreadableTooLarge, name,
				fmt.Sprintf("more than %d repositories inside each other", maxNesting))
			continue
		}
		if err := t.nested(ctx, filepath.Join(root, filepath.FromSlash(below)), name, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// nested scans a repository that lies inside what is scanned. A git directory by itself has no files but those that
// are read with its history.
func (t *tree) nested(ctx context.Context, root, name string, depth int) error {
	where, err := t.Reach(t.root).Open(root)
	if err == nil {
		t = t.in(name, root, where)
	}
	if err != nil || !t.history || !files.IsWithin(where.Git, root) {
		if err := t.files(ctx, where, root, FolderPrefix(name), depth); err != nil || !t.history {
			return err
		}
	}
	if err != nil {
		t.Unopened(name, err)
		return nil
	}
	return t.repository(ctx, where, root, FolderPrefix(name), depth)
}

// repository reads the history of the repository that target lies in, and all else in its git directory, and reports
// it under prefix.
func (t *tree) repository(ctx context.Context, where *gitdir.Dir, target, prefix string, depth int) error {
	shared := where.Common
	if !files.IsWithin(shared, where.Git) {
		shared = where.Git // it has texts of its own
	}
	if t.seen[shared] {
		return nil
	}
	t.seen[shared] = true
	const discover = true
	repo, err := history.Open(t.Reach(t.root), target, discover)
	if err != nil {
		t.Unopened(target, err)
		return nil
	}
	defer repo.Close() //nolint:errcheck // it was only read
	inside := prefix
	if !files.IsWithin(where.Git, target) {
		inside += ".git/"
	}
	if t.revisions != "" {
		return t.objects(ctx, repo, target, prefix, inside, t.Found)
	}
	found := &echoes{to: t.Found, inside: inside, stored: map[rules.Key]bool{}}
	ignore := t.Settings.IgnoreBelow(cmp.Or(where.Worktree, target), prefix)
	inner, err := files.GitDir(ctx, shared, where.Format, t.options(inside, ignore), found)
	if err = t.unread(ctx, shared, inside, err); err != nil {
		return err
	}
	for _, path := range inner.Packs {
		repo.AddStray(filepath.Join(shared, filepath.FromSlash(path)), path)
	}
	if err := errors.Join(t.objects(ctx, repo, target, prefix, inside, found), found.release()); err != nil {
		return err
	}
	return t.below(ctx, shared, inner.Repositories, inside, depth)
}
