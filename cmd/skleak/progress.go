package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/sourcegraph/conc"

	"skleak/scanner"
)

const (
	progressDelay    = 500 * time.Millisecond // a scan that takes less shows no bar
	progressInterval = 100 * time.Millisecond
)

// stages are the walks of one scan, one after the other: the working tree, the history, those of
// nested repositories. The last one is under way.
type stages struct {
	mu  sync.Mutex
	all []*scanner.Progress
}

// next begins a walk.
func (s *stages) next(unit string) *scanner.Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &scanner.Progress{Unit: unit}
	s.all = append(s.all, p)
	return p
}

// current returns the walk under way, nil before the first, and what all walks found so far.
func (s *stages) current() (walk *scanner.Progress, found int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, walk = range s.all {
		found += walk.Found.Load()
	}
	return walk, found
}

// describe says how far the current walk is, as "1,204 of 5,310 objects".
func describe(walk *scanner.Progress) string {
	done, total := walk.Done.Load(), walk.Total.Load()
	if total <= 0 {
		return scanner.Thousands(done) + " " + walk.Unit
	}
	return fmt.Sprintf("%s of %s %s", scanner.Thousands(done), scanner.Thousands(max(done, total)), walk.Unit)
}

// showProgress draws a bar on terminal until the returned function is called, which wipes it away
// and waits until nothing more is drawn.
func showProgress(terminal io.Writer, s *stages) (stop func()) {
	quit := make(chan struct{})
	var drawing conc.WaitGroup
	drawing.Go(func() {
		select {
		case <-quit:
			return
		case <-time.After(progressDelay):
		}
		drawProgress(terminal, s, quit)
	})
	return func() {
		close(quit)
		drawing.Wait()
	}
}

func drawProgress(terminal io.Writer, s *stages, quit <-chan struct{}) {
	tick := time.NewTicker(progressInterval)
	defer tick.Stop()
	var bar *progressbar.ProgressBar
	var drawn *scanner.Progress
	for {
		if walk, found := s.current(); walk != nil {
			if walk != drawn {
				wipe(bar)
				bar, drawn = newBar(terminal), walk
			}
			update(bar, walk, found)
		}
		select {
		case <-quit:
			wipe(bar)
			return
		case <-tick.C:
		}
	}
}

func newBar(terminal io.Writer) *progressbar.ProgressBar {
	return progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(terminal),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionSetWidth(20),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetSpinnerChangeInterval(0), // it would start a goroutine that nothing ends
	)
}

// update draws the bar anew. It never lets the bar reach its end: the library would then take it for
// finished and ignore that the total grows.
func update(bar *progressbar.ProgressBar, walk *scanner.Progress, found int64) {
	bar.Describe(fmt.Sprintf("%s, %s found", describe(walk), scanner.Thousands(found)))
	total := walk.Total.Load()
	if total <= 0 {
		return
	}
	if bar.GetMax64() != total {
		bar.ChangeMax64(total)
	}
	// A bar that cannot be drawn is no reason to end a scan.
	_ = bar.Set64(min(walk.Done.Load(), total-1))
}

func wipe(bar *progressbar.ProgressBar) {
	if bar != nil {
		_ = bar.Clear()
	}
}
