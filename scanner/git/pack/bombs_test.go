package pack

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"skleak/scanner/git/deltas/deltatest"
	"skleak/scanner/git/oid"
)

// peak returns by how much the heap in use grows during f at most, garbage left out as far as the collector
// keeps up.
func peak(f func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var most atomic.Uint64
	stop, stopped := make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapAlloc))
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	f()
	close(stop)
	<-stopped
	return most.Load() - before.HeapAlloc
}

// Bases that lie outside the pack are fetched when their turn comes, not all at once.
func TestManyLargeBasesOutside(t *testing.T) {
	const size, count = 4 << 20, 100
	m := &maker{}
	for i := range count {
		m.ref(anyID(i), anyID(1000+i), deltatest.Make(size, 1, deltatest.CopyOf(0, 1)))
	}
	p := m.open(t, 2)
	resolve := func(oid.ID) (Kind, []byte, error) { return Blob, make([]byte, size), nil }
	got := peak(func() { expect(t, m, p, walked(t, p, Walk{Resolve: resolve, Workers: 2})) })
	if got > count*size/4 {
		t.Errorf("%d MB of memory for bases of %d MB, one at a time", got>>20, size>>20)
	}
}

// The packed bytes of a bomb are a thousandth of what they inflate to.
func TestBombs(t *testing.T) {
	const memory = 32 << 20
	bomb := zeros(80 << 20)
	m := &maker{}
	streamed := m.raw(anyID(0), slices.Concat(entryHead(Blob, 80<<20), bomb))
	tree := m.raw(anyID(1), slices.Concat(entryHead(Tree, 80<<20), bomb))
	base := m.object(Blob, []byte("hello"))
	bombDelta := m.raw(anyID(3), slices.Concat(entryHead(ofsDelta, 80<<20), distance(m.end-m.entries[base].offset), bomb))
	lying := m.raw(anyID(4), slices.Concat(entryHead(Blob, 9), bomb))
	m.object(Blob, []byte("the rest"))
	_ = streamed
	p := m.open(t, 2)
	r := &discard{record: newRecord()}
	got := peak(func() {
		l, err := NewLayout(p, 1)
		if err != nil {
			t.Fatal(err)
		}
		w := Walk{Layout: l, Kinds: AllKinds, Memory: memory, Workers: 2}
		if err := w.Run(context.Background(), func() Visitor { return r }); err != nil {
			t.Fatal(err)
		}
	})
	expect(t, m, p, r.record, tree, bombDelta, lying)
	if got > 2*memory {
		t.Errorf("%d MB of memory", got>>20)
	}
	for _, i := range []int{tree, bombDelta} {
		var tooLarge *TooLargeError
		if err := r.failed[find(t, p, m.entries[i].id)][0]; !errors.As(err, &tooLarge) {
			t.Errorf("entry %d: %v", i, err)
		}
	}
}

// discard records like record, and keeps nothing.
type discard struct{ *record }

func (d *discard) Visit(o *Object) Mark {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.visits[o.Position]++
	return 0
}

func (d *discard) Stream(o *Object, _ uint64, content io.Reader) error {
	_, err := io.Copy(io.Discard, content)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.visits[o.Position]++
	}
	return err
}

// Each delta makes twice what the one before made, of a few bytes: declared terabytes.
func TestDoublingDeltas(t *testing.T) {
	const memory = 64 << 20
	m := &maker{}
	last, size := m.object(Blob, make([]byte, 1024)), uint64(1024)
	var tooLarge []int
	for i := range 32 {
		var copies [][]byte
		for range 2 {
			for at := uint64(0); at < size && size <= 1<<28; at += 1 << 23 {
				copies = append(copies, deltatest.CopyOf(int(at), int(min(1<<23, size-at))))
			}
		}
		size *= 2
		last = m.ofs(anyID(i), last, deltatest.Make(size/2, size, copies...))
		if size > 1<<29 { // from there on it makes less than it declares, or more than goes by: hugest
			tooLarge = append(tooLarge, last)
		}
	}
	after := m.object(Blob, []byte("the rest"))
	_ = after
	p := m.open(t, 2)
	r := &discard{newRecord()}
	got := peak(func() { walkPast(t, p, Walk{Memory: memory, Workers: 2}, r) })
	expect(t, m, p, r.record, tooLarge...)
	if got > 2*memory {
		t.Errorf("%d MB of memory", got>>20)
	}
}

// Objects just too small to count as large, in a family shaped and ordered so that as many as possible of
// them wait for their last child: REF deltas that point ahead hide the weight of what is below them.
func TestManyMiddlingObjectsAtOnce(t *testing.T) {
	const size, depth, memory = largeObject - 1, 40, 64 << 20
	m := &maker{}
	noise := make([]byte, 64*depth)
	chacha := rand.NewChaCha8([32]byte{})
	chacha.Read(noise)
	grow := deltatest.Make(size, size, deltatest.CopyOf(0, size))
	for i := depth; i > 0; i-- { // the deepest first
		base := anyID(i - 1)
		if i == 1 {
			base = m.id(Blob, make([]byte, size))
		}
		m.ref(anyID(i), base, grow)
	}
	root := m.object(Blob, make([]byte, size))
	for i := range depth { // a leaf on each, heavier than its sibling with its own leaf
		base := anyID(i)
		if i == 0 {
			base = m.entries[root].id
		}
		var text [][]byte
		for n := range depth - i {
			text = append(text, deltatest.Insert(string(noise[64*n:64*n+64])))
		}
		m.ref(anyID(1000+i), base, deltatest.Make(size, uint64(64*len(text)), text...))
	}
	p := m.open(t, 2)
	r := &discard{newRecord()}
	got := peak(func() { walkPast(t, p, Walk{Memory: memory, Workers: 1}, r) })
	if got > 4*memory {
		t.Errorf("%d MB of memory", got>>20)
	}
	for i := range m.entries {
		for _, err := range r.failed[find(t, p, m.entries[i].id)] {
			var tooLarge *TooLargeError
			if !errors.As(err, &tooLarge) && !strings.Contains(err.Error(), "built on") {
				t.Error(err)
			}
		}
	}
}
