package queue

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// A beat comes after three tenths of the time after which a worker is believed to be dead, and three silent ones end a
// try: so a worker that is stuck says so itself, just before the job would be given to another.
const silentBeats = 3

// progressEvery is how often a number is sent for people to look at.
const progressEvery = time.Second

func beatOf(wait time.Duration) time.Duration { return wait * 3 / 10 }

// heart keeps a claim for as long as its try moves.
type heart struct {
	desk  desk
	claim *claim
	moved *atomic.Int64
	told  atomic.Bool // do has returned, and what came of it is on its way
	end   context.CancelCauseFunc
}

// beat asks the desk for more time whenever something has moved since it was asked last, and else only whether the job
// is still ours. Silence is counted in beats and not in time: a process that was stopped for a while is not stuck.
func (h *heart) beat(ctx context.Context) {
	between := beatOf(h.claim.Wait)
	tick, show := time.NewTicker(between), time.NewTicker(progressEvery)
	defer tick.Stop()
	defer show.Stop()
	var last int64
	for silent := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-show.C:
			h.desk.progress(h.claim, h.moved.Load())
			continue
		case <-tick.C:
		}
		now := h.moved.Load()
		moved := now != last || h.told.Load()
		last = now
		if silent++; moved {
			silent = 0
		}
		if silent >= silentBeats {
			h.end(fmt.Errorf("%w for %v", ErrStuck, silentBeats*between))
			return
		}
		if err := h.desk.hold(ctx, h.claim, moved, now); errors.Is(err, errLost) {
			h.end(errLost)
			return
		}
	}
}
