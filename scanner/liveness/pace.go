package liveness

import (
	"context"
	"sync"
	"time"
)

// pace spreads the requests to one provider: each has a turn, and between two turns lies some time.
type pace struct {
	between time.Duration

	mu   sync.Mutex
	next time.Time // the first turn that is free
}

func newPace(perSecond float64) *pace {
	return &pace{between: time.Duration(float64(time.Second) / perSecond)}
}

// wait takes the next turn and waits for it. No turn is taken that would come after the end of ctx.
func (p *pace) wait(ctx context.Context) error {
	now := time.Now()
	turn, err := p.take(ctx, now)
	if err != nil || !turn.After(now) {
		return err
	}
	timer := time.NewTimer(turn.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pace) take(ctx context.Context, now time.Time) (turn time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	turn = p.next
	if turn.Before(now) {
		turn = now
	}
	if ctx.Err() != nil {
		return turn, ctx.Err()
	}
	if end, ok := ctx.Deadline(); ok && turn.After(end) {
		return turn, context.DeadlineExceeded
	}
	p.next = turn.Add(p.between)
	return turn, nil
}
