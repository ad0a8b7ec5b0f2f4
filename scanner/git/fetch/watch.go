package fetch

import (
	"cmp"
	"context"
	"errors"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

var (
	errStalled  = errors.New("the server has sent nothing for a minute: try again later")
	errManyRefs = errors.New("the server names more refs than can be taken: hundreds of megabytes of names")
)

// watch ends a fetch in which nothing happens any more, or too much.
type watch struct {
	ctx  context.Context
	stop context.CancelCauseFunc

	stall   time.Duration
	maxRefs int64
	last    atomic.Int64 // when something came, in nanoseconds
	listens atomic.Bool  // it hears of every byte
	named   atomic.Bool  // the server has named its refs
	done    chan struct{}
}

func newWatch(ctx context.Context, stall time.Duration, maxRefs int64) *watch {
	w := &watch{stall: cmp.Or(stall, stallTime), maxRefs: cmp.Or(maxRefs, maxRefBytes), done: make(chan struct{})}
	w.ctx, w.stop = context.WithCancelCause(ctx)
	w.alive()
	go w.run()
	return w
}

// end ends the watch, with no cause. Nothing more is done with ctx.
func (w *watch) end() {
	close(w.done)
	w.stop(nil)
}

func (w *watch) alive() { w.last.Store(time.Now().UnixNano()) }

func (w *watch) heard(n int) {
	if n > 0 {
		w.alive()
	}
}

// refsAreIn is said when the server has named its refs.
func (w *watch) refsAreIn() {
	w.named.Store(true)
	w.listens.Store(true)
	w.alive()
}

// run looks at what has happened. How much has come of the refs, go-git tells over HTTP alone. For SSH and git:
// they are given ten times as long, and a bound is set to what the process holds of them.
func (w *watch) run() {
	tick := time.NewTicker(min(w.stall/10, 100*time.Millisecond))
	defer tick.Stop()
	began, before := time.Now(), heapBytes()
	for {
		select {
		case <-w.done:
			return
		case <-tick.C:
		}
		silent := time.Since(time.Unix(0, w.last.Load()))
		switch {
		case !w.named.Load() && heapBytes() > before+4*uint64(w.maxRefs):
			w.stop(errManyRefs)
		case silent > w.stall && (w.listens.Load() || time.Since(began) > 10*w.stall):
			w.stop(errStalled)
		}
	}
}

func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
