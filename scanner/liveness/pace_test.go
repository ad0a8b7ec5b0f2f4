package liveness

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestPace has many at once who want turns: each gets one, and they are spread.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, began := newPace(4), time.Now()
		turns := make(chan time.Duration)
		for range 5 {
			go func() {
				if err := p.wait(t.Context()); err != nil {
					t.Error(err)
				}
				turns <- time.Since(began)
			}()
		}
		for i := range 5 {
			if got, want := <-turns, time.Duration(i)*time.Second/4; got != want {
				t.Errorf("turn %d came after %v, not %v", i, got, want)
			}
		}
		time.Sleep(time.Minute) // no turns are saved up
		began = time.Now()
		for range 2 {
			p.wait(t.Context())
		}
		if got := time.Since(began); got != time.Second/4 {
			t.Errorf("after a pause, two turns took %v", got)
		}
	})
}

// TestPaceEnds: who cannot have a turn in time is told at once, and takes none from others.
func TestPaceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, began := newPace(1), time.Now()
		p.wait(t.Context())
		short, stop := context.WithTimeout(t.Context(), time.Second/2)
		defer stop()
		if err := p.wait(short); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 0 {
			t.Errorf("error %v after %v", err, time.Since(began))
		}
		if err := p.wait(t.Context()); err != nil || time.Since(began) != time.Second {
			t.Errorf("the next turn came after %v, %v", time.Since(began), err)
		}
		ended, stop := context.WithCancel(t.Context())
		go func() { time.Sleep(time.Second / 4); stop() }()
		if err := p.wait(ended); !errors.Is(err, context.Canceled) || time.Since(began) != 5*time.Second/4 {
			t.Errorf("error %v after %v", err, time.Since(began))
		}
		if err := p.wait(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}
