package main

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/files"
)

// A doubter is the handler that lets no change excuse itself. A comment that allows a key counts if the base
// has it; one that came with the change is taken off the finding and remembered.
type doubter struct {
	to    scanner.Handler
	ctx   context.Context
	repo  *repoCheckout
	rules *rules.Set
	base  string // "": nothing is known of the base, so no comment counts

	changes bool // only commits that the base does not lead to are looked at

	own    map[rules.Key]string          // keys that the change itself allows, with the comment
	known  map[string]bool               // commits that the base leads to; nil until asked for
	allows map[string]map[rules.Key]bool // by path: the keys that the base allows there
}

func (d *doubter) Finding(f scanner.Finding) error {
	if f.Allowed != "" && !d.believes(f) {
		d.own[f.Key] = f.Allowed
		f.Allowed = ""
	}
	return d.to.Finding(f)
}

// believes tells whether the comment beside a key is the base's word: the finding belongs to a commit that the
// base leads to, or the file says the same there.
func (d *doubter) believes(f scanner.Finding) bool {
	if d.base == "" {
		return false
	}
	if f.Source == scanner.SourceFile {
		return d.allowedInBase(f.Path)[f.Key]
	}
	return !d.changes && f.Commit != nil && d.leadsTo(f.Commit.Hash)
}

func (d *doubter) leadsTo(commit string) bool {
	if d.known == nil {
		// What cannot be read is left out, and then less is believed.
		d.known = map[string]bool{}
		if id, err := d.repo.ParseID(d.base); err == nil {
			d.known, _ = d.repo.Ancestry(d.ctx, id)
		}
	}
	return d.known[commit]
}

// allowedInBase returns the keys of a file of the base that have a comment at every place.
func (d *doubter) allowedInBase(name string) map[rules.Key]bool {
	if keys, done := d.allows[name]; done {
		return keys
	}
	keys := map[rules.Key]bool{}
	d.allows[name] = keys
	text, err := d.repo.file(d.base, name)
	if err != nil {
		return keys // a file that the base has not, or that cannot be read, allows nothing
	}
	d.rules.Scan(text, func(m rules.Match) {
		allowed, seen := keys[m.Key]
		keys[m.Key] = d.rules.Allowed(text, m) != "" && (allowed || !seen)
	})
	return keys
}

// ownAllow is the comment by which the change allows the leak itself, "" where there is none or it does not count.
func (d *doubter) ownAllow(l scanner.Leak) string {
	if d == nil {
		return ""
	}
	return d.own[l.Key]
}

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
func (p *placer) place(ctx context.Context, root string, set *rules.Set, h scanner.Handler) error {
	names := make([]string, 0, len(p.found))
	for name := range p.found {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names[:min(len(names), maxPlaced)] {
		file := filepath.Join(root, filepath.FromSlash(name))
		// A folder on the way can be a link by now, out of the checkout or to a file of another name.
		if real, err := filepath.EvalSymlinks(file); err != nil || !isWithin(root, real) || !isRegular(file) {
			continue
		}
		keys := p.found[name]
		only := handlerFunc(func(f scanner.Finding) error {
			if f.Path != name || !slices.Contains(keys, f.Key) {
				return nil
			}
			return h.Finding(f)
		})
		_, err := files.Dir(ctx, file, files.Options{Rules: set, Jobs: 1, Prefix: folderPrefix(path.Dir(name))}, only)
		if ctx.Err() != nil {
			return err
		}
	}
	return nil
}

type handlerFunc func(scanner.Finding) error

func (h handlerFunc) Finding(f scanner.Finding) error { return h(f) }

func isRegular(file string) bool {
	info, err := os.Lstat(file)
	return err == nil && info.Mode().Type()&fs.ModeType == 0
}
