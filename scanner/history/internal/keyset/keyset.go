// Package keyset numbers the keys of a search, and holds sets of them in little memory: the thousand versions of a file
// with a thousand keys have a set each.
package keyset

import (
	"iter"
	"maps"
	"math/bits"
	"slices"
	"sync"

	"skleak/rules"
	"skleak/scanner"
)

// Table numbers the distinct keys of a search in the order in which they are found, which depends on timing: the
// numbers are for sets of keys, and nothing that is told may follow from them.
//
// A Table keeps no more keys than memory has room for. Beyond, it gives up half of them, and from then on takes none that
// would have been among these: the fingerprint decides, so that the same ones remain whatever comes first.
type Table struct {
	Max int // keys to keep; 0: any number

	mu      sync.Mutex
	numbers map[rules.Key]uint32
	keys    []rules.Key // by number; zero for one that was given up
	share   scanner.KeyShare
	closed  bool // no key is new any more: numbers are being told
}

// Absent stands in the place of a number where there is none.
const Absent = 1<<32 - 1

// Number returns the number of a key, Absent if there is no room for it.
func (t *Table) Number(k rules.Key) uint32 {
	n, _ := t.Add(k)
	return n
}

// Add is Number for who wants to know whether the key is new: it is for the first who asks for its number.
func (t *Table) Add(k rules.Key) (n uint32, isNew bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, known := t.numbers[k]
	switch {
	case known:
		return n, false
	case t.closed || !t.share.Has(k):
		return Absent, false
	}
	if t.numbers == nil {
		t.numbers = map[rules.Key]uint32{}
	}
	n = uint32(len(t.keys))
	t.numbers[k] = n
	t.keys = append(t.keys, k)
	for t.Max > 0 && len(t.numbers) > t.Max {
		t.halve()
	}
	return n, true
}

// Key returns the key with a number; zero if it was given up.
func (t *Table) Key(n uint32) rules.Key {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keys[n]
}

// Len is how many numbers there are.
func (t *Table) Len() int { return len(t.keys) }

func (t *Table) halve() {
	t.share++
	for k, n := range t.numbers {
		if !t.share.Has(k) {
			delete(t.numbers, k)
			t.keys[n] = rules.Key{}
		}
	}
}

// GaveUp tells whether there were more keys than are kept.
func (t *Table) GaveUp() bool { return t.share > 0 }

// Close ends the numbering, and returns the numbers of the keys that are kept.
func (t *Table) Close() Set {
	t.closed = true
	return New(slices.Collect(maps.Values(t.numbers)))
}

// Set is a set of numbers of keys, as words of 64 bits without those that are zero. The keys of one file were
// found one after the other, so their numbers lie close together: 5,000 of them take some 1,300 bytes, however many
// versions of the file have them. A Set is never changed.
type Set []word

// word is 64 numbers of a set.
type word struct {
	at   uint32 // the set holds the numbers from 64 times this on
	bits uint64
}

// New makes a set of numbers, which it sorts.
func New(numbers []uint32) Set {
	slices.Sort(numbers)
	words := 0
	last := ^uint32(0)
	for _, n := range numbers {
		if n/64 != last {
			words++
			last = n / 64
		}
	}
	s := make(Set, 0, words)
	for _, n := range numbers {
		if len(s) == 0 || s[len(s)-1].at != n/64 {
			s = append(s, word{at: n / 64})
		}
		s[len(s)-1].bits |= 1 << (n % 64)
	}
	return s
}

// Of makes a set of the numbers for which keep is true.
func Of(numbers iter.Seq[uint32], keep func(uint32) bool) Set {
	var kept []uint32
	for n := range numbers {
		if keep(n) {
			kept = append(kept, n)
		}
	}
	return New(kept)
}

// Has is true for the numbers in a set.
func (s Set) Has(n uint32) bool {
	i, ok := slices.BinarySearchFunc(s, n/64, func(w word, at uint32) int { return int(int64(w.at) - int64(at)) })
	return ok && s[i].bits>>(n%64)&1 != 0
}

// Len is how many numbers are in a set.
func (s Set) Len() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w.bits)
	}
	return n
}

// Bytes is how much memory a set takes.
func (s Set) Bytes() int64 { return int64(len(s)) * 16 }

// All are the numbers in a set, in their order.
func (s Set) All() iter.Seq[uint32] { return s.AllBut(nil) }

// AllBut are the numbers in a set and not in a bitmap, in their order; nil: all.
func (s Set) AllBut(bitmap []uint64) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for _, w := range s {
			left := w.bits
			if bitmap != nil {
				left &^= bitmap[w.at]
			}
			for ; left != 0; left &= left - 1 {
				if !yield(w.at*64 + uint32(bits.TrailingZeros64(left))) {
					return
				}
			}
		}
	}
}

// Minus is a set without the numbers of another.
func (s Set) Minus(o Set) Set {
	if len(s) == 0 || len(o) == 0 {
		return s
	}
	return combine(s, o, func(a, b uint64) uint64 { return a &^ b })
}

// And is what two sets have in common.
func (s Set) And(o Set) Set {
	if len(s) == 0 || len(o) == 0 {
		return nil
	}
	return combine(s, o, func(a, b uint64) uint64 { return a & b })
}

// Union is what either of two sets has.
func (s Set) Union(o Set) Set {
	switch {
	case len(s) == 0:
		return o
	case len(o) == 0:
		return s
	}
	return combine(s, o, func(a, b uint64) uint64 { return a | b })
}

// combine makes a set of the words of two, where one of them lacks a word of zero.
func combine(a, b Set, op func(a, b uint64) uint64) (made Set) {
	for len(a) > 0 || len(b) > 0 {
		var both word
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].at < b[0].at:
			both = word{a[0].at, op(a[0].bits, 0)}
			a = a[1:]
		case len(a) == 0 || b[0].at < a[0].at:
			both = word{b[0].at, op(0, b[0].bits)}
			b = b[1:]
		default:
			both = word{a[0].at, op(a[0].bits, b[0].bits)}
			a, b = a[1:], b[1:]
		}
		if both.bits != 0 {
			made = append(made, both)
		}
	}
	return made
}
