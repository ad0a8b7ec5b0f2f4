// Package keys tells where in a text a key is: what its prefix and its body look like, and what may touch them.
package keys

import "skleak/rules/internal/ascii"

// The prefixes of keys, joined here so that no source file holds anything in the shape of a key.
const (
	Live      = "sk" + "_live_"
	Test      = "sk" + "_test_"
	PrefixLen = len(Live)
)

// How long a body is.
const (
	MinBody = 10
	MaxBody = 255
)

// EndsPrefix says whether text ends in a prefix.
func EndsPrefix(text []byte) bool {
	return len(text) >= PrefixLen && ascii.HasPrefix(text[len(text)-PrefixLen:], Live, Test)
}

// An Extent says where a body ends and what touches the prefix.
type Extent struct {
	End    int
	Free   bool  // nothing that a longer word could be
	Vendor bool  // a longer prefix
	Whole  bool  // see wholeBody
	Others []int // where the body may end as well, mostly earlier, if nothing decides
}

// mostOthers is how many ends a key may have besides the one it is told with.
const mostOthers = 4

// Read reads what stands around the prefix at text[at:].
func Read(text []byte, at int) (x Extent) {
	start := at + PrefixLen
	x.End = BodyEnd(text, start)
	x.Free, x.Vendor = Boundary(text, at)
	x.Whole = wholeBody(text[start:]) > 0
	if end, other := recordEnd(text, at, x.End); end > start {
		x.End, x.Free, x.Vendor = end, true, false
		if other > 0 {
			x.Others = []int{other}
		}
	} else if !x.Whole {
		x.End, x.Others = readings(text, start, x.End)
	}
	x.Free = x.Free || x.Whole || isTouched(text[max(0, at-vendorReach):at], text[start:x.End])
	return x
}
