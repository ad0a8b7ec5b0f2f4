package history

import (
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/archive"
	"skleak/scanner/git/commits"
	"skleak/scanner/git/deltas"
	"skleak/scanner/git/object"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
	"skleak/scanner/git/presence"
	"skleak/scanner/history/internal/find"
	"skleak/scanner/history/internal/holders"
	"skleak/scanner/history/internal/keyset"
)

// searcher looks at one object after the other; each worker has one.
type searcher struct {
	*search
	glancer
	ctx context.Context // of the scan that all this belongs to

	noted    map[uint32]*hit     // by object number
	looked   map[uint32]uint64   // see search.contents
	sights   []sight             // of the object that is looked at
	numbers  []uint32            // of its keys: scratch
	complete bool                // it was looked into whole
	newKeys  []uint32            // of these, the ones that no object had before
	names    map[string][]uint32 // names with candidates, and the keys in them

	present *presence.Checker
	inside  *find.Inside // looks into containers

	head, tail []byte // scratch of Skim

	taker *holders.Taker // see notes; nil until there is a tree
	nodes commits.Nodes  // see notes

	done, objects, blobs, commits, tags, bytes int64
	lfsPointers, unfinished                    int64
}

func (s *search) newSearcher(ctx context.Context) *searcher {
	v := &searcher{
		search: s, glancer: glancer{rules: s.Rules}, ctx: ctx, noted: map[uint32]*hit{}, looked: map[uint32]uint64{},
		present: presence.NewChecker(s.repo.db, s.shallow),
	}
	v.inside = s.newInside(ctx, &s.archives, func(rules.Key) bool { return false })
	v.inside.Memory = s.members
	return v
}

// Done implements passes.Visitor: it adds what this worker learned to what all know.
func (v *searcher) Done() {
	v.flush()
	v.present.Finish()
	for number, h := range v.noted {
		v.hits[number] = v.hits[number].with(h)
	}
	maps.Copy(v.contents, v.looked)
	v.missing.AddAll(v.present.Missing)
	if v.notes != nil {
		if v.taker != nil {
			v.taker.Done()
		}
		v.notes.commits = append(v.notes.commits, &v.nodes)
	}
	v.Coverage.Skip(scanner.SkippedShallow, v.present.ShallowEdges)
	v.Coverage.Skip(scanner.SkippedLFS, v.lfsPointers)
	v.Coverage.Skip(scanner.SkippedUnfinished, v.unfinished)
}

// flush adds the counts; the shared counters are touched once in a thousand objects.
func (v *searcher) flush() {
	c := v.Coverage
	c.Objects.Add(v.objects)
	c.Blobs.Add(v.blobs)
	c.Commits.Add(v.commits)
	c.Tags.Add(v.tags)
	c.Bytes.Add(v.bytes)
	v.Progress.Done.Add(v.done)
	v.done, v.objects, v.blobs, v.commits, v.tags, v.bytes = 0, 0, 0, 0, 0, 0
}

// Passed implements passes.Skimmer, and counts an object; a second copy of one is read but not counted again.
func (v *searcher) Passed(kind pack.Kind, size uint64, first bool) {
	if v.done++; v.done >= 1024 {
		v.flush()
	}
	if !first {
		return
	}
	v.bytes += int64(size)
	v.objects++
	switch kind {
	case pack.Blob:
		v.blobs++
	case pack.Commit:
		v.commits++
	case pack.Tag:
		v.tags++
	}
}

// Visit implements passes.Visitor.
func (v *searcher) Visit(o *pack.Object, number uint32, first bool) pack.Mark {
	v.Passed(o.Kind, uint64(len(o.Content)), first)
	if v.notes != nil && o.Kind == pack.Commit {
		v.noteCommit(&v.nodes, o, number, first)
	}
	return v.inspect(o, number, first)
}

// Skim implements passes.Skimmer: of most blobs and trees that nothing is built on, what is new is enough. Pointers of Git
// LFS are known by their beginning, and short; containers by their ends.
func (v *searcher) Skim(o *pack.Object, number uint32, size int, fresh []byte) (whole bool) {
	if size < scanner.LFSLimit || v.Rules.Next(fresh, 0) >= 0 {
		return true
	}
	if o.Kind == pack.Tree {
		return v.repo.db.IsStray(o.Pack) || v.present.SkimTree(o, number, size) != nil
	}
	return v.isContainer(o, size) || archive.HasRuns(fresh)
}

// isContainer tells by its ends whether what is skimmed is a container. Its base is none, or it would have a mark, so
// one with the same ends is none either. With one end alone that is not so: a script is told by both.
func (v *searcher) isContainer(o *pack.Object, size int) bool {
	sameHead, sameTail := o.SameHead >= archive.HeadLength, o.SameTail >= archive.TailLength
	if sameHead && sameTail {
		return false
	}
	v.head = o.AppendPart(v.head[:0], 0, archive.ScriptLength)
	isScript := archive.MayBeScript(v.head)
	if v.head = v.head[:0]; !sameHead || isScript {
		v.head = o.AppendPart(v.head, 0, archive.HeadLength)
	}
	if v.tail = v.tail[:0]; !sameTail || isScript {
		v.tail = o.AppendPart(v.tail, max(0, size-archive.TailLength), size)
	}
	return archive.DetectEnds(v.head, v.tail) != archive.None
}

