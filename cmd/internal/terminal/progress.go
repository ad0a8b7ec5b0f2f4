package terminal

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

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
	drawn := false
	for {
		if walk, found := s.Current(); walk != nil {
			// A bar that cannot be drawn is no reason to end a scan.
			_, _ = io.WriteString(terminal, wipe+progressLine(walk, found, room))
			drawn = true
		}
		select {
		case <-quit:
			if drawn {
				_, _ = io.WriteString(terminal, wipe)
			}
			return
		case <-tick.C:
		}
	}
}

// wipe clears the line that the cursor is in, and puts the cursor at its beginning.
const wipe = "\x1b[2K\r"

const (
	usualColumns = 80 // where the width of a terminal is not known
	widestBar    = 20
	besidesBar   = 9 // columns for the percentage, the ends of the bar, and the last one: some terminals wrap behind it
)

// progressLine tells how far walk is, in less than room columns if there are at least 20: a line that is longer than
// the terminal cannot be wiped away. The larger part of a narrow terminal is left to the words.
func progressLine(walk *scanner.Progress, found int64, room int) string {
	words := fmt.Sprintf("%s, %s found", run.Describe(walk), scanner.Thousands(found)) // which is ASCII
	done, total := walk.Done.Load(), walk.Total.Load()
	if total <= 0 {
		return words[:min(len(words), max(0, room-1))]
	}
	width := max(1, min(widestBar, (room-besidesBar)/4))
	words = words[:min(len(words), max(0, room-besidesBar-width))]
	share := min(1, float64(done)/float64(total))
	full := int(share * float64(width))
	return fmt.Sprintf("%s %3.0f%% |%s%s|", words, share*100, strings.Repeat("█", full), strings.Repeat(" ", width-full))
}
