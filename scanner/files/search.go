package files

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/archive"
	"skleak/scanner/files/disk"
)

// searcher searches one file after another. Each worker has one of its own.
type searcher struct {
	*run
	window  window
	span    span    // what the window reads from
	whole   offsets // the file at hand, for who looks into it
	found   []found // in the text at hand
	few     room    // for these
	purgeAt int
	dense   bool // it was not looked into whole: see scanner.ErrDense
	packed  bool // it holds contents that are packed: see archive.HasRuns
	note    func(at int64, m rules.Match)
	hits    []hit
	some    room // for those of the file at hand
	worked  int  // bytes, since it last gave way

	// share offers a part in the search of a large file to other workers; nil: there are none.
	share func(*large)
}

func newSearcher(r *run) *searcher {
	size := r.options.window
	if size == 0 {
		size = defaultWindow
	}
	s := &searcher{run: r, window: newWindow(r.rules, size), few: room{limit: fileLimit}, some: room{limit: fileLimit}}
	s.note = func(at int64, m rules.Match) {
		if !s.results.keys.admit(m.Key) || !s.few.admit(m.Key, foundCost+m.End-m.Start) {
			return
		}
		s.purge()
		text := bytes.Clone(s.window.buf[m.Start:m.End])
		s.found = append(s.found, found{at, m, scanner.SurroundingsOf(s.rules, s.window.buf[:s.window.n], m), text, noPlace})
	}
	return s
}

// entry searches the content of what stands in a folder, other than a folder.
func (s *searcher) entry(in disk.Folder, b *branch, e disk.Entry) {
	defer s.handIn()
	switch {
	case e.Kind.IsRegular():
		f, state, err := in.File(e.Name)
		for try := 0; err != nil && s.wait(err, try); try++ {
			f, state, err = in.File(e.Name)
		}
		s.content(f, state, err, b, e.Name)
	case e.Kind == fs.ModeSymlink:
		target, err := in.Link(e.Name)
		s.link(target, err, b, e.Name)
	default:
		s.coverage.Skip(scanner.SkippedSpecial, 1)
	}
}

// handIn hands in what was found.
func (s *searcher) handIn() {
	if len(s.hits) == 0 {
		return
	}
	s.results.add(s.hits)
	s.results.over.Add(s.some.over)
	clear(s.hits)
	s.hits = s.hits[:0]
	s.some.empty()
}

// nameHits searches the name of something in a folder, of a path the last part: the folders in front of it
// are entries themselves.
func (r *run) nameHits(b *branch, name string) (hits []hit) {
	text := []byte(name[strings.LastIndexByte(name, '/')+1:])
	if r.rules.Next(text, 0) < 0 {
		return nil
	}
	path := r.options.Prefix + b.show(name)
	complete := r.rules.Scan(text, func(m rules.Match) {
		at := int64(m.Start - len(text)) // sorted before the content
		hits = r.appendHit(hits, path, at, m, scanner.SurroundingsOf(r.rules, text, m), scanner.Place{})
	})
	if !complete {
		r.unreadable(scanner.UnreadableTooLarge, b.show(name), scanner.ErrDense)
	}
	return hits
}

// link searches what a symbolic link says, which is its content to git.
func (s *searcher) link(target string, err error, b *branch, name string) {
	if err != nil {
		s.unreadable(scanner.UnreadableFile, b.show(name), err)
		return
	}
	text := []byte(target)
	complete := s.rules.Scan(text, func(m rules.Match) {
		path, place := s.options.Prefix+b.show(name), scanner.PlaceOf(text, m.Start, m.End)
		s.hits = s.appendHit(s.hits, path, int64(m.Start), m, scanner.SurroundingsOf(s.rules, text, m), place)
	})
	if !complete {
		s.unreadable(scanner.UnreadableTooLarge, b.show(name), scanner.ErrDense)
	}
}

// appendHit makes a finding of a match, unless there are too many of its key in the file at hand.
func (s *searcher) appendHit(hits []hit, path string, at int64, m rules.Match, around scanner.Surroundings,
	place scanner.Place) []hit {
	if !s.some.admit(m.Key, hitCost+2*len(path)) {
		return hits
	}
	return s.run.appendHit(hits, path, at, m, around, place)
}

// appendHit makes a finding of a match.
func (r *run) appendHit(hits []hit, path string, at int64, m rules.Match, around scanner.Surroundings,
	place scanner.Place) []hit {
	if !r.results.keys.admit(m.Key) {
		return hits
	}
	r.progress.Found.Add(1)
	f := scanner.Finding{
		Key: m.Key, Form: m.Form, Placeholder: m.Placeholder, LongPrefix: m.LongPrefix,
		Source: r.source, Path: r.rules.Redact(path), Place: place,
	}
	around.Complete(&f, f.Path)
	return append(hits, hit{path, at, f})
}

// errChanged says that a file did not hold still for as long as reading it takes.
var errChanged = errors.New("changed during each of three tries to read this file")

// errFolder says that a folder was named where only files can be.
var errFolder = errors.New("a folder: name the files in it")

// attempts is how often a file is read that changes meanwhile.
const attempts = 3

