package presence

import (
	"encoding/binary"

	"skleak/scanner/git/object"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// questions are the ids that objects name, until there are enough to look them up together: a million looks into a
// large idx, one at a time, are as many waits for memory, and those of a batch overlap. They are taken in the order of
// their first bits, as the idx has them. Trees name the same ids again and again: one that was asked for lately is not
// asked for again, be it answered or still waiting. Of 4.9 million in git's own repository, which names 0.85 million
// objects, 1.6 million are left.
type questions struct {
	size     int // bytes of an id
	ids      []byte
	namings  []naming // by the place among ids
	answered uint64   // questions before these

	// lately has, by the first bits of ids that were asked for lately, which question it was, from 1 on, and behind these
	// eight bytes the id; 0: none, or the object is missing. An id of 20 bytes and its question lie in one line of the
	// processor's cache.
	lately []byte
	order  [batch]uint16
}

// naming says that an object names an id.
type naming struct {
	by   uint32    // the number of what names it
	kind pack.Kind // what it is named as
	from pack.Kind // what names it
}

const (
	batch = 1 << 12
	// latelyBits is how many bits of an id choose its place in lately. With 16, 1.1 in place of 1.6 million ids of git's
	// own repository are looked up, and it takes as long all the same: the table no longer fits the cache beside the
	// processor.
	latelyBits = 13
	orderBits  = 9  // of an id, in an order to look them up
	ahead      = 64 // how many places in the idx are fetched at once
)

// place is what lately has for ids that begin as this one does.
func (q *questions) place(id []byte) []byte {
	at, length := int(binary.BigEndian.Uint16(id)>>(16-latelyBits)), q.placeLength()
	return q.lately[at*length:][:length]
}

func (q *questions) placeLength() int {
	const line = 32
	return (8 + q.size + line - 1) / line * line
}

// ask has an id looked up, by Finish at the latest.
func (c *Checker) ask(id []byte, kind, from pack.Kind, by uint32) {
	if c.lately == nil { // many a checker is asked nothing
		c.lately = make([]byte, c.placeLength()<<latelyBits)
		c.ids, c.namings = make([]byte, 0, batch*c.size), make([]naming, 0, batch) // to grow would touch twice the memory
	}
	n := naming{by, kind, from}
	at := c.place(id)
	known := at[8:][:c.size]
	if question := binary.LittleEndian.Uint64(at); question != 0 && same(known, id) {
		if question > c.answered {
			c.alsoNamed(&c.namings[question-c.answered-1], n)
		}
		return
	}
	copy(known, id)
	c.ids, c.namings = append(c.ids, id...), append(c.namings, n)
	binary.LittleEndian.PutUint64(at, c.answered+uint64(len(c.namings)))
	if len(c.namings) == batch {
		c.lookUp()
	}
}

// alsoNamed keeps of two objects that name an id the one with the lesser id, as Missing does.
func (c *Checker) alsoNamed(known *naming, n naming) {
	if n.by == known.by || c.db.Precedes(n.by, known.by) {
		*known = n
	}
}

// same tells whether two ids of the same length are equal.
func same(a, b []byte) bool {
	last := len(b) - 8
	return binary.LittleEndian.Uint64(a) == binary.LittleEndian.Uint64(b) &&
		binary.LittleEndian.Uint64(a[8:]) == binary.LittleEndian.Uint64(b[8:]) &&
		binary.LittleEndian.Uint64(a[last:]) == binary.LittleEndian.Uint64(b[last:]) &&
		(last <= 16 || binary.LittleEndian.Uint64(a[16:]) == binary.LittleEndian.Uint64(b[16:]))
}

// lookUp notes which of the ids are missing, and empties the queue.
func (c *Checker) lookUp() {
	id := func(i uint16) []byte { return c.ids[int(i)*c.size:][:c.size] }
	c.sort()
	for rest := c.order[:len(c.namings)]; len(rest) > 0; {
		some := rest[:min(ahead, len(rest))]
		rest = rest[len(some):]
		for _, i := range some {
			c.db.Prefetch(id(i))
		}
		for _, i := range some {
			if id := id(i); !c.db.Has(id) && !object.IsEmptyTree(id) {
				c.noteMissing(id, c.namings[i])
			}
		}
	}
	c.answered += uint64(len(c.namings))
	c.ids, c.namings = c.ids[:0], c.namings[:0]
}

// noteMissing notes that an id is missing. Whatever else names it will ask again, and may have the lesser id.
func (c *Checker) noteMissing(id []byte, n naming) {
	c.Missing.Add(oid.FromBytes(id), Absence{n.kind, n.from, c.db.ID(n.by)})
	binary.LittleEndian.PutUint64(c.place(id), 0)
}

// sort fills order: the places among ids by the first bits of the ids.
func (c *Checker) sort() {
	var starts [1 << orderBits]uint16
	first := func(i int) *uint16 {
		return &starts[binary.BigEndian.Uint16(c.ids[i*c.size:])>>(16-orderBits)]
	}
	for i := range c.namings {
		*first(i)++
	}
	sum := uint16(0)
	for i, n := range starts {
		starts[i] = sum
		sum += n
	}
	for i := range c.namings {
		start := first(i)
		c.order[*start] = uint16(i)
		*start++
	}
}

// Finish looks up what is left.
func (c *Checker) Finish() { c.lookUp() }
