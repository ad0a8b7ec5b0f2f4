package history

import (
	"context"
	"slices"

	"skleak/scanner"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/find"
	"skleak/scanner/history/internal/keyset"
)

// telling is what is to be told of some keys that stand together.
type telling struct {
	finding scanner.Finding // what they have in common
	keys    keyset.Set
	object  uint32 // where they stand; odb.Absent for a name
	name    string
	path    string             // as the configuration sees it, "" for none
	commit  uint32             // or tag, which is to be described; odb.Absent for none
	atHead  keyset.Set         // those that HEAD has at the path
	refs    [][]string         // by key; nil: all have those of finding
	removed map[uint32]removal // by key
	single  bool               // only the first place of each key is told
}

// teller collects what is to be told, finds the places of it, and makes findings.
type teller struct {
	*search
	list []telling
}

func (t *teller) tell(one telling) { t.list = append(t.list, one) }

// placeBytes is what a place takes that is told: 1 kB in what is found of it and in the finding, of which the collector
// and the report make others, and as much again that is garbage by then. With six own literals in git's history and
// --memory 256MB, 132,000 places take 401 MB at the peak, as 45,000 do (405 MB); 526,000 took 646 MB, and 1.7 times
// the processor time.
const placeBytes = 2 << 10

// limit cuts what is told to what fits into memory. The first place of each key is told in any case, at HEAD if it
// stands there; what goes beyond is counted.
func (t *teller) limit() {
	left, over := t.memory()/placeBytes, int64(0)
	told := pack.NewBitmap(t.keys.Len())
	for _, atHead := range []bool{true, false} {
		for i := range t.list {
			one := &t.list[i]
			if len(one.atHead) > 0 != atHead {
				continue
			}
			var first []uint32
			for key := range one.keys.All() {
				if !told.Has(key) {
					told.Add(key)
					first = append(first, key)
				}
			}
			known := int64(one.keys.Len() - len(first))
			more := known
			if hit := t.hits[one.object]; hit != nil {
				more += int64(hit.repeats)
			}
			if more <= left {
				left -= more
				continue
			}
			over += known
			one.keys, one.single = keyset.New(first), true
		}
	}
	t.list = slices.DeleteFunc(t.list, func(one telling) bool { return len(one.keys) == 0 })
	t.Coverage.Skip(scanner.SkippedRepeated, over)
}

// wish is what is to be found out of one object.
type wish struct {
	number   uint32     // of the object
	keys     keyset.Set // whose places are wanted
	single   bool       // only the first of each key
	describe bool       // it is a commit or a tag that is to be described

	found  []found
	left   int64 // places that were not wanted, since the key has one already
	commit *scanner.Commit
}

// found is a key at its place in an object.
type found struct {
	number uint32 // of the key
	find.Match
}

// wishes are what is to be found out for all that is told, by object.
func (t *teller) wishes() map[uint32]*wish {
	wishes := map[uint32]*wish{}
	of := func(number uint32) *wish {
		if wishes[number] == nil {
			wishes[number] = &wish{number: number, single: true}
		}
		return wishes[number]
	}
	for _, one := range t.list {
		if one.object != odb.Absent {
			w := of(one.object)
			w.keys, w.single = w.keys.Union(one.keys), w.single && one.single
		}
		if one.commit != odb.Absent {
			of(one.commit).describe = true
		}
		for _, r := range one.removed {
			of(r.commit).describe = true
		}
	}
	return wishes
}

// findAll finds what is wanted and makes findings of it.
func (t *teller) findAll(ctx context.Context) ([]scanner.Finding, error) {
	t.limit()
	wishes := t.wishes()
	if err := t.grant(ctx, wishes); err != nil {
		return nil, err
	}
	return t.findings(wishes), nil
}

// findings makes findings of what was found, in order.
func (t *teller) findings(wishes map[uint32]*wish) (all []scanner.Finding) {
	over := int64(0)
	for _, one := range t.list {
		w := wishes[one.object]
		if w == nil {
			w = &wish{keys: one.keys}
			t.placeInName(w, []byte(one.name))
		}
		over += w.left
		w.left = 0
		f := one.finding
		if one.commit != odb.Absent {
			f.Commit = t.described(one.commit, wishes)
		}
		all = t.addFindings(all, f, one, w.found, t.removalsTold(one, wishes))
	}
	t.Coverage.Skip(scanner.SkippedRepeated, over)
	find.Sort(all)
	return all
}

// described is what is told of a commit or a tag.
func (t *teller) described(number uint32, wishes map[uint32]*wish) *scanner.Commit {
	if c := wishes[number].commit; c != nil {
		return c
	}
	return &scanner.Commit{Hash: t.repo.hex(t.repo.db.ID(number))} // the search read it, so it changed beneath us
}

// addFindings appends a finding for each place that is told. A key whose place was not found again is told without one.
func (t *teller) addFindings(all []scanner.Finding, f scanner.Finding, one telling, places []found,
	removed map[uint32]*scanner.Removal) []scanner.Finding {
	var done []uint32
	add := func(number uint32, m find.Match) {
		if one.refs != nil {
			f.Refs = one.refs[number]
		}
		if one.atHead != nil {
			f.AtHead = one.atHead.Has(number)
		}
		f.Removed = removed[number]
		all = append(all, m.Finding(f))
	}
	told := map[uint32]bool{}
	for _, p := range places {
		if !one.keys.Has(p.number) {
			continue
		}
		if t.ignoresWithin(one.path, p.Inside) {
			done = append(done, p.number)
			t.Coverage.Skip(scanner.SkippedConfigured, 1)
			continue
		}
		if one.single {
			if told[p.number] {
				continue
			}
			told[p.number] = true
		}
		done = append(done, p.number)
		add(p.number, p.Match)
	}
	for number := range one.keys.Minus(keyset.New(done)).All() {
		add(number, find.Match{Key: t.keys.Key(number), Form: plainForm})
	}
	return all
}

// plainForm is the form of a key of which nothing else is known.
const plainForm = "plain"

// tellBare tells h what was found so far, by object id alone. What is left of a repository may be hard to read, and
// whoever ended the scan waits: of many objects with the same keys, not all are told.
func (s *search) tellBare(h scanner.Handler) error {
	t := &teller{search: s}
	told := pack.NewBitmap(s.keys.Len())
	for i, number := range s.sortedHits() {
		hit := s.hits[number]
		one := telling{finding: scanner.Finding{Source: scanner.SourceHistory}, keys: hit.keys, object: number,
			commit: odb.Absent}
		isNew := i < bareObjects
		for key := range hit.keys.All() {
			isNew = isNew || !told.Has(key)
			told.Add(key)
		}
		if !isNew {
			continue
		}
		switch hit.kind {
		case pack.Blob:
			one.finding.Blob = s.repo.hex(s.repo.db.ID(number))
		case pack.Commit:
			one.finding.Source = scanner.SourceCommit
		case pack.Tag:
			one.finding.Source = scanner.SourceTag
		}
		t.tell(one)
	}
	return tell(append(t.findOneByOne(), s.besides...), h)
}

// bareObjects is how many objects are told of in any case where a scan was ended.
const bareObjects = 1000