// content searches a file that was just opened, and closes it.
func (s *searcher) content(f disk.File, before disk.State, err error, b *branch, name string) {
	if errors.Is(err, disk.ErrSpecial) {
		s.coverage.Skip(scanner.SkippedSpecial, 1)
		return
	}
	if s.isGone(err, b, name) {
		return
	}
	if err != nil {
		s.unreadable(scanner.UnreadableFile, b.show(name), err)
		return
	}
	defer f.Close()
	if s.gitDir && s.stray(f, before.Size, b, name) {
		return
	}
	err = errChanged
	for try := 0; try < attempts && err == errChanged; try++ {
		before, err = s.read(f, before)
	}
	if s.ctx.Err() != nil {
		return
	}
	if !s.gitDir { // what is counted is the working tree
		s.coverage.Bytes.Add(s.span.at)
	}
	switch {
	case err == errEndless:
		s.unreadable(scanner.UnreadableTooLarge, b.show(name), err)
	case err != nil:
		s.unreadable(scanner.UnreadableFile, b.show(name), err)
	case s.dense:
		s.unreadable(scanner.UnreadableTooLarge, b.show(name), scanner.ErrDense)
	}
	if err == nil && !s.gitDir {
		s.coverage.Files.Add(1)
	}
	if s.window.isLFSPointer() {
		s.coverage.Skip(scanner.SkippedLFS, 1)
	}
	first := len(s.hits)
	if len(s.found) > 0 {
		s.keep(s.options.Prefix + b.show(name))
	}
	s.inside(f, before.Size, b, name, first)
}

// keep makes hits of what was found in the text at hand.
func (s *searcher) keep(path string) {
	for _, one := range s.found {
		s.hits = s.appendHit(s.hits, path, one.at, one.match, one.around, one.place)
	}
	s.results.over.Add(s.few.over)
	s.few.empty()
}

// read searches an open file from its beginning. It returns the state in which it left the file, and
// errChanged if that is not the state before. What one read took in whole needs no second look.
func (s *searcher) read(f disk.File, before disk.State) (after disk.State, err error) {
	s.forgetFound() // of an attempt that failed
	reads := 0
	if before.Size > int64(len(s.window.buf)) {
		err = s.inParts(f, before.Size)
	} else {
		s.window.reset()
		s.span = span{f, 0, before.Size}
		reads, err = s.text(&s.span)
	}
	if len(s.found) > 0 {
		if failed := s.locate(f); err == nil {
			err = failed
		}
	}
	if err != nil || reads == 1 && s.span.at == before.Size {
		return before, err
	}
	if after, err = f.State(); err != nil || after == before {
		return after, err
	}
	return after, errChanged
}

// purge makes room where a text has so many keys that some had to go again.
func (s *searcher) purge() {
	if len(s.found) < max(s.purgeAt, manyFound) {
		return
	}
	share := s.results.keys.shareNow()
	s.found = slices.DeleteFunc(s.found, func(one found) bool { return !share.Has(one.match.Key) })
	s.purgeAt = 2 * len(s.found)
}

// manyFound is from how many on it is worth looking.
const manyFound = 1 << 17

// forgetFound begins with a new text.
func (s *searcher) forgetFound() {
	clear(s.found)
	s.found, s.dense, s.packed, s.purgeAt = s.found[:0], false, false, 0
	s.few.empty()
}

// text searches what the window has been told to begin. What could be read before an error is searched.
func (s *searcher) text(from io.Reader) (reads int, err error) {
	for err == nil && !s.window.done() {
		if err := s.ctx.Err(); err != nil {
			return reads, err
		}
		var n int
		n, err = s.window.fill(from)
		reads += n
		core := s.window.core
		s.dense = !s.window.search(s.note) || s.dense
		s.progress.Bytes.Add(s.window.core - core)
		s.packed = s.packed || archive.HasRuns(s.window.buf[:s.window.n])
		s.giveWay(s.window.n)
	}
	return reads, err
}

// giveWay lets Go's scheduler go round after some milliseconds' work: where a goroutine has run for ten, the runtime takes
// its processor away in the midst of the next call that it meets, and then looks every 20 µs for some more to take. Over
// ten checkouts of git, a thread woke 900 times for that, and wakes 150 times now; the least of 25 runs is 499 ms of
// processor time in place of 512.
func (s *searcher) giveWay(bytes int) {
	const (
		call = 20 << 10 // opening and reading a file takes about as long as searching so many bytes
		most = 20 << 20
	)
	if s.worked += call + bytes; s.worked >= most {
		s.worked = 0
		runtime.Gosched()
	}
}

// locate works out the places of what was found. A text that did not stay in the window is read once
// more: that is rare, and no large file without a key has its lines counted.
func (s *searcher) locate(f disk.File) error {
	l := locator{found: s.found}
	if s.window.base == 0 {
		l.advance(s.window.buf[:s.window.n])
		return nil
	}
	hole := int64(0) // what is stored from l.at on ends there
	for !l.done() {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		if size := s.span.size; size > 0 && l.at >= hole {
			var from int64
			from, hole = f.Data(l.at, size)
			l.skip(from)
		}
		n, err := f.ReadAt(s.window.buf, l.at)
		if err != nil {
			return err
		}
		if n == 0 {
			return errChanged
		}
		l.advance(s.window.buf[:n])
	}
	return nil
}
