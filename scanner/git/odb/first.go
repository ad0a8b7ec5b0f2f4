package odb

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// First has the packs of an objects folder asked before all others, also before the one that had the last object: of a
// push in quarantine, nearly all that is asked for is there, and it is not to be looked for anywhere else. It comes
// before anything is read.
func (l *Lazy) First(dir string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.firstDirs = append(l.firstDirs, dir)
	for _, path := range l.unknown(dir) {
		p, err := l.open(path)
		if err != nil {
			l.bare = append(l.bare, path)
			continue
		}
		l.packs, l.first = append(l.packs, p), append(l.first, p)
	}
}

// Elsewhere tells whether an object is in a folder that is none of First's. It is true, too, where that cannot be told.
// All packs are listed when it is first called: what a repack moves into others after that, it may not see.
func (l *Lazy) Elsewhere(id oid.ID) (is bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.isAll {
		l.isAll = !l.openIndexed()
	}
	if len(l.firstDirs) == 0 || len(l.bare)+len(l.problems) > 0 {
		return true
	}
	err := mapped.Guard(func() error {
		is = slices.ContainsFunc(l.packs, func(p *pack.Pack) bool {
			_, ok := p.Index.Find(id[:l.Format.Size()])
			return ok && !slices.Contains(l.first, p)
		})
		return nil
	})
	return is || err != nil || l.isLooseElsewhere(id)
}

func (l *Lazy) isLooseElsewhere(id oid.ID) bool {
	name := id.Hex(l.Format)
	return slices.ContainsFunc(l.dirs, func(dir string) bool {
		if slices.Contains(l.firstDirs, dir) {
			return false
		}
		_, err := os.Lstat(looseFile(dir, name))
		return !errors.Is(err, fs.ErrNotExist)
	})
}
