package scanner

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Coverage counts what was read, what was left out and why, and names what could not be read.
// All methods may be called by many goroutines at once.
type Coverage struct {
	Files, Bytes, Objects, Blobs, Commits, Tags atomic.Int64
	// Broken counts, of what is corrupt, what lies in contents that were read: archives and documents that were damaged
	// when somebody committed them. To read a repository again, or another copy of it, mends nothing of that.
	Broken atomic.Int64

	mu         sync.Mutex
	skipped    map[string]int64
	unreadable map[string]*unreadableList
	parts      []*Coverage
}

// Part makes the coverage of a part of what is read, such as one repository of many. The lists and [Coverage.Totals]
// of c hold what its parts hold; the counters of c do not.
func (c *Coverage) Part() *Coverage {
	c.mu.Lock()
	defer c.mu.Unlock()
	part := &Coverage{}
	c.parts = append(c.parts, part)
	return part
}

// each calls f for c and its parts, and theirs, one at a time, with what is locked in each.
func (c *Coverage) each(f func(*Coverage)) {
	c.mu.Lock()
	f(c)
	parts := slices.Clone(c.parts)
	c.mu.Unlock()
	for _, part := range parts {
		part.each(f)
	}
}

// Skipped is a number of things left out for one reason: by choice, or because they are not there to read.
type Skipped struct {
	Reason string
	Count  int64
}

// Unreadable is something that should have been read and could not be.
type Unreadable struct {
	Reason string // one of the Unreadable… constants
	Place  string // a path, an object id, a pack and offset; "" in an entry that stands for many
	Detail string
}

// Reasons for which things are left out. None of them changes the exit status, unless nothing may be left out.
const (
	SkippedIgnored    = "ignored"
	SkippedLFS        = "lfs-pointer"
	SkippedSubmodule  = "submodule" // not checked out
	SkippedSpecial    = "special"   // FIFOs, sockets, devices
	SkippedShallow    = "shallow"   // commits at the edge of a shallow clone, whose parents are not there
	SkippedSparse     = "sparse"    // tracked, and left out of the working tree by a sparse checkout
	SkippedConfigured = "configured"
	SkippedArchive    = "archive"    // containers, where what lies in them is not wanted
	SkippedRepeated   = "repeated"   // places of a key that is told at others, beyond those that memory has room for
	SkippedUnfinished = "unfinished" // objects that git began to write: what there is of them was searched
)

// Reasons for which things could not be read. Each of them makes a scan incomplete.
const (
	UnreadableFile        = "unreadable-file"
	UnreadableDirectory   = "unreadable-directory"
	UnreadableCorrupt     = "corrupt"
	UnreadableMissing     = "missing-object"
	UnreadableTooLarge    = "too-large"
	UnreadableRef         = "unreadable-ref"
	UnreadableIndex       = "unreadable-index"
	UnreadableRepo        = "unreadable-repository"
	UnreadableOutside     = "outside"  // the repository keeps it elsewhere, and it was not followed there
	UnreadableWrongID     = "wrong-id" // an object's content is not what its id says
	UnreadableCanceled    = "interrupted"
	UnreadableInternal    = "internal-error" // a mistake of the scanner's own ended the scan
	UnreadableEncrypted   = "encrypted"      // a member of an archive
	UnreadableUnsupported = "unsupported"    // the same: in a form that is not read
	UnreadableKey         = "key-not-found"  // a saved report names it, and it is not where it was
)

// ErrDense says that a text holds so much that looks like parts of keys that not all of it was looked into: a search
// has a limit of work for each byte. Its reason is UnreadableTooLarge.
var ErrDense = errors.New("too many parts look like keys: not all of them were examined")

// unreadableShown is how many places are kept for each reason; the rest is counted. A partial clone
// can lack millions of objects, and nobody reads a list of them.
const unreadableShown = 1000

type unreadableList struct {
	total int64
	list  []Unreadable
}

// Skip counts n things left out for reason.
func (c *Coverage) Skip(reason string, n int64) {
	if n == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.skipped == nil {
		c.skipped = map[string]int64{}
	}
	c.skipped[reason] += n
}

