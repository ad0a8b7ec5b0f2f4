package pack

import (
	"fmt"
	"sync/atomic"

	"skleak/scanner/git/deltas"
)

// A hundred packed bytes can make a hundred megabytes, again and again: deflate makes up to 1032 bytes of one, and a
// delta copies its base as often as it likes. Each such object fits into memory, and thousands of them take a scan's
// time without end. So there is an allowance for objects that are out of all proportion to their packed bytes. It is
// meant never to be felt by an honest repository, and it is not: of git's own history (271 MB of packed blobs, 7.7 GB
// of content) 557 objects of 0.2 GB are more than 2048 times their packed size, the worst of them 7294 times; of
// rocksdb's (239 MB, 7.4 GB) 1514 objects of 0.5 GB, the worst 9199 times.

const (
	// proportion is how many bytes a packed byte may make without counting.
	proportion = 512
	// smallEntry is added to an entry's packed bytes first: a tiny delta of a small file is no bomb.
	smallEntry = 64
	// allowedBytes, and as much again for each packed byte as in proportion, is what may be made beyond. Memory is
	// copied at some gigabytes a second.
	allowedBytes = 256 << 30
)

// allowance is how many bytes may still be made out of proportion. It may be used by many goroutines.
type allowance struct{ left atomic.Int64 }

// allow sets the allowance for packed bytes in all.
func (a *allowance) allow(packed uint64) {
	a.left.Store(allowedBytes + proportion*int64(packed))
}

// charge takes what an object makes of its packed bytes from the allowance, unless it is in proportion.
func (a *allowance) charge(made uint64, packed int) error {
	if made <= proportion*uint64(packed+smallEntry) {
		return nil
	}
	return a.take(made, packed)
}

// spend takes what is made a second time from the allowance.
func (a *allowance) spend(made uint64) error { return a.take(made, 0) }

func (a *allowance) take(made uint64, packed int) error {
	if a.left.Load() < 0 || a.left.Add(-int64(min(made, allowedBytes))) < 0 {
		return &BombError{made, packed}
	}
	return nil
}

// chargeDelta charges what a delta declares to make. One that cannot be read fails where it is applied.
func (a *allowance) chargeDelta(delta []byte, packed int) error {
	if _, size, _, err := deltas.Sizes(delta); err == nil {
		return a.charge(size, packed)
	}
	return nil
}

// BombError says that an object makes so much of so little, in a pack that has done so for long, that it is taken for
// a bomb.
type BombError struct {
	Size   uint64
	Packed int // 0: it is not the object that is one, but what it takes to put it together
}

func (e *BombError) Error() string {
	if e.Packed == 0 {
		return "to put it together, more would have to be inflated over and over than a scan may"
	}
	return fmt.Sprintf("the object makes %d bytes of %d packed ones, and the objects before it made hundreds of "+
		"gigabytes so: it is taken for a bomb", e.Size, e.Packed)
}
