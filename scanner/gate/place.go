package gate

import (
	"context"
	"maps"
	"path"
	"path/filepath"
	"slices"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/files"
	"skleak/scanner/run"
)

// placer adds to what a range of commits brought where that lies in the checkout now: other commits may have moved
// the lines, and only what lies in a file can be shown beside it.
type placer struct {
	to    scanner.Handler
	found map[string][]rules.Key // by path at HEAD
}

func (p *placer) Finding(f scanner.Finding) error {
	if f.AtHead && f.Path != "" && f.Source == scanner.SourceHistory && !slices.Contains(p.found[f.Path], f.Key) {
		p.found[f.Path] = append(p.found[f.Path], f.Key)
	}
	return p.to.Finding(f)
}

// maxPlaced is how many files are read again. Ten of them can be shown beside their lines.
const maxPlaced = 1000

// place reads the files of the working tree at root and hands the places of the keys to h. What cannot be
// read there was read in the history.
func (p *placer) place(ctx context.Context, root string, set *provider.Set, h scanner.Handler) error {
	names := slices.Sorted(maps.Keys(p.found))
	for _, name := range names[:min(len(names), maxPlaced)] {
		file := filepath.Join(root, filepath.FromSlash(name))
		// A folder on the way can be a link by now, out of the checkout or to a file of another name.
		if real, err := filepath.EvalSymlinks(file); err != nil || !files.IsWithin(root, real) || !isRegular(file) {
			continue
		}
		keys := p.found[name]
		only := handlerFunc(func(f scanner.Finding) error {
			if f.Path != name || !slices.Contains(keys, f.Key) {
				return nil
			}
			return h.Finding(f)
		})
		_, err := files.Dir(ctx, file, files.Options{Rules: set, Jobs: 1, Prefix: run.FolderPrefix(path.Dir(name))}, only)
		if ctx.Err() != nil {
			return err
		}
	}
	return nil
}

type handlerFunc func(scanner.Finding) error

func (h handlerFunc) Finding(f scanner.Finding) error { return h(f) }