// Unreadable records something that could not be read.
func (c *Coverage) Unreadable(reason, place, detail string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unreadable == nil {
		c.unreadable = map[string]*unreadableList{}
	}
	u := c.unreadable[reason]
	if u == nil {
		u = &unreadableList{}
		c.unreadable[reason] = u
	}
	u.total++
	u.list = append(u.list, Unreadable{reason, place, detail})
	if len(u.list) >= 2*unreadableShown {
		u.shorten()
	}
}

// shorten keeps the first places in sorted order: which ones are kept must not depend on timing.
func (u *unreadableList) shorten() {
	slices.SortFunc(u.list, func(a, b Unreadable) int {
		if d := strings.Compare(a.Place, b.Place); d != 0 {
			return d
		}
		return strings.Compare(a.Detail, b.Detail)
	})
	u.list = u.list[:min(len(u.list), unreadableShown)]
}

// Complete is true where everything that should have been read was read.
func (c *Coverage) Complete() bool { return c.UnreadableCount() == 0 }

// SkippedList returns what was left out, sorted by reason.
func (c *Coverage) SkippedList() []Skipped {
	skipped := map[string]int64{}
	c.each(func(c *Coverage) {
		for reason, n := range c.skipped {
			skipped[reason] += n
		}
	})
	out := []Skipped{}
	for _, reason := range slices.Sorted(maps.Keys(skipped)) {
		out = append(out, Skipped{reason, skipped[reason]})
	}
	return out
}

// UnreadableCount is how many things could not be read, those beyond the list included.
func (c *Coverage) UnreadableCount() int64 {
	var n int64
	c.each(func(c *Coverage) {
		for _, u := range c.unreadable {
			n += u.total
		}
	})
	return n
}

// UnreadableList returns what could not be read, sorted by reason and place. Where there is more of
// one reason than is kept, its last entry says how many more.
func (c *Coverage) UnreadableList() []Unreadable {
	all := map[string]*unreadableList{}
	c.each(func(c *Coverage) {
		for reason, u := range c.unreadable {
			if all[reason] == nil {
				all[reason] = &unreadableList{}
			}
			all[reason].total += u.total
			all[reason].list = append(all[reason].list, u.list...)
		}
	})
	out := []Unreadable{}
	for _, reason := range slices.Sorted(maps.Keys(all)) {
		u := all[reason]
		u.shorten()
		out = append(out, u.list...)
		if more := u.total - int64(len(u.list)); more > 0 {
			out = append(out, Unreadable{reason, "", moreDetail(more)})
		}
	}
	return out
}

func moreDetail(n int64) string { return fmt.Sprintf("and %d more", n) }

// Totals are a coverage as plain values, when the scan has ended.
type Totals struct {
	Files, Bytes, Objects, Blobs, Commits, Tags int64
	Broken                                      int64 // see Coverage

	Skipped         []Skipped    // sorted by reason
	Unreadable      []Unreadable // sorted by reason and place; not more than a scan keeps
	UnreadableCount int64        // those that Unreadable has no room for included

	LeftOut []LeftOut // what files of the target left out of its own scan
	Partial bool      // objects are missing, and the clone is a partial one
}

// Totals copies what a scan counted, in all parts. Call it when the scan has ended: the numbers are read one by one.
func (c *Coverage) Totals() Totals {
	t := Totals{Skipped: c.SkippedList(), Unreadable: c.UnreadableList(), UnreadableCount: c.UnreadableCount()}
	c.each(func(c *Coverage) {
		t.Files += c.Files.Load()
		t.Bytes += c.Bytes.Load()
		t.Objects += c.Objects.Load()
		t.Blobs += c.Blobs.Load()
		t.Commits += c.Commits.Load()
		t.Tags += c.Tags.Load()
		t.Broken += c.Broken.Load()
	})
	return t
}

// Complete is true where nothing was unreadable.
func (t Totals) Complete() bool { return t.Unread() == 0 }

// Empty is true where there was nothing to read at all.
func (t Totals) Empty() bool { return t.Files == 0 && t.Objects == 0 && t.Bytes == 0 && t.Complete() }

// Unread is how many things could not be read.
func (t Totals) Unread() int64 { return max(t.UnreadableCount, int64(len(t.Unreadable))) }
