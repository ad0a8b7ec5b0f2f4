package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"skleak/scanner/archive"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/history"
)

// bundles are those that were met among files.
type bundles struct {
	mu    sync.Mutex
	paths []string
}

func (b *bundles) add(path string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paths = append(b.paths, path)
}

func (b *bundles) sorted() []string {
	slices.Sort(b.paths)
	return b.paths
}

// bundles reads the histories in bundles that were met at root, a folder or one of them. What they hold lies within
// them, as in an archive.
func (t *tree) bundles(ctx context.Context, root, prefix string, paths []string) error {
	for _, path := range paths {
		at := root
		if info, err := os.Stat(root); err == nil && info.IsDir() {
			at = filepath.Join(root, filepath.FromSlash(path))
		}
		where, err := t.Reach(t.root).Open(at)
		if err != nil {
			t.Unopened(prefix+path, err)
			continue
		}
		if err := t.bundle(ctx, where, prefix+path+archive.Separator); err != nil {
			return err
		}
	}
	return nil
}

// bundle reads the history in a bundle.
func (t *tree) bundle(ctx context.Context, where *gitdir.Dir, prefix string) error {
	const discover = false
	repo, err := history.Open(t.Reach(where.Git), where.Git, discover)
	if err != nil {
		t.Unopened(prefix, err)
		return nil
	}
	defer repo.Close() //nolint:errcheck // it was only read
	return t.objects(ctx, repo, where.Git, prefix, prefix, t.Found)
}

// IsBundle tells whether a file is a bundle of git, which can be read as the repository that it is.
func IsBundle(path string) bool {
	where, err := gitdir.Open(path)
	return err != nil && !errors.Is(err, gitdir.ErrNotRepository) || err == nil && where.IsBundle()
}
