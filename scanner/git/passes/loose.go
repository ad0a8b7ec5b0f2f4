package passes

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"skleak/scanner/git/mapped"
	"skleak/scanner/git/odb"
	"skleak/scanner/git/pack"
)

// Loose goes through the loose objects of the folders from one on.
func (s *Objects) Loose(ctx context.Context, from int, p Pass) error {
	for i := from; i < len(s.DB.Loose); i++ {
		if s.DB.Loose[i].Len() == 0 {
			continue
		}
		if p.First {
			for len(s.kinds) <= i {
				s.kinds = append(s.kinds, nil)
			}
			s.kinds[i] = make([]pack.Kind, s.DB.Loose[i].Len())
		}
		var next atomic.Int32 // first byte of the ids
		workers := pool.New()
		visitors := make([]Visitor, s.Jobs)
		for n := range visitors {
			visitors[n] = p.New()
			workers.Go(func() {
				err := mapped.Guard(func() error { s.looseFolders(ctx, i, &next, p, visitors[n]); return nil })
				if err != nil { // what it did not get to is noted in one entry
					s.Unread("objects", err)
				}
			})
		}
		workers.Wait()
		for _, v := range visitors {
			v.Done()
		}
	}
	return ctx.Err()
}

// looseFolders is the work of one goroutine.
func (s *Objects) looseFolders(ctx context.Context, dir int, next *atomic.Int32, p Pass, v Visitor) {
	var r odb.LooseReader
	for first := next.Add(1) - 1; first <= 255 && ctx.Err() == nil; first = next.Add(1) - 1 {
		from, to := s.DB.Loose[dir].Folder(byte(first))
		for at := from; at < to; at++ {
			if p.First || p.Kinds.Has(s.kinds[dir][at]) {
				s.looseObject(&r, dir, at, p, v)
			}
		}
	}
}

func (s *Objects) looseObject(r *odb.LooseReader, dir, position int, p Pass, v Visitor) {
	list := s.DB.Loose[dir]
	number, isFirst := s.DB.LooseNumber(dir, position)
	if p.Need != nil && !p.Need.Has(number) {
		return
	}
	met := func(kind pack.Kind) (counts bool) {
		if p.First {
			s.kinds[dir][position] = kind
		}
		return s.counts(number, isFirst, copyAt{false, dir, position}, p.First)
	}
	err := r.Visit(list, position, func(kind pack.Kind, content []byte) {
		v.Visit(&pack.Object{Kind: kind, Content: content}, number, met(kind))
	}, func(kind pack.Kind, size uint64, content io.Reader) error {
		counts, o := met(kind), &pack.Object{Kind: kind}
		if kind == pack.Blob {
			return v.Stream(o, number, counts, size, content)
		}
		data, err := pack.ReadBounded(content, size, s.Memory) // what names other objects must be had whole
		if o.Content = data; err == nil {
			v.Visit(o, number, counts)
		}
		return err
	})
	if err != nil && p.First {
		if !errors.Is(err, odb.ErrBehind) { // which leaves nothing for another copy to stand in for
			s.fail(number, isFirst)
		}
		v.Failed(nil, list.ID(position), err)
	}
}
