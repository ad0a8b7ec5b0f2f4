package history

import (
	"math"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/archive"
	"skleak/scanner/git/pack"
)

// To make an idx, each object must be built, and to search what was built costs little more. But what is found then
// has no name yet, nor is it known whether another pack has it, too. So the blobs are only screened: most hold nothing
// that anybody will ask for again, and the search passes over those. All others, and all that is no blob, it reads
// once more, as if the idx had always been there.

// screen makes ready for a pack.
func (s *search) screen() (newVisitor func() pack.Visitor, seen func(*pack.Pack, []uint32)) {
	var all []*screener
	newVisitor = func() pack.Visitor {
		all = append(all, newScreener(s.Rules))
		return all[len(all)-1]
	}
	return newVisitor, func(p *pack.Pack, positions []uint32) {
		clean := make([]uint32, p.Index.Len())
		for _, one := range all {
			for _, blob := range one.clean {
				clean[positions[blob.place]] = blob.size
			}
		}
		s.clean[p] = clean
	}
}

// screener looks at the blobs of a pack that has no idx yet; each worker has one.
type screener struct {
	pack.Onlooker // of large blobs, which are few: the search reads them
	glancer
	clean []cleanBlob
}

func newScreener(set *provider.Set) *screener { return &screener{glancer: glancer{rules: set}} }

// cleanBlob is a blob without keys; its place is that in the order of the pack.
type cleanBlob struct{ place, size uint32 }

// Visit implements pack.Visitor.
func (c *screener) Visit(o *pack.Object) pack.Mark {
	if o.Kind != pack.Blob {
		return 0
	}
	mark, sure := c.glance(o)
	if !sure {
		found := false
		complete := c.rules.Scan(o.Content, func(rules.Match) { found = true })
		if found || !complete {
			return hasKeys
		}
		mark = isPassed
		c.leaveAll(o)
	}
	if size := len(o.Content); uint64(size) <= math.MaxUint32 && !scanner.IsLFSPointer(o.Content) &&
		archive.DetectBytes(o.Content) == archive.None {
		c.clean = append(c.clean, cleanBlob{uint32(o.Position), uint32(size)})
	}
	return mark
}
