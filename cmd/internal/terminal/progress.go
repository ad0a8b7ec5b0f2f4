package terminal

import (
	"cmp"
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
	room := cmp.Or(Columns(terminal), usualColumns)
	var bar *progressbar.ProgressBar
	var drawn *scanner.Progress
	for {
		if walk, found := s.Current(); walk != nil {
			if walk != drawn {
				wipe(bar)
				bar, drawn = newBar(terminal, room), walk
			}
			update(bar, walk, found, room)
		}
		select {
		case <-quit:
			wipe(bar)
			return
		case <-tick.C:
		}
	}
}

const (
	usualColumns = 80 // where the width of a terminal is not known
	widestBar    = 20
	besidesBar   = 16 // columns for the spinner, the percentage, and the ends of the bar
)

// barWidth leaves the larger part of a narrow terminal to what is said: a line that is longer than the terminal cannot
// be wiped away.
func barWidth(room int) int { return max(1, min(widestBar, (room-besidesBar)/4)) }

func newBar(terminal io.Writer, room int) *progressbar.ProgressBar {
	return progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(terminal),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionSetWidth(barWidth(room)),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetSpinnerChangeInterval(0), // it would start a goroutine that nothing ends
	)
}

// update draws the bar anew. It never lets the bar reach its end: the library would then take it for
// finished and ignore that the total grows.
func update(bar *progressbar.ProgressBar, walk *scanner.Progress, found int64, room int) {
	text := fmt.Sprintf("%s, %s found", run.Describe(walk), scanner.Thousands(found))
	bar.Describe(text[:max(0, min(len(text), room-besidesBar-barWidth(room)))]) // which is ASCII
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
