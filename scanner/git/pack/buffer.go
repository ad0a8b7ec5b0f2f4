package pack

import (
	"math/bits"
	"sync/atomic"
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
// garbage of none of it. One goroutine at a time. Sizes are rounded up to classes, four between powers of two.
type buffers struct {
	free [4 * 32][][]byte
	kept int // bytes in free
}

// keptBytes is how much free memory a worker holds on to.
const keptBytes = 24 << 20

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
	list := b.free[class]
	if len(list) == 0 {
		return make([]byte, n, size)
	}
	data := list[len(list)-1]
	b.free[class] = list[:len(list)-1]
	b.kept -= cap(data)
	return data[:n]
}

// put takes memory back that get handed out, here or in another worker.
func (b *buffers) put(data []byte) {
	class, size := sizeClass(cap(data))
	if class >= len(b.free) || size != cap(data) || b.kept+cap(data) > keptBytes {
		return
	}
	b.free[class] = append(b.free[class], data)
	b.kept += cap(data)
}
