package odb

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"skleak/scanner/cause"
	"skleak/scanner/git/mapped"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Lazy reads single objects of a database without listing what is in it: a loose object is opened by its name,
// and packs one by one, the latest first, until one has what is asked for. Who needs ten objects of a million gets them
// before Open has made its lists. It may be used by many goroutines, each with a reader of its own.
type Lazy struct {
	Format oid.Format
	Memory int64 // bounds the bytes of each object that is read whole; 0: pack.DefaultMemory. To be set before NewReader
	// KeepIdx says that the idx that are made are written beside their packs. To be set before NewReader.
	KeepIdx bool

	dirs   []string
	bundle string // in the place of these; "" for none

	mu       sync.Mutex
	known    map[string]bool // paths of the packs that were listed, opened or not
	waiting  []string        // of those, the ones not opened yet, the latest first
	bare     []string        // those that have no idx of use: their turn comes when all others have been asked
	packs    []*pack.Pack
	problems []Problem

	first     []*pack.Pack // see First
	firstDirs []string
	isAll     bool // Elsewhere has opened all packs
}

// OpenLazily makes a Lazy of the objects folders dirs. It opens nothing yet.
func OpenLazily(dirs []string, f oid.Format) *Lazy {
	return &Lazy{Format: f, dirs: dirs, known: map[string]bool{}}
}

// OpenBundle makes a Lazy of the pack of a bundle, which has no idx: the first question waits until one is made.
func OpenBundle(path string, f oid.Format) *Lazy {
	return &Lazy{Format: f, known: map[string]bool{}, bundle: path, waiting: []string{path}}
}

// Close unmaps the packs that were opened.
func (l *Lazy) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, p := range l.packs {
		errs = append(errs, p.Close())
	}
	l.packs, l.first = nil, nil
	return errors.Join(errs...)
}

// packWith returns the pack that has an object, and where.
func (l *Lazy) packWith(id []byte) (p *pack.Pack, position int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := 0; i < len(l.packs) || l.openNext(); i++ {
		if position, ok := l.packs[i].Index.Find(id); ok {
			return l.packs[i], position, true
		}
	}
	return nil, 0, false
}

// openNext opens one more pack; false if there is none. When all are open, it looks whether others have appeared: a
// repack in the background puts new ones there before it takes the old ones away.
func (l *Lazy) openNext() bool { return l.openIndexed() || l.openBare() }

// openIndexed is openNext for packs with an idx alone.
func (l *Lazy) openIndexed() bool {
	for len(l.waiting) > 0 || l.list() {
		path := l.waiting[0]
		l.waiting = l.waiting[1:]
		p, err := l.open(path)
		if err != nil {
			l.bare = append(l.bare, path)
			continue
		}
		l.packs = append(l.packs, p)
		return true
	}
	return false
}

// openBare opens one more pack that has no idx of use, and makes one for it: that takes a while, and spares calling an
// object missing that is there. A base in another pack is looked for in those that are open.
func (l *Lazy) openBare() bool {
	for len(l.bare) > 0 {
		path := l.bare[0]
		l.bare = l.bare[1:]
		m := pack.Mending{Memory: l.Memory, Workers: runtime.GOMAXPROCS(0), Resolve: l.readOpen}
		p, losses, err := pack.OpenWithoutIndex(context.Background(), path, l.Format, m)
		for _, lost := range lossesOf(p, "pack/"+filepath.Base(path), losses, err) {
			if !errors.Is(err, fs.ErrNotExist) { // else a repack has taken it away
				l.problems = append(l.problems, lost)
			}
		}
		if err == nil && len(losses) == 0 && l.KeepIdx {
			if err := p.WriteIndex(); err != nil {
				l.problems = append(l.problems, Problem{Place: "pack/" + filepath.Base(path), Detail: err.Error()})
			}
		}
		if err == nil {
			l.packs = append(l.packs, p)
			return true
		}
	}
	return false
}

// readOpen reads an object from the packs that are open. The caller holds mu.
func (l *Lazy) readOpen(id oid.ID) (pack.Kind, []byte, error) {
	for _, p := range l.packs {
		if position, ok := p.Index.Find(id[:l.Format.Size()]); ok {
			r := pack.Reader{Memory: l.Memory}
			return r.Read(p, position)
		}
	}
	return 0, nil, &MissingError{id, l.Format}
}

