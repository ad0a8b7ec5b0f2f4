// Package bound has the bounds of what looks into containers: how much they may unpack, how much memory they may take,
// and how it is said that something was not read.
package bound

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

// docs/coverage.md tells these to users.
const (
	// MaxEntries is how many members one outer content may have, at all depths together.
	MaxEntries = 10_000_000
	// proportion is how many bytes may be unpacked from each byte of the outer content without counting. Text packs
	// 4 to 10 times, logs 20, sparse images hundreds of times.
	proportion = 64
	// smallest is added to the outer content's size first: a tiny archive is no bomb yet.
	smallest = 1 << 20
	// AllowedBytes is what all contents of a scan together may make beyond that: half a minute of unpacking.
	AllowedBytes = 16 << 30
	// defaultMemory is how much is held at once, for kinds that must be read at any offset and for what decoders look
	// back at.
	defaultMemory = 512 << 20
)

// Limits bounds what the walks of one scan take together. It may be used by many goroutines; its zero value is ready.
//
// A walk takes its memory from one of two halves. One is cut into equal shares, one for each walk that may be under
// way. A walk that needs more takes the other half for itself, and waits while another one has it. So what a walk can
// hold does not depend on the others, and neither does what it reads.
type Limits struct {
	// Memory is how many bytes may be held at once, of contents that lie in others and must be read at any offset, and
	// by decoders; 0: 512 MB.
	Memory int64
	// Walks is how many walks there are at once; 0: one for each processor.
	Walks int
	// Packed is how many bytes all contents come out of, where that is less than they hold, as of a repository whose
	// packs hold a file and its thousand versions: what may be unpacked in proportion is in proportion to these. 0: no
	// such bound.
	Packed int64

	alone sync.Mutex   // of the walk that has the undivided half
	made  atomic.Int64 // bytes unpacked out of proportion
	all   atomic.Int64 // bytes unpacked, where Packed is set
}

func (l *Limits) half() int64  { return cmp.Or(l.Memory, defaultMemory) / 2 }
func (l *Limits) share() int64 { return l.half() / int64(cmp.Or(l.Walks, runtime.GOMAXPROCS(0))) }

// Budget is what one walk may still do.
type Budget struct {
	limits  *Limits
	free    int64 // bytes that may be made without counting
	entries int
	held    int64 // bytes of memory
	alone   bool  // it has the undivided half
}

// Budget is that of a walk through a content of a size.
func (l *Limits) Budget(size int64) *Budget {
	return &Budget{limits: l, free: proportion * min(size+smallest, 1<<50)}
}

// Spent ends a walk that has used up its budget: members that come behind would find nothing left of it.
type Spent struct{ error }

// Charge counts bytes that were unpacked, or gone through to unpack others.
func (b *Budget) Charge(n int) error {
	b.free -= int64(n)
	if b.limits.inProportion(n) && b.free >= 0 || b.limits.made.Add(int64(n)) <= AllowedBytes {
		return nil
	}
	return Spent{fmt.Errorf("the file unpacks to more than %d times its size, and the allowance of %d GB for that is "+
		"used up; what comes behind in it was not read", proportion, AllowedBytes>>30)}
}

// inProportion counts bytes against what may be unpacked of all contents together.
func (l *Limits) inProportion(n int) bool {
	return l.Packed == 0 || l.all.Add(int64(n)) <= proportion*(l.Packed+smallest)
}

// Entry counts a member.
func (b *Budget) Entry() error {
	if b.entries++; b.entries > MaxEntries {
		return Spent{fmt.Errorf("the file has more than %d members; what comes behind them was not read", MaxEntries)}
	}
	return nil
}

// Held is how much memory the walk has taken, and Left how much it can still take.
func (b *Budget) Held() int64 { return b.held }
func (b *Budget) Left() int64 { return b.limits.half() - b.held }

// Reserve takes memory, before it is allocated. Release gives it back.
func (b *Budget) Reserve(n int64) error {
	if n < 0 || n > b.Left() {
		return NotRead(TooLarge, "reading it takes %d kB of memory, of which %d kB are left; --memory allows more",
			n>>10, b.Left()>>10)
	}
	if b.held+n > b.limits.share() && !b.alone {
		b.limits.alone.Lock()
		b.alone = true
	}
	b.held += n
	return nil
}

// Release gives memory back.
func (b *Budget) Release(n int64) {
	b.held -= n
	if b.alone && b.held <= b.limits.share() {
		b.alone = false
		b.limits.alone.Unlock()
	}
}

// Charged charges what is gone through of a packed content: a directory may send a reader through the same bytes many
// times, and nothing need come of it.
type Charged struct {
	From   io.Reader
	Budget *Budget
}

func (c Charged) Read(b []byte) (int, error) {
	n, err := c.From.Read(b)
	if spent := c.Budget.Charge(n); spent != nil {
		err = spent
	}
	return n, err
}

// Why something was not read.
const (
	Encrypted   = "encrypted"
	Unsupported = "unsupported"
	Corrupt     = "corrupt"
	TooLarge    = "too-large"
)

// unread is an error with one of these reasons.
type unread struct {
	reason string
	error
}

func (u unread) Unwrap() error { return u.error }

// NotRead is an error that says why something was not read.
func NotRead(reason, format string, args ...any) error {
	return unread{reason, fmt.Errorf(format, args...)}
}

// ReasonOf is the reason that an error gives; one that gives none tells of damage.
func ReasonOf(err error) string {
	if u := (unread{}); errors.As(err, &u) {
		return u.reason
	}
	return Corrupt
}

// NoEOF makes an end that comes too early an error.
func NoEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
