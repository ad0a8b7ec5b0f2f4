package archive

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

// The bounds of a walk. docs/coverage.md tells them to users.
const (
	// MaxDepth is how many containers may lie in each other.
	MaxDepth = 6
	// maxEntries is how many members one outer content may have, at all depths together.
	maxEntries = 10_000_000
	// proportion is how many bytes may be unpacked from each byte of the outer content without counting. Text packs
	// 4 to 10 times, logs 20, sparse images hundreds of times.
	proportion = 64
	// smallest is added to the outer content's size first: a tiny archive is no bomb yet.
	smallest = 1 << 20
	// allowedBytes is what all contents of a scan together may make beyond that: half a minute of unpacking.
	allowedBytes = 16 << 30
	// defaultMemory is how much is held at once, for kinds that must be read at any offset and for what decoders look
	// back at.
	defaultMemory = 512 << 20

	// streamSize stands for the size of a stream, which nobody knows.
	streamSize = 16 << 20

	streamBuffer = 64 << 10
)

// Limits bounds what the walks of one scan take together. It may be used by many goroutines; its zero value is ready.
//
// A walk takes its memory from one of two halves. One is cut into equal shares, one for each walk that may be under way.
// A walk that needs more takes the other half for itself, and waits while another one has it. So what a walk can hold
// does not depend on the others, and neither does what it reads.
type Limits struct {
	// Memory is how many bytes may be held at once, of contents that lie in others and must be read at any offset, and
	// by decoders; 0: 512 MB.
	Memory int64
	// Walks is how many walks there are at once; 0: one for each processor.
	Walks int
	// Packed is how many bytes all contents come out of, where that is less than they hold, as of a repository whose packs
	// hold a file and its thousand versions: what may be unpacked in proportion is in proportion to these. 0: no such bound.
	Packed int64

	alone sync.Mutex   // of the walk that has the undivided half
	made  atomic.Int64 // bytes unpacked out of proportion
	all   atomic.Int64 // bytes unpacked, where Packed is set
}

func (l *Limits) half() int64  { return cmp.Or(l.Memory, defaultMemory) / 2 }
func (l *Limits) share() int64 { return l.half() / int64(cmp.Or(l.Walks, runtime.GOMAXPROCS(0))) }

// budget is what one walk may still do.
type budget struct {
	limits  *Limits
	free    int64 // bytes that may be made without counting
	entries int
	held    int64 // bytes of memory
	alone   bool  // it has the undivided half
}

func (l *Limits) budget(size int64) *budget {
	return &budget{limits: l, free: proportion * min(size+smallest, 1<<50)}
}

// spent ends a walk that has used up its budget: members that come behind would find nothing left of it.
type spent struct{ error }

// charge counts bytes that were unpacked, or gone through to unpack others.
func (b *budget) charge(n int) error {
	b.free -= int64(n)
	if b.limits.inProportion(n) && b.free >= 0 || b.limits.made.Add(int64(n)) <= allowedBytes {
		return nil
	}
	return spent{fmt.Errorf("the file unpacks to more than %d times its size, and the allowance of %d GB for that is "+
		"used up; "+
		"what comes behind in it was not read", proportion, allowedBytes>>30)}
}

// inProportion counts bytes against what may be unpacked of all contents together.
func (l *Limits) inProportion(n int) bool {
	return l.Packed == 0 || l.all.Add(int64(n)) <= proportion*(l.Packed+smallest)
}

// entry counts a member.
func (b *budget) entry() error {
	if b.entries++; b.entries > maxEntries {
		return spent{fmt.Errorf("the file has more than %d members; what comes behind them was not read", maxEntries)}
	}
	return nil
}

// left is how much memory the walk can still take.
func (b *budget) left() int64 { return b.limits.half() - b.held }

// reserve takes memory, before it is allocated. release gives it back.
func (b *budget) reserve(n int64) error {
	if n < 0 || n > b.left() {
		return notRead(TooLarge, "reading it takes %d kB of memory, of which %d kB are left; --memory allows more", n>>10,
			b.left()>>10)
	}
	if b.held+n > b.limits.share() && !b.alone {
		b.limits.alone.Lock()
		b.alone = true
	}
	b.held += n
	return nil
}

func (b *budget) release(n int64) {
	b.held -= n
	if b.alone && b.held <= b.limits.share() {
		b.alone = false
		b.limits.alone.Unlock()
	}
}

// meter charges what is read of an unpacked content, and remembers why it ended.
type meter struct {
	from  io.Reader
	walk  *walk
	outer *meter
	err   error // other than io.EOF
}

func (m *meter) Read(b []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.from.Read(b)
	if charged := m.walk.budget.charge(n); charged != nil {
		err = charged
	} else if ended := m.walk.ctx.Err(); ended != nil {
		err = ended
	}
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

// failed tells whether this content or one around it could not be read to its end.
func (m *meter) failed() bool {
	for ; m != nil; m = m.outer {
		if m.err != nil {
			return true
		}
	}
	return false
}

// charged charges what is gone through of a packed content: a directory may send a reader through the same bytes many
// times, and nothing need come of it.
type charged struct {
	from   io.Reader
	budget *budget
}

func (c charged) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	if spent := c.budget.charge(n); spent != nil {
		err = spent
	}
	return n, err
}
