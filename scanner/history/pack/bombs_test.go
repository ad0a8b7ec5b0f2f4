package pack

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"skleak/scanner/history/oid"
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
		m.ref(anyID(i), anyID(1000+i), delta(size, 1, copyOf(0, 1)))
	}
	p := m.open(t, 2)
	resolve := func(oid.ID) (Kind, []byte, error) { return Blob, make([]byte, size), nil }
	got := peak(func() { expect(t, m, p, walked(t, p, Walk{Resolve: resolve, Workers: 2})) })
	if got > count*size/4 {
		t.Errorf("%d MB of memory for bases of %d MB, one at a time", got>>20, size>>20)
	}
}
