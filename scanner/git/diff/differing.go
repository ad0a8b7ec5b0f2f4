package diff

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"

	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Two versions of a tree have nearly all entries in common: of the thousand files of a folder a commit changes one. So
// the bytes are compared, and of what is alike only the ends are read as entries. That takes a tenth of the time that
// lists of all entries take, and needs trees in order; see isSound. Whatever is odd about one of them is left to
// entries, which sorts them, and tells what is wrong.

// differs is an entry of a tree that no parent has just so.
type differs struct {
	entry
	was []Entry // by parent: what stands there
	at  int     // where it begins in the tree
}

// differing returns the entries of a tree that no parent has just so. It is not ok where entries has to find that out:
// also where somebody asks for what is gone.
func (d *Differ) differing(tree *pack.Loan, parents parents) (changed []differs, ok bool) {
	first := true
	for i := range parents {
		p := &parents[i]
		if !p.isThere {
			continue
		}
		if d.Gone != nil || !d.isSound(&p.loan) {
			return nil, false
		}
		other := object.NewTreeReader(p.loan.Content, d.Format)
		if !first && len(changed) <= fewEntries {
			changed = slices.DeleteFunc(changed, func(one differs) bool {
				one.was[i] = find(other, one.entry)
				return one.same(one.was[i])
			})
			continue
		}
		c := comparison{tree: object.NewTreeReader(tree.Content, d.Format), other: other, differing: d.pairs[:0]}
		if !c.run() {
			return nil, false
		}
		d.pairs = c.differing
		if first {
			changed, first = c.changed(len(parents), i), false
		} else {
			changed = both(changed, c.differing, i)
		}
	}
	if first {
		return nil, false
	}
	d.noteSound(tree)
	return changed, true
}

// fewEntries is up to how many entries are looked for one by one in the tree of a further parent: a merge of a branch
// that began long ago differs from that in hundreds.
const fewEntries = 16

// find finds what stands in a sound tree in the place of an entry.
func find(tree object.TreeReader, e entry) (was Entry) {
	const few = 1 << 10 // bytes that are read as entries
	end := len(tree.Content)
	for end-tree.At > few {
		middle := tree
		middle.Seek(tree.At + (end-tree.At)/2)
		at := middle.At
		next, _, _ := middle.Next() // it is sound
		if at == tree.At {
			break // its ids have so many NULs that nothing is sure
		}
		if compare(entryOf(next), e) > 0 {
			end = at
		} else {
			tree.At = at
		}
	}
	c := comparison{other: tree}
	was, _ = c.before(e)
	return was
}

// comparison compares a tree with another one that is sound.
type comparison struct {
	tree, other object.TreeReader
	last        entry // of tree, the one that was passed
	ahead       ahead
	differing   []pair
}

// ahead is an entry of the other tree that was read and not passed: its name may be long, and it is compared with many.
type ahead struct {
	entry
	from, to int
}

// pair is an entry of a tree that differs from what stands there in another one.
type pair struct {
	entry
	was Entry
	at  int
}

// run compares. It returns false for a tree that is not in order, or cannot be read to its end.
func (c *comparison) run() (sound bool) {
	for c.tree.At < len(c.tree.Content) {
		if !c.passCommon() {
			return false
		}
		if c.tree.At == len(c.tree.Content) {
			break
		}
		at := c.tree.At
		e, ok := c.next()
		if !ok {
			return false
		}
		was, ok := c.before(e)
		if !ok {
			return false
		}
		if !e.same(was) {
			c.differing = append(c.differing, pair{e, was, at})
		}
	}
	return true
}

// next takes the next entry of the tree, if it can be read and comes behind the last one.
func (c *comparison) next() (e entry, ok bool) {
	next, ok, err := c.tree.Next()
	if !ok || err != nil {
		return e, false
	}
	e = entryOf(next)
	ok = c.last.name == nil || compare(c.last, e) < 0
	c.last = e
	return e, ok
}

func entryOf(e object.Entry) entry { return entry{e.Name, Entry{e.Mode, oid.FromBytes(e.ID)}} }

