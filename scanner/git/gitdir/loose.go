package gitdir

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"skleak/scanner/cause"
	"skleak/scanner/git/oid"
)

const (
	looseLimit     = 64 << 10 // a loose ref: an id, or a name that some file system must hold
	fetchHeadLimit = 64 << 20 // one line for each ref fetched last
	refPathLimit   = 4096     // longer names cannot have been made by git, and end a walk that would not
)

var (
	errBroken    = errors.New("holds neither an object id nor the name of a ref")
	errNull      = errors.New("holds the null object id")
	errBadTarget = errors.New("is a symbolic ref to something that cannot be a ref")
	errLoop      = errors.New("is a symbolic ref that leads back to itself")
	errTooDeep   = errors.New("leads through too many symbolic refs")
)

// looseReader reads the refs that lie in files of their own.
type looseReader struct {
	d     *Dir
	refs  []Ref
	noted *problems
}

// looseRefs reads those of this worktree, the shared ones, and those of all other worktrees.
func (d *Dir) looseRefs(noted *problems) []Ref {
	r := &looseReader{d: d, noted: noted}
	r.rootRefs(d.Git, "")
	r.folder(d.Common, "", "refs", d.linked())
	if d.linked() {
		r.own(d.Git, "")
		r.rootRefs(d.Common, "main-worktree/")
		r.own(d.Common, "main-worktree/")
	}
	for dir, prefix := range r.worktrees() {
		r.rootRefs(dir, prefix)
		r.own(dir, prefix)
	}
	return r.refs
}

// worktrees goes through the git directories of the other linked worktrees, each with what stands before the names of
// its refs.
func (r *looseReader) worktrees() iter.Seq2[string, string] {
	return func(yield func(dir, prefix string) bool) {
		for _, entry := range r.list(filepath.Join(r.d.Common, "worktrees"), "worktrees") {
			dir, name := filepath.Join(r.d.Common, "worktrees", entry.Name()), "worktrees/"+entry.Name()
			switch {
			case dir == r.d.Git:
			case entry.Type()&fs.ModeSymlink != 0:
				r.noted.add(name, "is a symbolic link, and is not followed")
			case entry.IsDir() && !yield(dir, name+"/"):
				return
			}
		}
	}
}

// own reads the refs that each worktree has for itself.
func (r *looseReader) own(dir, prefix string) {
	for _, name := range []string{"refs/bisect", "refs/rewritten", "refs/worktree"} {
		r.folder(dir, prefix, name, false)
	}
}

// list reads a folder; one that is not there is empty.
func (r *looseReader) list(dir, place string) []os.DirEntry {
	entries, err := r.d.bounds.readDir(dir)
	if err != nil && !missing(err) {
		r.noted.add(place, "cannot be read: %w", cause.Of(err))
	}
	return entries
}

// rootRefs reads HEAD and what lies beside it.
func (r *looseReader) rootRefs(dir, prefix string) {
	head := false
	for _, entry := range r.list(dir, dir) {
		name := entry.Name()
		if entry.IsDir() || !isRootRef(name) {
			continue
		}
		head = head || name == "HEAD"
		switch name {
		case "FETCH_HEAD", "MERGE_HEAD":
			r.lines(filepath.Join(dir, name), prefix+name)
		default:
			r.file(filepath.Join(dir, name), prefix+name, entry)
		}
	}
	if !head {
		r.noted.add(prefix+"HEAD", "is not there")
	}
}

// lines reads a file with an object id at the start of each line.
func (r *looseReader) lines(path, name string) {
	data, err := r.d.bounds.readFile(path, fetchHeadLimit)
	if err != nil {
		r.noted.add(name, "cannot be read: %w", cause.Of(err))
		return
	}
	for line := range bytes.Lines(data) {
		id, rest, ok := cutID(line, r.d.Format)
		if !ok || len(rest) > 0 && !isSpace(rest[0]) {
			r.noted.add(name, "has a line without an object id")
			continue
		}
		r.refs = append(r.refs, Ref{Name: strings.Clone(name), ID: id})
	}
}

