package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Options says where a queue lies and whom it talks to.
type Options struct {
	Dir       string       // it is made if it is not there, and belongs to one process at a time
	Listen    string       // host:port that workers on other machines reach this one at; "" for none
	Addresses []string     // host:port besides, under which Listen is reached: a name, a forwarded port
	Join      string       // file to write that lets a worker in, if Listen is given
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
	q.place = o.Dir
	if err := q.start(ctx, o, d); err != nil {
		q.Close()
		return nil, err
	}
	return q, nil
}

func (q *Queue) start(ctx context.Context, o Options, d *folder) error {
	s, g, welcome, err := q.newServer(o, d)
	if err != nil {
		return err
	}
	s.SetLoggerV2(logger{q.say}, false, false, false)
	go s.Start()
	q.atClose(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(waitForReady) {
		return errors.New("starting the NATS server: it is not ready")
	}
	if q.nc, err = g.connect(s, coordinatorUser); err != nil {
		return err
	}
	q.atClose(q.nc.Close)
	if err := q.open(ctx, d.fresh); err != nil {
		if !d.fresh && ctx.Err() == nil {
			return DamagedError{Place: o.Dir, Err: err}
		}
		return err
	}
	if err := d.complete(); err != nil {
		return err
	}
	q.tend()
	return welcome(s)
}

// newServer makes the server. Once it runs, welcome lets workers in, if it listens.
func (q *Queue) newServer(o Options, d *folder) (s *server.Server, g *gate, welcome func(*server.Server) error, err error) {
	g = &gate{word: rand.Text(), desk: q.names.desk("*")}
	options := &server.Options{
		ServerName: "skleak", DontListen: true, JetStream: true, StoreDir: d.path,
		// Without it, what was acknowledged is on disk only minutes later.
		SyncAlways: true,
		NoSigs:     true, NoLog: true, DisableJetStreamBanner: true,
		MaxPayload: maxMessage, CustomClientAuthentication: g, AlwaysEnableNonce: true,
	}
	welcome = func(*server.Server) error { return nil }
	if o.Listen != "" {
		k, err := d.keys()
		if err != nil {
			return nil, nil, nil, err
		}
		hosts, err := reachable(o.Listen)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("listening at %s: %w", o.Listen, err)
		}
		addresses := append(slices.Clip(o.Addresses), hosts...)
		if err := g.listening(options, o.Listen, k, addresses); err != nil {
			return nil, nil, nil, err
		}
		welcome = func(s *server.Server) error { return q.welcome(s, g, o.Join, k, addresses) }
	}
	if s, err = server.NewServer(options); err != nil {
		return nil, nil, nil, fmt.Errorf("starting the NATS server: %w", err)
	}
	return s, g, welcome, nil
}

// logger hands on what the server complains of.
type logger struct{ say func(string) }

func (l logger) Noticef(string, ...any) {}
func (l logger) Debugf(string, ...any)  {}
func (l logger) Tracef(string, ...any)  {}

func (l logger) Warnf(format string, v ...any)  { l.tell("warning", format, v) }
func (l logger) Errorf(format string, v ...any) { l.tell("error", format, v) }
func (l logger) Fatalf(format string, v ...any) { l.tell("error", format, v) }

func (l logger) tell(kind, format string, v []any) {
	l.say("NATS server, " + kind + ": " + strings.TrimSpace(fmt.Sprintf(format, v...)))
}
