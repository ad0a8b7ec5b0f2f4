package queue

import (
	"fmt"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/time/rate"
)

// logger hands on what the server complains of. Whoever reaches its port can make it complain, so it is told neither
// in control characters, nor at length, nor too often.
type logger struct {
	say   func(string)
	often *rate.Limiter

	mu       sync.Mutex
	warnings []string // of its start; they tell why a queue cannot be opened
	started  bool
}

const (
	maxComplaint = 500
	maxWarnings  = 20
)

func newLogger(say func(string)) *logger { return &logger{say: say, often: rate.NewLimiter(1, 10)} }

func (l *logger) Noticef(string, ...any) {}
func (l *logger) Debugf(string, ...any)  {}
func (l *logger) Tracef(string, ...any)  {}

// Warnf keeps warnings. They are many and harmless as long as all goes well.
func (l *logger) Warnf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.started && len(l.warnings) < maxWarnings {
		l.warnings = append(l.warnings, complaint(format, v))
	}
}

func (l *logger) Errorf(format string, v ...any) { l.tell(format, v) }
func (l *logger) Fatalf(format string, v ...any) { l.tell(format, v) }

func (l *logger) tell(format string, v []any) {
	if l.often.Allow() {
		l.say("NATS server: " + complaint(format, v))
	}
}

// start ends the collecting of warnings, and returns those of before.
func (l *logger) start() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.started = true
	return l.warnings
}

func complaint(format string, v []any) string {
	text := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, strings.TrimSpace(fmt.Sprintf(format, v...)))
	if len(text) > maxComplaint {
		text = strings.ToValidUTF8(text[:maxComplaint], "") + "…"
	}
	return text
}