// folder reads all refs under a folder. In a linked worktree, shared leaves out what each worktree
// has for itself.
//
// Links to folders are not followed, but for the topmost. Git does, but never makes any, and they can lead anywhere.
func (r *looseReader) folder(dir, prefix, name string, shared bool) {
	real, err := r.d.bounds.resolve(filepath.Join(dir, filepath.FromSlash(name)))
	switch {
	case missing(err):
	case err != nil:
		r.noted.add(prefix+name, "%w", cause.Of(err))
	default:
		r.below(real, prefix, name, shared)
	}
}

// below reads all refs under a folder, which lies at dir.
func (r *looseReader) below(dir, prefix, name string, shared bool) {
	if len(name) > refPathLimit {
		r.noted.add(prefix+name[:80]+"…", "folders are nested too deep")
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !missing(err) {
		r.noted.add(prefix+name, "cannot be read: %w", cause.Of(err))
	}
	for _, entry := range entries {
		// Git takes hidden files for the file system's and .lock for its own half-written ones.
		if strings.HasPrefix(entry.Name(), ".") || strings.HasSuffix(entry.Name(), ".lock") {
			continue
		}
		child := name + "/" + entry.Name()
		switch {
		case shared && perWorktree(child+"/"):
		case entry.IsDir():
			r.below(filepath.Join(dir, entry.Name()), prefix, child, shared)
		default:
			r.file(filepath.Join(dir, entry.Name()), prefix+child, entry)
		}
	}
}

// file reads one loose ref. Only where it is a link itself, and not the folder it lies in, is it worth finding out
// where it leads: there can be hundreds of thousands.
func (r *looseReader) file(path, name string, entry os.DirEntry) {
	read := readFile
	if entry.Type()&fs.ModeSymlink != 0 {
		read = r.d.bounds.readFile
	}
	ref, err := readLoose(path, name, r.d.Format, read)
	if err != nil {
		r.noted.add(name, "%w", cause.Of(err))
		return
	}
	r.refs = append(r.refs, ref)
}

// readLoose reads the file of a ref, with read. A symbolic one is not followed yet.
func readLoose(path, name string, f oid.Format, read func(path string, limit int64) ([]byte, error)) (Ref, error) {
	// Old versions of git made symbolic refs as symbolic links.
	if link, err := os.Readlink(path); err == nil {
		if target := filepath.ToSlash(link); strings.HasPrefix(target, "refs/") && safeName(target) {
			return Ref{Name: name, Symbolic: target}, nil
		}
	}
	data, err := read(path, looseLimit)
	if err != nil {
		return Ref{}, err
	}
	return parseLoose(data, name, f)
}

// parseLoose is readLoose for the content of the file.
func parseLoose(data []byte, name string, f oid.Format) (Ref, error) {
	if target, ok := symbolicTarget(data); ok {
		if !safeName(target) {
			return Ref{}, errBadTarget
		}
		return Ref{Name: name, Symbolic: target}, nil
	}
	id, rest, ok := cutID(data, f)
	switch {
	case !ok || len(rest) > 0 && !isSpace(rest[0]):
		return Ref{}, errBroken
	case id.IsZero():
		return Ref{}, errNull
	}
	return Ref{Name: name, ID: id}, nil
}

// symbolicTarget returns what follows `ref:` in the file of a ref.
func symbolicTarget(data []byte) (string, bool) {
	target, ok := bytes.CutPrefix(data, []byte("ref:"))
	return string(bytes.TrimFunc(target, func(r rune) bool { return r < 0x80 && isSpace(byte(r)) })), ok
}

// cutID reads an object id in hex at the start of data.
func cutID(data []byte, f oid.Format) (id oid.ID, rest []byte, ok bool) {
	n := 2 * f.Size()
	if len(data) < n {
		return id, nil, false
	}
	_, err := hex.Decode(id[:], data[:n])
	return id, data[n:], err == nil
}

// isHexStart is true for data that may be an id of any format.
func isHexStart(data []byte) bool {
	_, _, ok := cutID(data, oid.SHA1)
	return ok
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r'
}
