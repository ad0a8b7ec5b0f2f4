package fetch

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"
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
	last    atomic.Int64            // when something came, in nanoseconds
	from    atomic.Pointer[url.URL] // who answered over HTTP, after all redirects
	tell    func()                  // that something came; may be nil
	done    chan struct{}
}

func newWatch(ctx context.Context, r Request) *watch {
	w := &watch{stall: cmp.Or(r.stall, stallTime), maxRefs: cmp.Or(r.maxRefs, maxRefBytes), tell: r.Heard,
		done: make(chan struct{})}
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
	if n <= 0 {
		return
	}
	w.alive()
	if w.tell != nil {
		w.tell()
	}
}

// moved tells where the server has led a client that asked for u.
func (w *watch) moved(u URL) Moved {
	from := w.from.Load()
	switch {
	case from == nil:
		return NotMoved
	case !strings.EqualFold(from.Hostname(), u.host):
		return Elsewhere
	case strings.TrimSuffix(from.Path, "/info/refs") != strings.TrimSuffix(u.path, "/"):
		return Renamed
	}
	return NotMoved
}

// run looks at when something came last.
func (w *watch) run() {
	tick := time.NewTicker(min(w.stall/10, 100*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-w.done:
			return
		case <-tick.C:
		}
		if time.Since(time.Unix(0, w.last.Load())) > w.stall {
			w.stop(errStalled)
		}
	}
}
