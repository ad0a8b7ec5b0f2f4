package terminal

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/sourcegraph/conc"

	"skleak/scanner"
	"skleak/scanner/run"
)

const (
	progressDelay    = 500 * time.Millisecond // a scan that takes less shows no bar
	progressInterval = 100 * time.Millisecond
)

// ShowProgress draws a bar on terminal until the returned function is called, which wipes it away
// and waits until nothing more is drawn.
func ShowProgress(terminal io.Writer, s *run.Stages) (stop func()) {
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

func drawProgress(terminal io.Writer, s *run.Stages, quit <-chan struct{}) {
	tick := time.NewTicker(progressInterval)
	defer tick.Stop()
	var bar *progressbar.ProgressBar
	var drawn *scanner.Progress
	for {
		if walk, found := s.Current(); walk != nil {
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
	bar.Describe(fmt.Sprintf("%s, %s found", run.Describe(walk), scanner.Thousands(found)))
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
