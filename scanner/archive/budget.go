package archive

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
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
	// defaultMemory is how much is held at once, for kinds that must be read at any offset.
	defaultMemory = 256 << 20

	// streamSize stands for the size of a stream, which nobody knows.
	streamSize = 16 << 20
	// maxDictionary is how many bytes a decoder may look back.
	maxDictionary = 128 << 20

	streamBuffer = 64 << 10
)

// Limits bounds what the walks of one scan take together. It may be used by many goroutines; its zero value is ready.
type Limits struct {
	// Memory is how many bytes may be held at once, of contents that lie in others and must be read at any offset;
	// 0: 256 MB.
	Memory int64

	held atomic.Int64
	made atomic.Int64 // bytes unpacked out of proportion
}

// budget is what one walk may still do.
type budget struct {
	limits  *Limits
	free    int64 // bytes that may be made without counting
	entries int
}

func (l *Limits) budget(size int64) *budget {
	return &budget{limits: l, free: proportion * min(size+smallest, 1<<50)}
}

// spent ends a walk that has used up its budget: members that come behind would find nothing left of it.
type spent struct{ error }

// charge counts bytes that were unpacked.
func (b *budget) charge(n int) error {
	b.free -= int64(n)
	if b.free >= 0 || b.limits.made.Add(int64(n)) <= allowedBytes {
		return nil
	}
	return spent{fmt.Errorf("it unpacks to more than %d times its size, and the allowance of %d GB for that is used up; "+
		"what comes behind in it was not read", proportion, allowedBytes>>30)}
}

// entry counts a member.
func (b *budget) entry() error {
	if b.entries++; b.entries > maxEntries {
		return spent{fmt.Errorf("it has more than %d members; what comes behind them was not read", maxEntries)}
	}
	return nil
}

// hold reads a content into memory. What is returned beside an error is its beginning. release gives it back.
func (b *budget) hold(r io.Reader) ([]byte, error) {
	var all bytes.Buffer
	piece := make([]byte, streamBuffer)
	for {
		n, err := r.Read(piece)
		if b.limits.held.Add(int64(n)) > cmp.Or(b.limits.Memory, defaultMemory) {
			b.limits.held.Add(-int64(n))
			return all.Bytes(), notRead(TooLarge, "it lies in another container and does not fit into memory; --memory allows more")
		}
		all.Write(piece[:n])
		if errors.Is(err, io.EOF) {
			return all.Bytes(), nil
		}
		if err != nil {
			return all.Bytes(), fmt.Errorf("reading it: %w", err)
		}
	}
}

func (b *budget) release(held []byte) { b.limits.held.Add(-int64(len(held))) }

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
