package files

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/files/disk"
	"skleak/scanner/git/inflate"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
)

// Inner is what lies in a git directory and is no text. Paths are relative to it, sorted, with forward slashes.
type Inner struct {
	Repositories []string // of submodules, and whatever else can be opened as a repository
	Packs        []string // in places where git does not look for them, such as those of a fetch that was broken off
}

// GitDir scans a git directory, but for what its object database holds: configuration, hooks, messages, logs, names
// of refs, files of LFS, and all else, known or not. A loose object where git does not look for one is searched as
// the text that is packed in it. What it finds has the source gitdir. Dir says the rest.
func GitDir(ctx context.Context, root string, f oid.Format, o Options, h scanner.Handler) (Inner, error) {
	if o.Reach.Root == "" {
		o.Reach.Root = root
	}
	r := newRun(ctx, o)
	r.source, r.gitDir, r.format = scanner.SourceGitDir, true, f
	nested, err := r.folder(root)
	slices.Sort(r.packs.paths)
	return Inner{nested, r.packs.paths}, r.finish(err, h)
}

// packList collects the paths of packs.
type packList struct {
	mu    sync.Mutex
	paths []string
}

func (l *packList) add(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paths = append(l.paths, path)
}

// holdsObjects is true for the folder named objects in a git directory, and for all that lies in it.
func (w *worker) holdsObjects(in *branch, name string) bool {
	return in.objects || w.gitDir && in.parent == nil && name == "objects"
}

// isObject is true for what the object database holds at the places where git looks for it.
func (w *worker) isObject(b *branch, name string) bool {
	return b.isInObjects() && odb.Holds(b.name, name, w.format)
}

// isInObjects is true for a folder that lies in the folder for objects.
func (b *branch) isInObjects() bool {
	return b.objects && b.parent.parent != nil && b.parent.parent.parent == nil
}

// tableMagic is what a table begins with that git makes of its objects and keeps under this name; "" if it keeps none
// there. There is no text in those tables. A name alone says nothing: without these bytes, the file is read like any
// other.
func (b *branch) tableMagic(name string) string {
	if !b.isInObjects() {
		return ""
	}
	ext := filepath.Ext(name)
	switch {
	case b.name == "info" && name == "commit-graph":
		return "CGPH"
	case b.name != "pack":
		return ""
	case ext == ".rev":
		return "RIDX"
	case ext == ".bitmap":
		return "BITM"
	case ext == ".mtimes":
		return "MTME"
	case ext == ".midx" || name == "multi-pack-index":
		return "MIDX"
	}
	return ""
}

// isGone is true for a table that git has removed since its folder was listed, as a repack does.
func (s *searcher) isGone(err error, b *branch, name string) bool {
	return s.gitDir && errors.Is(err, fs.ErrNotExist) && b.tableMagic(name) != ""
}

// stray deals with a pack or a loose object that git would not find where it is, and with the tables that git makes of
// those. It is false for any other file.
func (s *searcher) stray(f disk.File, size int64, b *branch, name string) bool {
	var head [8]byte
	n, _ := f.ReadAt(head[:], 0)
	switch string(head[:n]) {
	case "PACK\x00\x00\x00\x02", "PACK\x00\x00\x00\x03":
		s.packs.add(b.show(name))
		return true
	}
	if magic := b.tableMagic(name); magic != "" && bytes.HasPrefix(head[:n], []byte(magic)) {
		return true
	}
	if bytes.HasPrefix(head[:n], []byte("REFT")) {
		s.tableLogs(f, size, b, name)
	}
	named := b.objects || odb.Holds(b.name, name, s.format) // one in a copy of the folder for objects has its name
	return named && n == len(head) && s.looseObject(f, size, b, name)
}

// longestTable is how long a reftable may be to have its logs read.
const longestTable = 64 << 20

// tableLogs searches the reflogs in a reftable: blocks that begin with a g and their length inflated, in three bytes.
// They are looked for at each byte, which is simpler than to follow the table's own list of them, and takes a wrong
// one as well. The names of refs in the other blocks are the business of the history scan.
func (s *searcher) tableLogs(f disk.File, size int64, b *branch, name string) {
	if size > longestTable {
		s.unreadable(scanner.UnreadableTooLarge, b.show(name), errLongTable)
		return
	}
	table := make([]byte, max(size, 0))
	n, err := io.ReadFull(&span{f, 0, size}, table)
	if err != nil {
		return // the search of it as text says so
	}
	path := s.options.Prefix + b.show(name)
	var decoder inflate.Decoder
	for left := table[:n]; ; {
		at := bytes.IndexByte(left, 'g')
		if at < 0 || len(left)-at < 6 {
			return
		}
		length := int(left[at+1])<<16 | int(left[at+2])<<8 | int(left[at+3])
		packed := left[at+4:]
		if left = left[at+1:]; packed[0]&15 != 8 || (int(packed[0])<<8|int(packed[1]))%31 != 0 ||
			length > inflation*len(packed) {
			continue
		}
		text := make([]byte, length)
		n, _, err := decoder.Within(text, packed)
		if err != nil {
			continue
		}
		complete := s.rules.Scan(text[:n], func(m rules.Match) {
			s.hits = s.appendHit(s.hits, path, int64(len(table)-len(left)), m, scanner.SurroundingsOf(s.rules, text[:n], m),
				noPlace)
		})
		if !complete {
			s.unreadable(scanner.UnreadableTooLarge, b.show(name), scanner.ErrDense)
		}
	}
}

// inflation is how many times its size a stray object may inflate, besides inflationLeast bytes.
const inflation, inflationLeast = 64, 64 << 20

// looseObject searches what is packed in a file, if that is a loose object, or the beginning of one.
func (s *searcher) looseObject(f disk.File, size int64, b *branch, name string) bool {
	stream, err := inflate.NewReader(bufio.NewReader(&span{f, 0, size}))
	if err != nil {
		return false
	}
	defer stream.Close()
	limit := inflationLeast + inflation*size
	content := bufio.NewReader(io.LimitReader(stream, limit))
	head, _ := content.Peek(longestHead)
	end := bytes.IndexByte(head, 0)
	if end < 0 || !bytes.ContainsRune(head[:end], ' ') {
		return false
	}
	_, _ = content.Discard(end + 1)
	s.dense = false
	err = s.stream(content)
	switch {
	case s.ctx.Err() != nil:
	case err != nil:
		s.coverage.Skip(scanner.SkippedUnfinished, 1)
	case s.window.length()+int64(end)+1 == limit:
		s.unreadable(scanner.UnreadableTooLarge, b.show(name), errInflates)
	case s.dense:
		s.unreadable(scanner.UnreadableTooLarge, b.show(name), scanner.ErrDense)
	}
	s.keep(s.options.Prefix + b.show(name))
	return true
}

// longestHead is that of a loose object: its kind, a blank, up to twenty digits and a NUL.
const longestHead = 32

var errLongTable = fmt.Errorf("the logs in it were not read, since it has more than %d bytes", longestTable)

var errInflates = errors.New("the file unpacks to much more than its size: the rest was not read")
