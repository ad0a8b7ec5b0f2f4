// Package passes goes through all objects of a database, packed and loose: a first time to see each of them, and then
// again, through those that somebody wants to see once more.
//
// An object may be stored several times. Its first copy counts; where that cannot be read, the next one that can takes
// its place, in all passes that follow.
package passes

import (
	"context"
	"errors"
	"io"
	"sync"

	"skleak/scanner/git/mapped"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/oid"
	"skleak/scanner/git/pack"
)

// Objects are the objects of a database, to be gone through. LayOut comes before all else.
type Objects struct {
	DB     *odb.DB
	Jobs   int   // workers
	Memory int64 // bytes that large objects may hold at once; 0: pack.DefaultMemory
	// Unread is told of packs, and of loose objects, that cannot be read any more.
	Unread func(place string, err error)

	layouts []*pack.Layout // by pack; nil where one could not be laid out
	kinds   [][]pack.Kind  // of loose objects, by folder and position, as the first pass has found them

	mu      sync.Mutex
	failed  map[uint32]bool   // by object number: no copy could be read so far
	instead map[uint32]copyAt // the copy that is read in place of the first
}

// Visitor sees the objects of a pass. Each worker has one of its own.
type Visitor interface {
	// Visit sees an object with its number; counts tells the copy that counts from the others. What Visit returns
	// reaches the object's delta children as BaseMark.
	Visit(o *pack.Object, number uint32, counts bool) pack.Mark
	// Stream sees a blob that is too large to hold; Content is nil. Reading to the end verifies it.
	Stream(o *pack.Object, number uint32, counts bool, size uint64, content io.Reader) error
	// Failed learns of an object that cannot be read; p is nil for a loose one. Only the first pass tells.
	Failed(p *pack.Pack, id oid.ID, err error)
	// Done comes last. It is called for one visitor at a time.
	Done()
}

// Skimmer is a Visitor that can do with less than the whole of an object; see pack.Skimmer. Passed counts what was left
// out.
type Skimmer interface {
	Visitor
	Skim(o *pack.Object, number uint32, size int, fresh []byte) (whole bool)
	Passed(kind pack.Kind, size uint64, counts bool)
}

// Nothing is to be embedded by visitors that only Visit matters to.
type Nothing struct{}

func (Nothing) Stream(*pack.Object, uint32, bool, uint64, io.Reader) error { return nil }
func (Nothing) Failed(*pack.Pack, oid.ID, error)                           {}
func (Nothing) Done()                                                      {}

// Pass says what to go through, and how.
type Pass struct {
	First  bool         // nobody has seen these objects: it is to be found out which copies count
	Kinds  pack.KindSet // objects of other kinds are left out
	Margin int          // see pack.Walk
	Skim   pack.KindSet // that may be skimmed: visitors are Skimmers, unless there are none
	// SkimRow is a Walk's.
	SkimRow int
	// Need are the numbers of the objects to see; what they are built on is seen as well. nil: all.
	Need pack.Bitmap
	// Clean has, by pack, the sizes of blobs that need not be read, by position in the idx, 0 for all others. They are
	// told to Passed.
	Clean map[*pack.Pack][]uint32
	New   func() Visitor
}

// All goes through packs and loose objects.
func (s *Objects) All(ctx context.Context, p Pass) error {
	if err := s.Packs(ctx, p); err != nil {
		return err
	}
	return s.Loose(ctx, 0, p)
}

// Packs goes through all packs.
func (s *Objects) Packs(ctx context.Context, p Pass) error {
	var need []pack.Bitmap
	if p.Need != nil {
		need = s.ranksOf(p.Need)
	}
	for i, layout := range s.layouts {
		if layout == nil || need != nil && need[i] == nil {
			continue
		}
		w := &pack.Walk{Layout: layout, Kinds: p.Kinds, Margin: p.Margin, Workers: s.Jobs,
			Memory: s.Memory, Resolve: s.DB.NewReader().Read}
		w.Skim, w.SkimRow = p.Skim, p.SkimRow
		if need != nil {
			w.Need = need[i]
		}
		var visitors []*packed
		newVisitor := func() pack.Visitor {
			v := &packed{Visitor: p.New(), objects: s, pack: i, first: p.First}
			visitors = append(visitors, v)
			return v
		}
		if clean := p.Clean[s.DB.Packs[i]]; clean != nil {
			w.Need = others(layout, clean)
			newVisitor().(*packed).passClean(layout, clean, w.Need)
		}
		err := w.Run(ctx, newVisitor)
		for _, v := range visitors {
			v.Done()
		}
		if errors.Is(err, mapped.ErrFault) {
			s.Unread(odb.Place(s.DB.Packs[i]), err)
		} else if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// others are the ranks of what is not clean, and of what that is built on.
func others(l *pack.Layout, clean []uint32) pack.Bitmap {
	ranks := pack.NewBitmap(l.Len())
	for rank := range uint32(l.Len()) {
		if clean[l.Position(rank)] == 0 {
			ranks.Add(rank)
		}
	}
	l.CloseUpward(ranks)
	return ranks
}

// Collect goes through all objects and returns what visit appends to its list; each worker has a list of its own.
func Collect[T any](ctx context.Context, s *Objects, p Pass,
	visit func(list []T, o *pack.Object, number uint32, counts bool) ([]T, pack.Mark)) (all []T, err error) {
	p.New = func() Visitor { return &collector[T]{visit: visit, all: &all} }
	err = s.All(ctx, p)
	return all, err
}

type collector[T any] struct {
	Nothing
	visit func(list []T, o *pack.Object, number uint32, counts bool) ([]T, pack.Mark)
	list  []T
	all   *[]T
}

func (c *collector[T]) Visit(o *pack.Object, number uint32, counts bool) (mark pack.Mark) {
	c.list, mark = c.visit(c.list, o, number, counts)
	return mark
}

func (c *collector[T]) Done() { *c.all = append(*c.all, c.list...) }