func (l *Lazy) open(path string) (*pack.Pack, error) {
	if path != l.bundle {
		return openPack(path, l.Format)
	}
	p, _, err := pack.OpenWithoutIndex(context.Background(), path, l.Format,
		pack.Mending{Memory: l.Memory}) // DB tells of losses
	return p, err
}

// list looks for packs that are not known yet; false if there are none.
func (l *Lazy) list() bool {
	all := l.unknown(l.dirs...)
	l.waiting = append(l.waiting, all...)
	return len(all) > 0
}

// unknown returns the paths of the packs of objects folders that were not known yet, the latest first.
func (l *Lazy) unknown(dirs ...string) (paths []string) {
	type found struct {
		path string
		time time.Time
	}
	var all []found
	for _, dir := range dirs {
		dir = filepath.Join(dir, "pack")
		files, err := listFolder(dir)
		if err != nil && !l.known[dir] {
			l.known[dir] = true
			l.problems = append(l.problems, Problem{Place: "pack", Detail: cause.Of(err).Error()})
		}
		names := packFiles(files)
		for _, file := range files {
			path := filepath.Join(dir, file.Name())
			name, isPack := strings.CutSuffix(path, packExt)
			if !isPack || !names[file.Name()] || l.known[name] {
				continue
			}
			l.known[name] = true
			one := found{path: path}
			if info, err := file.Info(); err == nil {
				one.time = info.ModTime()
			}
			all = append(all, one)
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return b.time.Compare(a.time) })
	for _, one := range all {
		paths = append(paths, one.path)
	}
	return paths
}

// missing is the error for an object that was found nowhere. What could not be opened may be where it is.
func (l *Lazy) missing(id oid.ID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	missing := &MissingError{id, l.Format}
	if len(l.problems) == 0 {
		return missing
	}
	p := l.problems[0]
	return fmt.Errorf("%w; it may be in %s, which cannot be read: %s", missing, p.Place, p.Detail)
}

// LazyReader reads objects of a Lazy. One goroutine at a time.
type LazyReader struct {
	lazy  *Lazy
	packs pack.Reader
	loose LooseReader
	last  *pack.Pack // where the last packed object was: the next one is most likely there too
}

// NewReader makes a reader with a cache of its own.
func (l *Lazy) NewReader() *LazyReader {
	r := &LazyReader{lazy: l, packs: pack.Reader{Memory: l.Memory}, loose: LooseReader{Memory: l.Memory}}
	r.packs.Resolve = nearby(l.Format, r.Read)
	return r
}

// Has tells whether an object is there, without reading it.
func (r *LazyReader) Has(id oid.ID) (has bool) {
	f, err := r.openLoose(id)
	if err == nil {
		f.Close()
		return true
	}
	return r.isPacked(id)
}

