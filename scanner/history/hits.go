package history

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/git/deltas"
	"skleak/scanner/git/object"
	"skleak/scanner/git/pack"
	"skleak/scanner/history/internal/keyset"
)

// The search notes only which keys an object holds. Where they stand in it is found out again for the few objects
// that are told: the thousand versions of a file with a thousand keys have a million places, and most are never asked
// for.

// hit is an object that holds keys.
type hit struct {
	kind    pack.Kind
	keys    keyset.Set
	inner   bool   // some of them stand in what lies in it
	repeats uint32 // at most so many places it has beyond the first of each key
}

// with is what two copies of an object hold; either may be nil.
func (h *hit) with(other *hit) *hit {
	if h == nil || other == nil {
		return cmp.Or(h, other)
	}
	return &hit{h.kind, h.keys.Union(other.keys), h.inner || other.inner, h.repeats + other.repeats}
}

// sight is a candidate that leads to a key, in a content that others may be built on.
type sight struct {
	at  uint32
	key uint32 // in keyTable
}

// sights are all such candidates of a content of some size, in order.
type sights struct {
	size int
	list []sight
}

// sightsIn finds the keys of a content. Those that it has from a base whose keys are known are not looked for again:
// that is exact, since nothing further than Rules.Reach from a candidate has a say in what becomes of it. The result
// is good until the next call; complete is that of Set.Scan.
func (v *searcher) sightsIn(o *pack.Object) (list []sight, complete bool) {
	v.sights, v.newKeys, v.complete = v.sights[:0], v.newKeys[:0], true
	base, _ := o.Base.(*sights)
	if base == nil {
		v.judge(o.Content, 0, len(o.Content))
		return v.sights, v.complete
	}
	v.followBase(o, base)
	slices.SortFunc(v.sights, func(a, b sight) int { return int(int64(a.at) - int64(b.at)) })
	return v.sights, v.complete
}

// judge adds the keys whose candidates stand in a part of a content.
func (v *searcher) judge(content []byte, from, to int) {
	complete := v.Rules.EachKey(content, from, to, func(at int, k rules.Key) {
		if number := v.numberOfKey(k); number != keyset.Absent {
			v.sights = append(v.sights, sight{uint32(at), number})
		}
	})
	v.complete = v.complete && complete
}

// numberOfKey is the number of a key, keyset.Absent for one that there is no room for.
func (v *searcher) numberOfKey(k rules.Key) uint32 {
	n, isNew := v.keys.Add(k)
	if isNew {
		v.newKeys = append(v.newKeys, n)
	}
	return n
}

// followBase takes over the keys of the base in what is copied from it, but for the ends of each copy, and judges the rest.
func (v *searcher) followBase(o *pack.Object, base *sights) {
	reach := v.Rules.Reach()
	judged := 0 // what stands before this is done
	o.EachRun(func(to deltas.Range, from int) {
		first, last := to.From+reach, to.To-reach
		if to.From == 0 && from == 0 { // nothing stands before it, here and there
			first = 0
		}
		if to.To == len(o.Content) && from+to.To-to.From == base.size {
			last = to.To
		}
		if first >= last {
			return
		}
		v.judge(o.Content, judged, first)
		shift := to.From - from
		at := sort.Search(len(base.list), func(i int) bool { return int(base.list[i].at)+shift >= first })
		for ; at < len(base.list) && int(base.list[at].at)+shift < last; at++ {
			v.sights = append(v.sights, sight{uint32(int(base.list[at].at) + shift), base.list[at].key})
		}
		judged = last
	})
	v.judge(o.Content, judged, len(o.Content))
}

// leaveSights leaves the keys of an object that was looked into whole for those built on it.
func leaveSights(o *pack.Object, list []sight, complete bool) {
	if complete && !o.Leaf && o.Pack != nil && uint64(len(o.Content)) <= math.MaxUint32 {
		o.Keep = &sights{len(o.Content), slices.Clone(list)}
	}
}

// confirm notes the keys of an object with a candidate, and tells whether there are any.
func (v *searcher) confirm(o *pack.Object, number uint32) bool {
	if o.Kind == pack.Tree {
		keys := v.keysInNames(o.Content)
		v.tellDense(number, v.complete)
		return v.addHit(number, o.Kind, keys)
	}
	list, complete := v.sightsIn(o)
	v.tellDense(number, complete)
	if len(list) == 0 {
		return false
	}
	leaveSights(o, list, complete)
	numbers := v.numbers[:0]
	for _, one := range list {
		numbers = append(numbers, one.key)
	}
	v.numbers = numbers
	return v.addHit(number, o.Kind, numbers)
}

// addHit keeps an object that holds keys. Beyond what may be noted, an object only keeps the keys that no other has.
func (v *searcher) addHit(number uint32, kind pack.Kind, keys []uint32) bool {
	if len(keys) == 0 {
		return false
	}
	v.Progress.Found.Add(int64(len(keys)))
	set := keyset.New(keys)
	h := &hit{kind: kind, keys: set, repeats: uint32(min(uint64(len(keys)-set.Len()), math.MaxUint32))}
	if v.keyBytes.Add(set.Bytes()) > v.memory()/4 {
		v.crowded.Add(1)
		h.keys = keyset.New(v.newKeys)
	}
	if len(h.keys) > 0 {
		v.noted[number] = h
	}
	return true
}

// forgetKeys takes the keys that were given up out of what was noted.
func (s *search) forgetKeys() {
	if !s.keys.GaveUp() {
		return
	}
	kept := s.keys.Close()
	for number, h := range s.hits {
		if h.keys = h.keys.And(kept); len(h.keys) == 0 {
			delete(s.hits, number)
		}
	}
	s.unreadable(scanner.UnreadableTooLarge, "history",
		fmt.Sprintf("more than %d different keys: only %d of them are told", s.keys.Max, kept.Len()))
}

// keysInNames are the numbers of the keys in the names of a tree. The versions of a tree have the same names.
func (v *searcher) keysInNames(tree []byte) (all []uint32) {
	v.newKeys, v.complete = v.newKeys[:0], true
	v.eachKeyName(tree, func(_ string, keys []uint32) { all = append(all, keys...) })
	return all
}

// eachKeyName calls f for the names of a tree that hold keys.
func (v *searcher) eachKeyName(tree []byte, f func(name string, keys []uint32)) {
	_ = object.EachEntry(tree, v.repo.db.Format, func(e object.Entry) { // who reads the tree reports the error
		if v.Rules.Next(e.Name, 0) < 0 {
			return
		}
		keys, known := v.names[string(e.Name)]
		if !known {
			add := func(m rules.Match) {
				if number := v.numberOfKey(m.Key); number != keyset.Absent {
					keys = append(keys, number)
				}
			}
			if !v.Rules.Scan(e.Name, add) {
				v.complete = false
			} else {
				v.rememberName(string(e.Name), keys)
			}
		}
		if len(keys) > 0 {
			f(string(e.Name), keys)
		}
	})
}

// rememberName remembers a name that was looked into whole.
func (v *searcher) rememberName(name string, keys []uint32) {
	if v.names == nil || len(v.names) >= maxNames {
		v.names = map[string][]uint32{}
	}
	v.names[name] = keys
}

// maxNames is how many names with candidates a worker knows at a time.
const maxNames = 1 << 14
