package pack

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"skleak/scanner/git/deltas/deltatest"
)

// TestChainsAreWalkedSideBySide has as many workers as a large machine walk chains of objects that are nearly large.
func TestChainsAreWalkedSideBySide(t *testing.T) {
	const workers, size = 16, 12 << 20
	m := &maker{}
	for chain := range byte(4) {
		content := make([]byte, size)
		content[0] = chain
		base := m.object(Commit, content)
		for i := range 2 {
			base = m.ofs(anyID(int(chain)*2+i+1), base, deltatest.Make(size, size, deltatest.CopyOf(0, 10<<20),
				deltatest.CopyOf(10<<20, 2<<20)))
		}
	}
	layout, err := NewLayout(m.open(t, 2), 1)
	if err != nil {
		t.Fatal(err)
	}
	layout.tasks = nil // so small a pack is one task
	for rank, kind := range layout.kind {
		if kind == Commit {
			layout.tasks = append(layout.tasks, []uint32{uint32(rank)})
		}
	}
	w := Walk{Layout: layout, Kinds: AllKinds, Workers: workers}
	met := &meeting{t: t, all: make(chan struct{})}
	if err := w.Run(context.Background(), func() Visitor { return met }); err != nil {
		t.Fatal(err)
	}
	if met.deltas.Load() < 2 {
		t.Error("no two workers were at a delta at the same time")
	}
}

// meeting is a visitor that stays with the first delta until another worker has come to one too.
type meeting struct {
	t      *testing.T
	deltas atomic.Int32
	all    chan struct{}
}

func (v *meeting) Visit(o *Object) Mark {
	if !o.Delta {
		return 0
	}
	switch v.deltas.Add(1) {
	case 1:
		select {
		case <-v.all:
		case <-time.After(time.Minute):
			v.deltas.Store(-1 << 20)
		}
	case 2:
		close(v.all)
	}
	return 0
}

func (v *meeting) Stream(*Object, uint64, io.Reader) error { return nil }

func (v *meeting) Failed(_ *Pack, position int, err error) {
	v.t.Errorf("object %d: %v", position, err)
}