// Seems tells whether git takes an object for there: for a loose one, the name of its file is enough. To open the file
// takes four times as long.
func (r *LazyReader) Seems(id oid.ID) bool {
	if r.last != nil && r.isIn(r.last, id, func(*pack.Pack, int) error { return nil }) {
		return true
	}
	name := id.Hex(r.lazy.Format)
	for _, dir := range r.lazy.dirs {
		if info, err := os.Lstat(looseFile(dir, name)); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return r.isPacked(id)
}

func (r *LazyReader) isPacked(id oid.ID) (is bool) {
	_ = mapped.Guard(func() error { // a pack that goes away has nothing any more
		_, _, is = r.find(id)
		return nil
	})
	return is
}

// Read returns an object. The content may be shared: do not write to it.
func (r *LazyReader) Read(id oid.ID) (kind pack.Kind, data []byte, err error) {
	err = r.with(id, func(f regular) error {
		kind, data, err = held(r.lazy.Memory,
			func(whole wholeFunc, large largeFunc) error { return r.loose.visit(f, whole, large) })
		return err
	}, func(p *pack.Pack, position int) error {
		kind, data, err = r.packs.Read(p, position)
		return err
	})
	return kind, data, err
}

// Borrow is Read for who gives the content back; see pack.Reader.
func (r *LazyReader) Borrow(id oid.ID) (loan pack.Loan, err error) {
	err = r.with(id, func(f regular) error {
		loan.Kind, loan.Content, err = held(r.lazy.Memory,
			func(whole wholeFunc, large largeFunc) error { return r.loose.visit(f, whole, large) })
		return err
	}, func(p *pack.Pack, position int) error {
		loan, err = r.packs.Borrow(p, position)
		return err
	})
	return loan, err
}

// Visit passes an object to whole, or to large where it is too large to be held. The content is valid during the call
// only.
func (r *LazyReader) Visit(id oid.ID, whole func(pack.Kind, []byte),
	large func(pack.Kind, uint64, io.Reader) error) error {
	return r.with(id,
		func(f regular) error { return r.loose.visit(f, whole, large) },
		func(p *pack.Pack, position int) error { return r.packs.Visit(p, position, whole, large) })
}

// with finds an object and passes on where it is. Most are where the last packed one was; others are loose, as what
// is new is, and to try that costs less than a look into the idx of one pack after the other.
func (r *LazyReader) with(id oid.ID, loose func(regular) error, packed func(*pack.Pack, int) error) error {
	for _, p := range r.lazy.first {
		if r.isIn(p, id, packed) {
			return nil
		}
	}
	if r.last != nil && r.isIn(r.last, id, packed) {
		return nil
	}
	f, err := r.openLoose(id)
	switch {
	case err == nil:
		defer f.Close()
		return loose(f)
	case !errors.Is(err, fs.ErrNotExist):
		return cause.Of(err)
	}
	return mapped.Guard(func() error {
		if p, position, ok := r.find(id); ok {
			return packed(p, position)
		}
		return r.lazy.missing(id)
	})
}

// isIn passes on where an object is, if it is in a pack and can be read there.
func (r *LazyReader) isIn(p *pack.Pack, id oid.ID, packed func(*pack.Pack, int) error) bool {
	known := false
	err := mapped.Guard(func() (err error) {
		var position int
		if position, known = p.Index.Find(id[:r.lazy.Format.Size()]); known {
			err = packed(p, position)
		}
		return err
	})
	return known && err == nil
}

// openLoose opens the file of a loose object. What is new is loose, and to try costs less than a look into an idx
// that is not in the page cache.
func (r *LazyReader) openLoose(id oid.ID) (f regular, err error) {
	name := id.Hex(r.lazy.Format)
	for _, dir := range r.lazy.dirs {
		if f, err = openUnlisted(looseFile(dir, name)); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, fs.ErrNotExist
}

// find finds a packed object.
func (r *LazyReader) find(id oid.ID) (p *pack.Pack, position int, ok bool) {
	raw := id[:r.lazy.Format.Size()]
	if r.last != nil {
		if position, ok := r.last.Index.Find(raw); ok {
			return r.last, position, true
		}
	}
	if p, position, ok = r.lazy.packWith(raw); ok {
		r.last = p
	}
	return p, position, ok
}

// WithPrefix returns the distinct ids whose hex form begins with prefix, of two digits at least; a few of them.
func (l *Lazy) WithPrefix(prefix string) (found []oid.ID) {
	const enough = 8
	add := func(id oid.ID) {
		if len(found) < enough && strings.HasPrefix(id.Hex(l.Format), prefix) && !slices.Contains(found, id) {
			found = append(found, id)
		}
	}
	for _, dir := range l.dirs {
		files, _ := listFolder(filepath.Join(dir, prefix[:2]))
		for _, file := range files {
			name := prefix[:2] + file.Name()
			if id, err := oid.Parse(name); err == nil && id.Hex(l.Format) == name {
				add(id)
			}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.openNext() {
	}
	for _, p := range l.packs {
		at := sort.Search(p.Index.Len(), func(i int) bool { return hex.EncodeToString(p.Index.ID(i)) >= prefix })
		for ; at < p.Index.Len() && len(found) < enough && strings.HasPrefix(hex.EncodeToString(p.Index.ID(at)),
			prefix); at++ {
			add(oid.FromBytes(p.Index.ID(at)))
		}
	}
	return found
}