// before passes what the other tree has before an entry, and takes what it has in its place.
func (c *comparison) before(e entry) (was Entry, ok bool) {
	for {
		if at := c.other.At; c.ahead.to == 0 || c.ahead.from != at {
			next, more, err := c.other.Next()
			if err != nil || !more {
				return Entry{}, err == nil
			}
			c.ahead = ahead{entryOf(next), at, c.other.At}
		}
		order := compare(c.ahead.entry, e)
		if order > 0 {
			c.other.At = c.ahead.from
			return Entry{}, true
		}
		if c.other.At = c.ahead.to; order == 0 {
			return c.ahead.Entry, true
		}
	}
}

// passCommon passes the entries that both trees have next. Since the other one is sound, all of them can be read and
// are in order, and only their ends are looked at.
func (c *comparison) passCommon() (sound bool) {
	from := c.tree.At
	end := from + commonBytes(c.tree.Content[from:], c.other.Content[c.other.At:])
	if end == from {
		return true
	}
	first := c.tree
	e, ok, err := first.Next()
	if !ok || err != nil || first.At > end {
		return true // no whole entry
	}
	if c.last.name != nil && compare(c.last, entryOf(e)) >= 0 {
		return false
	}
	c.tree.Seek(end)
	// The last whole one lies behind that, or it is the one before.
	if !c.passWhole(end) {
		before := c.tree.At
		c.tree.At = from
		c.tree.Seek(before - 1)
		if !c.passWhole(before) {
			return false
		}
	}
	c.other.At += c.tree.At - from
	return true
}

// passWhole passes the entries that end at a place or before it, and is false where there is none.
func (c *comparison) passWhole(end int) (any bool) {
	for {
		at := c.tree.At
		e, ok, err := c.tree.Next()
		if !ok || err != nil || c.tree.At > end {
			c.tree.At = at
			return any
		}
		c.last, any = entryOf(e), true
	}
}

// changed are the entries that differ, with what the parent with a number has there.
func (c *comparison) changed(parents, number int) []differs {
	all := make([]differs, len(c.differing))
	for i, p := range c.differing {
		all[i] = differs{p.entry, make([]Entry, parents), p.at}
		all[i].was[number] = p.was
	}
	return all
}

// both keeps of the entries that differ from what some parents have those that differ from what one more has, too.
func both(changed []differs, fromOther []pair, number int) []differs {
	return slices.DeleteFunc(changed, func(one differs) bool {
		at, differs := slices.BinarySearchFunc(fromOther, one.at, func(p pair, at int) int { return p.at - at })
		if differs {
			one.was[number] = fromOther[at].was
		}
		return !differs
	})
}

// commonBytes is how many bytes two texts have in common at their beginning.
func commonBytes(a, b []byte) (n int) {
	const block, word = 256, 8
	most := min(len(a), len(b))
	for n+block <= most && bytes.Equal(a[n:n+block], b[n:n+block]) {
		n += block
	}
	for ; n+word <= most; n += word {
		if differ := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); differ != 0 {
			return n + bits.TrailingZeros64(differ)/8
		}
	}
	for n < most && a[n] == b[n] {
		n++
	}
	return n
}

// isSound tells whether a tree can be read to its end and is in order, with no name twice.
func (d *Differ) isSound(loan *pack.Loan) bool {
	if d.sound[loan.Place] {
		return true
	}
	c := comparison{tree: object.NewTreeReader(loan.Content, d.Format)}
	for c.tree.At < len(loan.Content) {
		if _, ok := c.next(); !ok {
			return false
		}
	}
	d.noteSound(loan)
	return true
}

// mostSound bounds how many trees are known to be sound at a time.
const mostSound = 1 << 14

// noteSound notes that a tree was found to be sound, by its place in a pack. By its id it could not be: a damaged
// repository has others' contents under that.
func (d *Differ) noteSound(loan *pack.Loan) {
	switch {
	case loan.Place == pack.Place{}:
		return
	case d.sound == nil:
		d.sound = map[pack.Place]bool{}
	case len(d.sound) >= mostSound:
		clear(d.sound)
	}
	d.sound[loan.Place] = true
}
