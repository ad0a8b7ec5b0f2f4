package history

import (
	"context"
	"runtime"
	"sync"

	"skleak/scanner"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Tip is where a push is about to put a ref.
type Tip struct {
	Ref string // its full name on the other side
	ID  oid.ID
}

// Push says what a push brings: what its tips lead to and what is known does not.
type Push struct {
	Tips []Tip

	// Known are objects that the other side has, with all that they lead to. One that is not here says nothing: it only
	// makes more count as new.
	Known []oid.ID

	// Quarantine is the objects folder in which a server keeps what was pushed until its hooks agree, "" if there is none. All
	// of it is searched, also what no tip leads to, except what the repository has besides.
	Quarantine string
}

// Push searches what a push brings: each commit that is new, with what it changes as against all its parents, and each
// new tag. Keys that one commit adds and a later one removes are among it. A finding's AtHead tells whether a
// tip still has it, and Refs which.
func (g *Gate) Push(ctx context.Context, p Push, o Options, h scanner.Handler) error {
	return g.push(ctx, p, o, h, manyCommits)
}

// push is Push with another number of commits from which on the whole database is searched first.
func (g *Gate) push(ctx context.Context, p Push, o Options, h scanner.Handler, many int) error {
	o = g.begin(o)
	if o.Jobs < 1 {
		o.Jobs = runtime.NumCPU()
	}
	s := &pushSearch{Options: o, ctx: ctx, gate: g, reader: g.store.NewReader(), hits: map[oid.ID][]match{}, many: many}
	commits, err := s.newCommits(ctx, p)
	if err != nil {
		return err
	}
	if len(commits) >= s.many {
		s.searchWhole(ctx)
	}
	s.searchAll(ctx, commits)
	if err := ctx.Err(); err != nil {
		return err
	}
	s.traceAll(commits)
	if p.Quarantine != "" {
		s.sweep(ctx, p.Quarantine)
	}
	sortFindings(s.found)
	return tell(s.found, h)
}

// pushSearch is one search of a push.
type pushSearch struct {
	Options
	ctx    context.Context // of the check that all this belongs to
	gate   *Gate
	reader *odb.LazyReader // for what one goroutine does

	many  int      // commits from which on the whole database is searched first
	whole bool     // it was: hits is complete
	seen  sync.Map // ids of the objects that were searched

	mu   sync.Mutex
	hits map[oid.ID][]match // by blob; a blob whose name has keys is there, too

	tips  []pushTip
	found []scanner.Finding
}

// pushTip is a tip that leads to a commit, with the commit's tree.
type pushTip struct {
	ref  string
	tree oid.ID
}

// pushStep is a commit of the push and the ids of the files that are new in it.
type pushStep struct {
	foundCommit
	blobs []oid.ID
}

// newCommits returns the commits that the push brings, parents before children.
func (s *pushSearch) newCommits(ctx context.Context, p Push) ([]pushStep, error) {
	w := newRangeWalk(commitSource{
		read:    func(id oid.ID) (foundCommit, error) { return s.gate.readCommit(s.reader, id) },
		unread:  s.noteUnread,
		shallow: s.gate.shallow(s.Coverage),
		edge:    func() { s.Coverage.Skip(scanner.SkippedShallow, 1) },
	})
	known := make(map[oid.ID]bool, len(p.Known))
	for _, id := range p.Known {
		if known[id] {
			continue
		}
		known[id] = true
		if c, err := w.source.read(id); err == nil {
			w.add(c, unwanted)
		}
	}
	for _, tip := range p.Tips {
		s.start(w, tip, known)
	}
	found, err := w.run(ctx)
	if err != nil {
		return nil, err
	}
	var steps []pushStep
	for _, c := range parentsFirst(found) {
		steps = append(steps, pushStep{foundCommit: c})
	}
	return steps, nil
}

// noteUnread says that something the push would bring cannot be read.
func (s *pushSearch) noteUnread(id, naming oid.ID, err error) {
	s.unreadable(unreadableReason(err), "object "+s.gate.hex(id), "object "+s.gate.hex(naming)+" names it: "+err.Error())
}

// start follows a tip to a commit, and searches the tags on the way. Where it leads to a tree or a blob, which is rare, all
// of that is new.
func (s *pushSearch) start(w *rangeWalk, tip Tip, known map[oid.ID]bool) {
	id := tip.ID
	for range 32 {
		if known[id] {
			return
		}
		kind, content, err := s.reader.Read(id)
		if err != nil {
			s.unreadable(unreadableReason(err), s.Rules.Redact(tip.Ref), err.Error())
			return
		}
		switch kind {
		case pack.Commit:
			c, err := s.gate.readCommit(s.reader, id)
			if err != nil {
				s.unreadable(scanner.UnreadableCorrupt, "commit "+s.gate.hex(id), err.Error())
				return
			}
			w.add(c, wanted)
			s.tips = append(s.tips, pushTip{tip.Ref, c.head.Tree})
			return
		case pack.Tree:
			d := s.newDiff()
			d.trees("", id, nil, 0)
			s.bare(tip, d.files)
			return
		case pack.Blob:
			s.bare(tip, []newFile{{id: id}})
			return
		}
		s.text(kind, id, content, isReached)
		tag, err := object.ParseTag(content, s.gate.dir.Format)
		if err != nil {
			s.unreadable(scanner.UnreadableCorrupt, "tag "+s.gate.hex(id), err.Error())
			return
		}
		id = tag.Object
	}
	s.unreadable(scanner.UnreadableCorrupt, s.Rules.Redact(tip.Ref), "more tags point at one another than are followed")
}
