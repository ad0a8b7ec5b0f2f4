package files

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"

	"skleak/rules"
	"skleak/scanner"
)

// searcher searches one file after another. Each worker has one of its own.
type searcher struct {
	*run
	window window
	found  []found // in the text at hand
	note   func(at int64, m rules.Match)
	hits   []hit
}

func newSearcher(r *run) *searcher {
	size := r.options.window
	if size == 0 {
		size = defaultWindow
	}
	s := &searcher{run: r, window: newWindow(r.rules, size)}
	s.note = func(at int64, m rules.Match) {
		text := bytes.Clone(s.window.buf[m.Start:m.End])
		s.found = append(s.found, found{at, m, scanner.SurroundingsOf(s.rules, s.window.buf[:s.window.n], m), text, noPlace})
	}
	return s
}

// entry searches the name and the content of what stands in a folder, other than a folder.
func (s *searcher) entry(path, rel string, kind fs.FileMode) {
	s.name(rel)
	if kind == fs.ModeSymlink {
		s.link(path, rel)
		return
	}
	s.content(path, rel, kind)
}

// name searches the last part of a path; the folders in front of it are entries themselves.
func (s *searcher) name(rel string) {
	s.hits = append(s.hits, s.run.nameHits(rel)...)
}

// nameHits searches the last part of a path.
func (r *run) nameHits(rel string) (hits []hit) {
	text := []byte(rel[strings.LastIndexByte(rel, '/')+1:])
	if r.rules.Next(text, 0) < 0 {
		return nil
	}
	r.rules.Scan(text, func(m rules.Match) {
		at := int64(m.Start - len(text)) // sorted before the content
		around := scanner.SurroundingsOf(r.rules, text, m)
		hits = append(hits, r.hit(scanner.SourceFile, r.options.Prefix+rel, at, m, around, scanner.Place{}))
	})
	return hits
}

// link searches what a symbolic link says, which is its content to git.
func (s *searcher) link(path, rel string) {
	target, err := os.Readlink(path)
	if err != nil {
		s.unreadable(scanner.UnreadableFile, rel, err)
		return
	}
	text := []byte(target)
	s.rules.Scan(text, func(m rules.Match) {
		place := scanner.PlaceOf(text, m.Start, m.End)
		s.hits = append(s.hits, s.hit(scanner.SourceFile, s.options.Prefix+rel, int64(m.Start), m, scanner.SurroundingsOf(s.rules, text, m), place))
	})
}

// hit makes a finding of a match.
func (r *run) hit(source scanner.Source, path string, at int64, m rules.Match, around scanner.Surroundings, place scanner.Place) hit {
	r.progress.Found.Add(1)
	f := scanner.Finding{
		Key: m.Key, Form: m.Form, Placeholder: m.Placeholder, LongPrefix: m.LongPrefix,
		Source: source, Path: r.rules.Redact(path), Place: place,
	}
	around.Complete(&f, f.Path)
	return hit{path, at, f}
}

// errChanged says that a file did not hold still for as long as reading it takes.
var errChanged = errors.New("it changed each time while it was being read")

// errFolder says that a folder was named where only files can be.
var errFolder = errors.New("it is a folder: name the files in it")

// attempts is how often a file is read that changes meanwhile.
const attempts = 3

// content searches a file of the given type.
func (s *searcher) content(path, rel string, kind fs.FileMode) {
	if !kind.IsRegular() {
		s.coverage.Skip(scanner.SkippedSpecial, 1)
		return
	}
	f, before, err := openFile(path)
	if errors.Is(err, errSpecial) {
		s.coverage.Skip(scanner.SkippedSpecial, 1)
		return
	}
	if err != nil {
		s.unreadable(scanner.UnreadableFile, rel, err)
		return
	}
	defer f.close()
	err = errChanged
	for try := 0; try < attempts && err == errChanged; try++ {
		before, err = s.read(f, before)
	}
	if s.ctx.Err() != nil {
		return
	}
	s.coverage.Bytes.Add(s.window.length())
	if err != nil {
		s.unreadable(scanner.UnreadableFile, rel, err)
	} else {
		s.coverage.Files.Add(1)
	}
	if s.window.isLFSPointer() {
		s.coverage.Skip(scanner.SkippedLFS, 1)
	}
	s.keep(scanner.SourceFile, s.options.Prefix+rel)
}

// keep makes hits of what was found in the text at hand.
func (s *searcher) keep(source scanner.Source, path string) {
	for _, one := range s.found {
		s.hits = append(s.hits, s.hit(source, path, one.at, one.match, one.around, one.place))
	}
}

// read searches an open file from its beginning. It returns the state in which it left the file, and
// errChanged if that is not the state before. What one read took in whole needs no second look.
func (s *searcher) read(f *file, before state) (after state, err error) {
	reads, err := s.text(f, before.size)
	if len(s.found) > 0 {
		if failed := s.locate(f); err == nil {
			err = failed
		}
	}
	if err != nil || reads == 1 && s.window.length() == before.size {
		return before, err
	}
	if after, err = f.state(); err != nil || after == before {
		return after, err
	}
	if err := f.rewind(); err != nil {
		return after, err
	}
	return after, errChanged
}

// text searches all of a text. size is its length, 0 if that is unknown. What could be read before
// an error is searched.
func (s *searcher) text(from source, size int64) (reads int, err error) {
	s.window.reset()
	s.found = s.found[:0]
	for err == nil && !s.window.eof {
		if err := s.ctx.Err(); err != nil {
			return reads, err
		}
		var n int
		n, err = s.window.fill(from, size)
		reads += n
		s.window.search(s.note)
	}
	return reads, err
}

// locate works out the places of what was found. A text that did not stay in the window is read once
// more: that is rare, and no large file without a key has its lines counted.
func (s *searcher) locate(f *file) error {
	l := locator{found: s.found}
	if s.window.base == 0 {
		l.advance(s.window.buf[:s.window.n])
		return nil
	}
	if err := f.rewind(); err != nil {
		return err
	}
	for !l.done() {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		n, err := f.read(s.window.buf)
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
