package files

import (
	"context"
	"fmt"
	"slices"

	"github.com/sourcegraph/conc/pool"

	"skleak/scanner"
	"skleak/scanner/cause"
	"skleak/scanner/files/disk"
)

// batchSize is how many names go to a worker at once.
const batchSize = 32

// List scans the files with the given names, relative to the folder root and with forward slashes, as Dir does those
// that it finds there: a link is searched and not followed. What git ignores does not matter, since each was asked
// for by name. One that is not there, or is a folder, is named in the Coverage.
func List(ctx context.Context, root string, names []string, o Options, h scanner.Handler) error {
	r := newRun(ctx, o)
	in, err := r.options.open(root)
	if err != nil {
		return fmt.Errorf("reading %s: %w", root, cause.Of(err))
	}
	defer in.Close()
	r.progress.Total.Store(int64(len(names)))
	batches := make(chan []string)
	workers := pool.New()
	for range min(r.options.Jobs, len(names)) {
		workers.Go(func() {
			s := newSearcher(r)
			for batch := range batches {
				for _, name := range batch {
					s.named(in, name)
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
func (s *searcher) named(in disk.Folder, name string) {
	if s.ctx.Err() != nil || s.configured(name, false) {
		return
	}
	kind, err := in.Kind(name)
	switch {
	case err != nil:
		s.unreadable(scanner.UnreadableFile, name, err)
	case kind.IsDir():
		s.unreadable(scanner.UnreadableFile, name, errFolder)
	default:
		s.hits = append(s.hits, s.nameHits(&branch{}, name)...)
		s.entry(in, &branch{}, disk.Entry{Name: name, Kind: kind})
	}
}
