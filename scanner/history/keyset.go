package history

import (
	"iter"
	"maps"
	"math/bits"
	"slices"
	"sync"

	"skleak/rules"
	"skleak/scanner"
)

// keyTable numbers the distinct keys of a search in the order in which they are found, which depends on timing: the
// numbers are for sets of keys, and nothing that is told may follow from them.
//
// It keeps no more keys than memory has room for. Beyond, it gives up half of them, and from then on takes none that
// would have been among these: the fingerprint decides, so that the same ones remain whatever comes first.
type keyTable struct {
	max int // keys to keep; 0: any number

	mu      sync.Mutex
	numbers map[rules.Key]uint32
	keys    []rules.Key // by number; zero for one that was given up
	share   scanner.KeyShare
	closed  bool // no key is new any more: numbers are being told
}

// number returns the number of a key, absent if there is no room for it; isNew is true for the first who asks for it.
func (t *keyTable) number(k rules.Key) (n uint32, isNew bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, known := t.numbers[k]
	switch {
	case known:
		return n, false
	case t.closed || !t.share.Has(k):
		return absent, false
	}
	if t.numbers == nil {
		t.numbers = map[rules.Key]uint32{}
	}
	n = uint32(len(t.keys))
	t.numbers[k] = n
	t.keys = append(t.keys, k)
	for t.max > 0 && len(t.numbers) > t.max {
		t.halve()
	}
	return n, true
}

// key is the key with a number; zero if it was given up.
func (t *keyTable) key(n uint32) rules.Key {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keys[n]
}

func (t *keyTable) halve() {
	t.share++
	for k, n := range t.numbers {
		if !t.share.Has(k) {
			delete(t.numbers, k)
			t.keys[n] = rules.Key{}
		}
	}
}

// gaveUp tells whether there were more keys than are kept.
func (t *keyTable) gaveUp() bool { return t.share > 0 }

// close ends the numbering, and returns the numbers of the keys that are kept.
func (t *keyTable) close() keySet {
	t.closed = true
	return newKeySet(slices.Collect(maps.Values(t.numbers)))
}

// keySet is a set of numbers of keys, as words of 64 bits without those that are zero. The keys of one file were
// found one after the other, so their numbers lie close together: 5,000 of them take some 1,300 bytes, however many
// versions of the file have them. A keySet is never changed.
type keySet []keyWord

type keyWord struct {
	at   uint32 // the set holds the numbers from 64 times this on
	bits uint64
}

// newKeySet makes a set of numbers, which it sorts.
func newKeySet(numbers []uint32) keySet {
	slices.Sort(numbers)
	words := 0
	last := ^uint32(0)
	for _, n := range numbers {
		if n/64 != last {
			words++
			last = n / 64
		}
	}
	s := make(keySet, 0, words)
	for _, n := range numbers {
		if len(s) == 0 || s[len(s)-1].at != n/64 {
			s = append(s, keyWord{at: n / 64})
		}
		s[len(s)-1].bits |= 1 << (n % 64)
	}
	return s
}

// keySetOf makes a set of the numbers for which keep is true.
func keySetOf(numbers iter.Seq[uint32], keep func(uint32) bool) keySet {
	var kept []uint32
	for n := range numbers {
		if keep(n) {
			kept = append(kept, n)
		}
	}
	return newKeySet(kept)
}

func (s keySet) has(n uint32) bool {
	i, ok := slices.BinarySearchFunc(s, n/64, func(w keyWord, at uint32) int { return int(int64(w.at) - int64(at)) })
	return ok && s[i].bits>>(n%64)&1 != 0
}

func (s keySet) len() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w.bits)
	}
	return n
}

// all are the numbers in a set, in their order.
func (s keySet) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for _, w := range s {
			for left := w.bits; left != 0; left &= left - 1 {
				if !yield(w.at*64 + uint32(bits.TrailingZeros64(left))) {
					return
				}
			}
		}
	}
}

func (s keySet) minus(o keySet) keySet {
	if len(s) == 0 || len(o) == 0 {
		return s
	}
	return combine(s, o, func(a, b uint64) uint64 { return a &^ b })
}

func (s keySet) and(o keySet) keySet {
	if len(s) == 0 || len(o) == 0 {
		return nil
	}
	return combine(s, o, func(a, b uint64) uint64 { return a & b })
}

func (s keySet) union(o keySet) keySet {
	switch {
	case len(s) == 0:
		return o
	case len(o) == 0:
		return s
	}
	return combine(s, o, func(a, b uint64) uint64 { return a | b })
}

// combine makes a set of the words of two, where one of them lacks a word of zero.
func combine(a, b keySet, op func(a, b uint64) uint64) (made keySet) {
	for len(a) > 0 || len(b) > 0 {
		var word keyWord
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].at < b[0].at:
			word = keyWord{a[0].at, op(a[0].bits, 0)}
			a = a[1:]
		case len(a) == 0 || b[0].at < a[0].at:
			word = keyWord{b[0].at, op(0, b[0].bits)}
			b = b[1:]
		default:
			word = keyWord{a[0].at, op(a[0].bits, b[0].bits)}
			a, b = a[1:], b[1:]
		}
		if word.bits != 0 {
			made = append(made, word)
		}
	}
	return made
}
