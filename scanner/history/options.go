package history

import (
	"cmp"
	"context"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"strings"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/archive"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/find"
)

// Options says how to scan.
type Options struct {
	Rules    *provider.Set
	Coverage *scanner.Coverage
	Jobs     int    // workers; below 1: one for each processor
	Prefix   string // goes in front of every path, for submodules
	Inside   string // goes in front of paths in the git directory
	// Ignore is the configuration's word on paths, with the prefix: true leaves what lies at one out of the
	// findings; folders are asked about before what is in them. nil: nothing is left out.
	Ignore     func(path string, dir bool) bool
	Memory     int64 // bytes that large objects may hold at once; 0: pack.DefaultMemory
	Progress   *scanner.Progress
	NoArchives bool // leave out what lies in archives and other containers; they are counted
	// VerifyObjects computes the id of each object from its content, and names those that are not what their id says.
	VerifyObjects bool
	Fetched       bool // the packs came without an idx, which is no damage
	KeepIdx       bool // write the idx that are made beside their packs: the repository is a mirror of our own
}

// unreadable notes what could not be read. The prefix says in which repository: one that lies inside another has a
// refs/heads/main, too.
func (o Options) unreadable(reason, place, detail string) {
	if reason == scanner.UnreadableCorrupt && strings.HasSuffix(detail, fs.ErrPermission.Error()) {
		reason = scanner.UnreadableFile // nothing is known of what is in it
	}
	o.Coverage.Unreadable(reason, o.Prefix+place, detail)
}

// tellDense names what was not looked into whole.
func (o Options) tellDense(place string, complete bool) {
	if !complete {
		o.unreadable(scanner.UnreadableTooLarge, place, scanner.ErrDense.Error())
	}
}

func (o Options) memory() int64 { return cmp.Or(o.Memory, pack.DefaultMemory) }

// ignored asks the configuration about a path and the folders it lies in.
func (o Options) ignored(path string) bool {
	if o.Ignore == nil {
		return false
	}
	path = o.Prefix + path
	for i := range len(path) {
		if path[i] == '/' && o.Ignore(path[:i], true) {
			return true
		}
	}
	return o.Ignore(path, false)
}

// ignoresWithin tells whether the configuration leaves out what lies at a place in the container at a path.
func (o Options) ignoresWithin(path, inside string) bool {
	return path != "" && inside != "" && o.ignored(path+inside)
}

// newInside makes what looks into containers. The places of keys are found out only of those that wanted does not
// refuse; nil refuses none.
func (o Options) newInside(ctx context.Context, limits *archive.Limits, wanted func(rules.Key) bool) *find.Inside {
	v := find.NewInside(ctx)
	v.Rules, v.Coverage, v.NoArchives, v.Limits, v.Wanted = o.Rules, o.Coverage, o.NoArchives, limits, wanted
	return v
}

// tellInside names what could not be read of a container that stands at a place.
func (o Options) tellInside(v *find.Inside, place string) {
	for _, u := range v.NotRead {
		if u.Reason == scanner.UnreadableCorrupt {
			o.Coverage.Broken.Add(1)
		}
		o.unreadable(u.Reason, place+u.Place, u.Detail)
	}
}

// checkID holds an object against its id, if that was asked for.
func (o Options) checkID(f oid.Format, kind pack.Kind, content []byte, id oid.ID) {
	if !o.VerifyObjects {
		return
	}
	h := f.HashObject(kind.String(), uint64(len(content)))
	h.Write(content)
	o.compareID(f, kind, h, id)
}

// hashing is checkID for content that goes by: check is to be called at its end.
func (o Options) hashing(f oid.Format, kind pack.Kind, size uint64, content io.Reader) (through io.Reader,
	check func(id oid.ID)) {
	if !o.VerifyObjects {
		return content, func(oid.ID) {}
	}
	h := f.HashObject(kind.String(), size)
	return io.TeeReader(content, h), func(id oid.ID) { o.compareID(f, kind, h, id) }
}

// compareID names an object that is not what its id says. Its content is searched all the same.
func (o Options) compareID(f oid.Format, kind pack.Kind, h hash.Hash, id oid.ID) {
	if is := oid.Sum(h); id != is && !pack.IsNameless(id, f) {
		o.unreadable(scanner.UnreadableWrongID, "object "+id.Hex(f),
			fmt.Sprintf("the content is that of %s %s", kind, is.Hex(f)))
	}
}
