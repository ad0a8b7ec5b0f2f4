package passes

import (
	"io"

	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// packed is a visitor of one pack.
type packed struct {
	Visitor
	objects *Objects
	pack    int
	first   bool
}

// passClean tells of the blobs that are not needed.
func (v *packed) passClean(l *pack.Layout, clean []uint32, need pack.Bitmap) {
	for rank := range uint32(l.Len()) {
		if !need.Has(rank) {
			position := l.Position(rank)
			v.pass(pack.Blob, position, uint64(clean[position]))
		}
	}
}

func (v *packed) pass(kind pack.Kind, position int, size uint64) {
	_, counts := v.number(position)
	v.Visitor.(Skimmer).Passed(kind, size, counts)
}

// number returns the number of an object that was read, and whether this copy of it counts.
func (v *packed) number(position int) (number uint32, counts bool) {
	number, isFirst := v.objects.DB.PackNumber(v.pack, position)
	return number, v.objects.counts(number, isFirst, copyAt{true, v.pack, position}, v.first)
}

func (v *packed) Visit(o *pack.Object) pack.Mark {
	number, counts := v.number(o.Position)
	return v.Visitor.Visit(o, number, counts)
}

func (v *packed) Stream(o *pack.Object, size uint64, content io.Reader) error {
	number, counts := v.number(o.Position)
	return v.Visitor.Stream(o, number, counts, size, content)
}

func (v *packed) Skim(o *pack.Object, size int, fresh []byte) (whole bool) {
	number, _ := v.objects.DB.PackNumber(v.pack, o.Position)
	if whole = v.Visitor.(Skimmer).Skim(o, number, size, fresh); !whole {
		v.pass(o.Kind, o.Position, uint64(size))
	}
	return whole
}

func (v *packed) Failed(p *pack.Pack, position int, err error) {
	if v.first {
		v.objects.fail(v.objects.DB.PackNumber(v.pack, position))
		v.Visitor.Failed(p, oid.FromBytes(p.Index.ID(position)), err)
	}
}
