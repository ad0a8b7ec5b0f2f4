package pack

// bases are contents that a Reader keeps, since others may be built on them. One goes when it was not asked for while
// as many bytes came in as are kept, and what is made next is made in its memory: a push of 1,000 objects of git's own
// repository makes 60 MB of contents, and to touch a page for the first time takes longer than to fill it.
type bases struct {
	young, old  map[Place]*content // what was asked for lately, and what was before
	bytes, most int                // of memory in young, and how many there may be
	made, asked int                // bytes of what was made, and of what was read
	memory      buffers            // that is free; each content has its own
}

// Place is where an entry of a pack lies: what is there is always the same content.
type Place struct {
	pack *Pack
	at   uint64
}

// content is an object, or one on the way to it.
type content struct {
	kind Kind
	data []byte
	end  uint64 // of the entry it came from
	lent int    // so many have data and may read it: nothing is written over it
}

const (
	// leastBases is how many bytes of contents are kept at first, and mostBases how many where much more is made than
	// is read, as of long chains of deltas that are read in no order. As much again waits to be dropped.
	leastBases = 2 << 20
	mostBases  = 16 << 20

	largestBase = 4 << 20 // bytes of the largest content that is kept
	muchMore    = 4       // times what is read
)

// get returns the content of an entry, nil if it is not kept.
func (b *bases) get(at Place) *content {
	if c := b.young[at]; c != nil {
		return c
	}
	c := b.old[at]
	if c != nil {
		delete(b.old, at)
		b.keep(at, c)
	}
	return c
}

// keep keeps a content. It stays as it is while the next one comes in, which may be built on it.
func (b *bases) keep(at Place, c *content) {
	if cap(c.data) > largestBase {
		return
	}
	if b.young == nil || b.bytes > 0 && b.bytes+cap(c.data) > b.most {
		b.turn()
	}
	b.young[at] = c
	b.bytes += cap(c.data)
}

// turn drops what is old, has its memory used again, and makes old what is young.
func (b *bases) turn() {
	dropped := b.old
	for _, c := range dropped {
		b.recycle(c)
	}
	clear(dropped)
	if dropped == nil {
		dropped = map[Place]*content{}
	}
	b.young, b.old, b.bytes = dropped, b.young, 0
	b.most = max(b.most, leastBases)
	if b.made > muchMore*b.asked {
		b.most = min(2*b.most, mostBases)
	}
}

// recycle keeps memory that make has made, unless somebody else may read it or there is enough.
func (b *bases) recycle(c *content) {
	if free := b.memory.kept; c.lent == 0 && free[0]+free[1]+cap(c.data) <= b.most {
		b.memory.put(c.data)
	}
}

// make returns n bytes of memory for a content, with anything in it.
func (b *bases) make(n int) []byte {
	b.made += n
	if n > largestBase {
		return make([]byte, n)
	}
	return b.memory.getApart(n)
}
