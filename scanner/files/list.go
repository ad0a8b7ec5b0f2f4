package files

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/sourcegraph/conc/pool"

	"skleak/scanner"
)

// List scans the files with the given names, relative to the folder root and with forward slashes, as Dir does those that it
// finds there: a link is searched and not followed. What git ignores does not matter, since each was asked for by name. One that
// is not there, or is a folder, is named in the Coverage.
func List(ctx context.Context, root string, names []string, o Options, h scanner.Handler) error {
	r := newRun(ctx, o)
	r.progress.Total.Store(int64(len(names)))
	batches := make(chan []string)
	workers := pool.New()
	for range min(r.options.Jobs, len(names)) {
		workers.Go(func() {
			s := newSearcher(r)
			for batch := range batches {
				for _, name := range batch {
					s.named(root, name)
					r.progress.Done.Add(1)
				}
			}
			r.results.add(s.hits)
		})
	}
	for batch := range slices.Chunk(names, batchSize) {
		if ctx.Err() != nil {
			break
		}
		batches <- batch
	}
	close(batches)
	workers.Wait()
	return r.finish(nil, h)
}

// named searches a file that was asked for by name.
func (s *searcher) named(root, name string) {
	if s.ctx.Err() != nil || s.configured(name, false) {
		return
	}
	path := filepath.Join(root, filepath.FromSlash(name))
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		s.unreadable(scanner.UnreadableFile, name, err)
	case info.IsDir():
		s.unreadable(scanner.UnreadableFile, name, errFolder)
	default:
		s.entry(path, name, info.Mode().Type())
	}
}
