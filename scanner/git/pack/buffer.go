package pack

import (
	"math/bits"
	"sync/atomic"

	"skleak/scanner/git/mapped"
)

// buffer is the content of an object while something is still to be built on it.
type buffer struct {
	data []byte
	kind Kind
	mark Mark         // what Visit returned
	keep any          // what Visit left in Object.Keep
	refs atomic.Int32 // children not yet built, and the holder while it is built itself
	lent bool         // data belongs to somebody else and is not to be reused

	account *atomic.Int64 // what its bytes are counted in while it is held; nil where nobody counts
}

// buffers hands out and takes back memory for contents, so that a walk over gigabytes of content makes
// garbage of none of it. One goroutine at a time. Sizes are rounded up to classes, four between powers of two; what that
// leaves behind a content, up to its capacity, belongs to it.
type buffers struct {
	free [4 * 32][][]byte
	kept [2]int // bytes in free: of what is small, and of all else
	slab []byte // small contents are cut from it

	slabSize int // of the last one: the first are smaller, there may be little to do
}

const (
	// keptBytes is how much free memory a worker holds on to, of what is small and of all else: a worker may be the one
	// that lets go of all that another makes.
	keptBytes = 24 << 20
	// smallBuffer and below are cut from slabs.
	smallBuffer = 64 << 10
	slabBytes   = 1 << 20
)

// sizeClass returns the smallest class that holds n bytes, and the size of its members.
func sizeClass(n int) (class, size int) {
	if n <= 64 {
		return 0, 64
	}
	exp := bits.Len(uint(n-1)) - 1 // 2^exp < n ≤ 2^(exp+1), with exp ≥ 6
	step := 1 << (exp - 2)
	quarter := (n - (1 << exp) + step - 1) / step
	return (exp-6)*4 + quarter, 1<<exp + quarter*step
}

func (b *buffers) get(n int) []byte {
	class, size := sizeClass(n)
	if class >= len(b.free) {
		return make([]byte, n)
	}
	if data := b.take(class, class); data != nil {
		return data[:n]
	}
	return b.make(size)[:n]
}

// getApart is get for contents of which some are kept for long: each has memory of its own, since else all of a slab were
// kept with it, and what is free serves what needs half of it.
func (b *buffers) getApart(n int) []byte {
	class, size := sizeClass(n)
	if data := b.take(class, class+3); data != nil { // four classes are twice the size
		return data[:n]
	}
	return mapped.Make[byte](size)[:n]
}

// take returns what is free of some classes, the smallest first; nil if nothing is.
func (b *buffers) take(class, largest int) []byte {
	for ; class <= min(largest, len(b.free)-1); class++ {
		list := b.free[class]
		if last := len(list) - 1; last >= 0 {
			b.free[class] = list[:last]
			*b.keptOf(cap(list[last])) -= cap(list[last])
			return list[last]
		}
	}
	return nil
}

// make makes the memory of a class.
func (b *buffers) make(size int) []byte {
	if size > smallBuffer {
		return mapped.Make[byte](size)
	}
	if len(b.slab) < size {
		b.slabSize = min(slabBytes, max(2*smallBuffer, 2*b.slabSize))
		b.slab = mapped.Make[byte](b.slabSize)
	}
	data := b.slab[:size:size]
	b.slab = b.slab[size:]
	return data
}

// put takes memory back that get handed out, here or in another worker.
func (b *buffers) put(data []byte) {
	class, size := sizeClass(cap(data))
	if class >= len(b.free) || size != cap(data) {
		return
	}
	kept := b.keptOf(size)
	if *kept+size > keptBytes {
		return
	}
	*kept += size
	b.free[class] = append(b.free[class], data)
}

// keptOf is how much is kept of what is small, or of all else, as a size is.
func (b *buffers) keptOf(size int) *int {
	if size > smallBuffer {
		return &b.kept[1]
	}
	return &b.kept[0]
}
