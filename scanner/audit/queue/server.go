package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
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
