package terminal

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"skleak/scanner"
	"skleak/scanner/run"
)

func TestProgressBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var screen bytes.Buffer
		var s run.Stages
		walk := s.Next("objects")
		walk.Total.Store(849_014)
		stop := ShowProgress(&screen, &s)

		time.Sleep(progressDelay - time.Millisecond)
		synctest.Wait()
		if screen.Len() > 0 {
			t.Errorf("drawn too early: %q", screen.String())
		}

		walk.Done.Store(424_507)
		walk.Found.Store(7)
		time.Sleep(10 * progressInterval)
		synctest.Wait()
		if got := screen.String(); !strings.Contains(got, "424,507 of 849,014 objects, 7 found") ||
			!strings.Contains(got, "50%") {
			t.Errorf("half way: %q", got)
		}

		// All done, and then more to do: the bar goes on.
		walk.Done.Store(849_014)
		time.Sleep(5 * progressInterval)
		walk.Total.Store(1_000_000)
		time.Sleep(5 * progressInterval)
		s.Next("files").Done.Store(12)
		time.Sleep(5 * progressInterval)
		stop()
		got := screen.String()
		for _, want := range []string{"849,014 of 849,014 objects", "849,014 of 1,000,000 objects", "12 files, 7 found"} {
			if !strings.Contains(got, want) {
				t.Errorf("never drawn: %q", want)
			}
		}
		if strings.Contains(got, "\n") {
			t.Error("the bar takes more than its one line")
		}
		if !strings.HasSuffix(got, "\x1b[2K\r") {
			t.Errorf("not wiped away at the end: %q", got[max(0, len(got)-80):])
		}
	})
}

func TestProgressBarOfAQuickScan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var screen bytes.Buffer
		stop := ShowProgress(&screen, &run.Stages{})
		time.Sleep(progressDelay / 2)
		stop()
		if screen.Len() > 0 {
			t.Errorf("a scan of %v has drawn %q", progressDelay/2, screen.String())
		}
	})
}

// TestNarrowTerminal: no line is longer than the terminal, or it could not be wiped away.
func TestNarrowTerminal(t *testing.T) {
	for _, room := range []int{1, 20, 40, 60, 80, 200} {
		var walk scanner.Progress
		walk.Unit = "objects"
		walk.Done.Store(100_424_507)
		walk.Bytes.Store(20_000_000_000)
		for _, total := range []int64{0, 1, 123_849_014} {
			walk.Total.Store(total)
			line := progressLine(&walk, 1234, room)
			if n := utf8.RuneCountInString(line); n >= max(room, 20) {
				t.Errorf("%d columns: a line of %d: %q", room, n, line)
			}
		}
	}
}