// holdsMore tells whether there is more in a blob than its bytes show. One that is built on a blob in which there is
// not is looked at where it differs.
func holdsMore(o *pack.Object) bool {
	if !o.Delta || o.BaseMark&isContainer != 0 {
		return archive.DetectBytes(o.Content) != archive.None
	}
	size := len(o.Content)
	head, tail := o.Content[:min(archive.HeadLength, size)], o.Content[max(0, size-archive.TailLength):]
	return archive.DetectEnds(head, tail) != archive.None ||
		archive.HasRunsNear(o.Content, 0, 0) || // what stood before it may be gone
		slices.ContainsFunc(o.Dirty, func(r deltas.Range) bool { return archive.HasRunsNear(o.Content, r.From, r.To) })
}

// inspect searches an object and checks what it names.
func (v *searcher) inspect(o *pack.Object, number uint32, first bool) pack.Mark {
	if v.VerifyObjects {
		v.checkID(v.repo.db.Format, o.Kind, o.Content, v.repo.db.ID(number))
	}
	mark := v.noteCopy(o, number, first)
	if first && o.Kind == pack.Blob && scanner.IsLFSPointer(o.Content) {
		v.lfsPointers++
	}
	var err error
	isStray := o.Pack != nil && v.repo.db.IsStray(o.Pack) // what it names may never have come
	switch {
	case o.Kind == pack.Tree:
		if err = v.lookIntoTree(o, number, first, !isStray); err != nil {
			mark |= presence.Unchecked
		}
	case isStray:
	case o.Kind == pack.Commit:
		err = v.present.Commit(o.Content, number, first)
	case o.Kind == pack.Tag:
		err = v.present.Tag(o.Content, number)
	}
	if err != nil && first {
		v.unreadable(scanner.UnreadableCorrupt, o.Kind.String()+" "+v.repo.hex(v.repo.db.ID(number)), err.Error())
	}
	return mark
}

// noteCopy notes the keys of a copy of an object: those in its bytes, and those of what lies in it. A later copy is looked
// at as well: the first may be the one that cannot be read, or hold something else, since nothing tells whether it is
// what its id says. Where it is the same, the keys are known.
func (v *searcher) noteCopy(o *pack.Object, number uint32, first bool) pack.Mark {
	before := v.noted[number]
	delete(v.noted, number)
	mark := v.noteKeys(o, number)
	holds := o.Kind == pack.Blob && holdsMore(o)
	if holds {
		mark |= isContainer
	}
	if holds || v.noted[number] != nil {
		hash := maphash.Bytes(v.seed, o.Content)
		if !first && v.isKnown(number, hash) {
			delete(v.noted, number)
		} else if v.looked[number] = hash; holds {
			v.inside.Whole(o.Content)
			v.noteInside(number)
		}
	}
	v.join(number, before)
	return mark
}

// isKnown tells whether the last copy of an object that was looked at has this hash.
func (v *searcher) isKnown(number uint32, hash uint64) bool {
	known, ok := v.looked[number]
	if !ok {
		known, ok = v.contents[number]
	}
	return ok && known == hash
}

// join adds what was noted of other copies of an object.
func (v *searcher) join(number uint32, others *hit) {
	if others != nil {
		v.noted[number] = others.with(v.noted[number])
	}
}

// lookIntoTree checks what a tree names, and notes what it says of the way to blobs with keys. Both want to know what
// is new in it, so they go through it together, unless only one of them knows its base.
func (v *searcher) lookIntoTree(o *pack.Object, number uint32, first, check bool) error {
	note := first && v.notes != nil
	if note && v.taker == nil {
		v.taker = v.notes.trees.NewTaker()
	}
	switch {
	case note && check && v.taker.KnowsBase(o) == presence.IsBaseChecked(o):
		return v.taker.Along(o, number, func(also object.FreshVisitor) error { return v.present.Tree(o, number, also) })
	case note:
		v.taker.Take(o, number)
	}
	if check {
		return v.present.Tree(o, number, nil)
	}
	return nil
}

// noteInside notes the keys of what lies in a blob beside those in its own bytes.
func (v *searcher) noteInside(number uint32) {
	v.tellInside(v.inside, "object "+v.repo.hex(v.repo.db.ID(number)))
	keys, isSecond := v.inside.Keys()
	if len(keys) == 0 {
		return
	}
	own := v.noted[number]
	delete(v.noted, number)
	v.numbers, v.newKeys = v.numbers[:0], v.newKeys[:0]
	for _, k := range keys {
		if n := v.numberOfKey(k); n != keyset.Absent {
			v.numbers = append(v.numbers, n)
		}
	}
	v.addHit(number, pack.Blob, v.numbers)
	all := v.noted[number]
	if all != nil {
		all.inner = true
	}
	if own == nil {
		return
	}
	own.keys = keyset.Of(own.keys.All(), func(n uint32) bool { return !isSecond(v.keys.Key(n)) })
	switch {
	case all == nil && len(own.keys) > 0:
		v.noted[number] = own
	case all != nil:
		all.keys = all.keys.Union(own.keys)
		all.repeats += own.repeats
	}
}

// Failed implements passes.Visitor.
func (v *searcher) Failed(p *pack.Pack, id oid.ID, err error) {
	v.done++
	where := "its loose file"
	if p != nil {
		where = odb.Place(p)
	}
	switch {
	case p != nil && v.repo.db.IsStray(p):
		v.unfinished++
	case v.ctx.Err() == nil: // else it was interrupted: Scan returns that
		v.unreadable(unreadableReason(err), "object "+v.repo.hex(id), fmt.Sprintf("in %s: %v", where, err))
	}
}
