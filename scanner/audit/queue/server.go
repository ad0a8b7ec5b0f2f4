package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/nats-io/nats-server/v2/server"
	"golang.org/x/time/rate"
)

// Options says where a queue lies and whom it talks to.
type Options struct {
	Dir       string       // it is made if it is not there, and belongs to one process at a time
	Listen    string       // host:port that workers on other machines reach this one at; "" for none
	Addresses []string     // host:port besides, under which Listen is reached: a name, a forwarded port
	Join      string       // file to write that lets a worker in, if Listen is given
	Tokens    Tokens       // what these workers clone with; nil: they get nothing
	Orders    []byte       // what they are told of how to read, without any secret: half a megabyte at most
	Say       func(string) // is told what the server complains of; nil for nobody
	Limits    Limits
}

// embedded is what an audit of our own server is called: there is one in each folder.
const embedded = "audit"

// waitForReady bounds how long the server may take to read what it stored. That does not grow with the number of jobs.
const waitForReady = 30 * time.Second

// Start runs a NATS server in this process and opens the queue in o.Dir, as it was left.
func Start(ctx context.Context, o Options) (*Queue, error) {
	q := newQueue(embedded, o.Limits, o.Say)
	d, err := openFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	q.atClose(d.close)
	q.place, q.tally = o.Dir, d.tally()
	if o.Tokens != nil {
		q.ServeTokens(o.Tokens)
	}
	err = q.setOrders(o.Orders)
	if err == nil {
		err = q.start(ctx, o, d)
	}
	if err != nil {
		q.Close()
		return nil, err
	}
	return q, nil
}

func (q *Queue) start(ctx context.Context, o Options, d *folder) error {
	g := &gate{word: rand.Text(), desk: q.names.desk("*")}
	options := serverOptions(d, g)
	var outside *listener
	if o.Listen != "" {
		var err error
		if outside, err = newListener(o, d); err != nil {
			return fmt.Errorf("listening at %s: %w", o.Listen, err)
		}
		outside.open(options, g)
	}
	s, err := server.NewServer(options)
	if err != nil {
		return fmt.Errorf("starting the NATS server: %w", err)
	}
	log := newLogger(q.say)
	s.SetLoggerV2(log, false, false, false)
	go s.Start()
	q.stores = s.JetStreamEnabled
	q.atClose(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(waitForReady) {
		return fmt.Errorf("starting the NATS server: it is not ready: %s", strings.Join(log.start(), "; "))
	}
	if q.nc, err = g.connect(s, coordinatorUser); err != nil {
		return err
	}
	q.atClose(q.nc.Close)
	if err := q.openFolder(ctx, d, log); err != nil {
		return err
	}
	q.tend()
	if outside == nil {
		return nil
	}
	return q.welcome(s, g, outside, o.Join)
}

// openFolder opens what the server found in a folder. If that is not all that we wrote, nothing new is made beside it.
func (q *Queue) openFolder(ctx context.Context, d *folder, log *logger) error {
	err := q.open(ctx, d.fresh)
	warnings := log.start()
	if other := new(VersionError); err != nil && !d.fresh && ctx.Err() == nil && !errors.As(err, other) {
		return DamagedError{d.path, fmt.Errorf("%w (%s)", err, strings.Join(warnings, "; "))}
	}
	if err != nil {
		return err
	}
	return d.complete()
}

func serverOptions(d *folder, g *gate) *server.Options {
	return &server.Options{
		ServerName: "skleak", DontListen: true, JetStream: true, StoreDir: d.path,
		// Without it, what was acknowledged is on disk only minutes later.
		SyncAlways: true,
		NoSigs:     true, NoLog: true, DisableJetStreamBanner: true,
		MaxPayload: maxMessage, CustomClientAuthentication: g, AlwaysEnableNonce: true,
	}
}

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
