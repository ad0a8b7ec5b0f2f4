package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/terminal"
	"skleak/report/escape"
	"skleak/scanner"
	"skleak/scanner/audit"
	"skleak/scanner/audit/state"
)

// display tells people how far an audit is: on a terminal in a line that is drawn again and again, elsewhere in a line
// for each repository.
type display struct {
	w    *console.Console
	live bool // on a terminal
	each bool // a line for each repository

	mu    sync.Mutex
	drawn bool
	began time.Time // of this process
	had   int       // that were done before
}

func newDisplay(w *console.Console, noProgress, quiet bool) *display {
	live := w.WantsProgress() && !noProgress && !quiet
	return &display{w: w, live: live, each: !live && !noProgress && !quiet, had: -1}
}

// Ended tells of a repository that is done with.
func (d *display) Ended(e audit.End) {
	if d.each || d.live && e.Outcome.Parked != "" {
		d.say("%s", endText(e))
	}
}

// endText says how a repository ended.
func endText(e audit.End) string {
	text, o := fmt.Sprintf("%d/%d %s: ", e.Done, e.Of, e.Name), e.Outcome
	switch {
	case o.Parked != "":
		return text + "could not be read: " + o.Parked
	case o.Kept:
		text += "nothing has changed"
	default:
		text += scanner.Counted(e.Objects, "object")
	}
	if o.Leaks > 0 {
		text += ", " + scanner.Counted(o.Leaks, "leaked key")
	}
	if o.Unread {
		text += ", not all of it could be read"
	}
	return text
}

// say says something, where the line that is drawn does not disturb it.
func (d *display) say(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wipe()
	d.w.Say(format, args...)
}

// Status draws how far the audit is.
func (d *display) Status(s state.Status) {
	if !d.live {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.had < 0 {
		d.had, d.began = s.Done, time.Now()
	}
	d.wipe()
	if s.Finished {
		return
	}
	line := escape.Visible(progressLine(s, s.Done-d.had, time.Since(d.began)))
	room := terminal.Columns(d.w.Err)
	if room == 0 {
		room = 80
	}
	if runes := []rune(line); len(runes) >= room {
		line = string(runes[:max(0, room-2)]) + "…"
	}
	_, _ = io.WriteString(d.w.Err, line) // what cannot be drawn ends no audit
	d.drawn = true
}

// end wipes away what was drawn.
func (d *display) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wipe()
}

func (d *display) wipe() {
	if d.drawn {
		_, _ = io.WriteString(d.w.Err, "\x1b[2K\r")
		d.drawn = false
	}
}

// progressLine tells how far an audit is, the most important first: terminals cut it. done is how many repositories
// this process has seen end, in so much time.
func progressLine(s state.Status, done int, took time.Duration) string {
	all := scanner.Counted(int64(s.Listed), "repository")
	parts := []string{scanner.Thousands(int64(s.Done)) + " of " + all}
	if s.Keys > 0 {
		parts = append(parts, scanner.Counted(s.Keys, "key"))
	}
	if len(s.Parked) > 0 {
		parts = append(parts, fmt.Sprintf("%d given up", len(s.Parked)))
	}
	if left := s.Listed - s.Done; done > 0 && left > 0 && took > 5*time.Second {
		parts = append(parts, remaining(took*time.Duration(left)/time.Duration(done)))
	}
	parts = append(parts, scanner.Counted(s.Objects, "object"))
	if len(s.Running) > 0 {
		_, name, found := strings.Cut(s.Running[0].Repository, "/") // the host says little where there is little room
		if !found || name == "" {
			name = s.Running[0].Repository
		}
		parts = append(parts, name+more(len(s.Running)-1))
	}
	return strings.Join(parts, ", ")
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

func remaining(t time.Duration) string {
	switch {
	case t < time.Minute:
		return "less than a minute left"
	case t < 2*time.Hour:
		return fmt.Sprintf("about %d min left", int(t.Minutes()+0.5))
	}
	return fmt.Sprintf("about %d h left", int(t.Hours()+0.5))
}
