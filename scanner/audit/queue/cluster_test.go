package queue

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"skleak/scanner/audit/job"
)

// foreign runs a NATS server as somebody else would.
func foreign(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT,
		JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(waitForReady) {
		t.Fatal("the server is not ready")
	}
	return s.ClientURL()
}

func TestConnect(t *testing.T) {
	c := Cluster{URL: foreign(t), Audit: "acme", Limits: quick()}
	q, err := Connect(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Reset(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	q.ServeTokens(func(_ context.Context, j job.Job) (string, string, error) { return "user", "secret", nil })
	put(t, q, jobs(10)...)
	if _, err := Connect(t.Context(), c); !errors.As(err, new(InUseError)) {
		t.Errorf("a second coordinator: %v", err)
	}
	other := c
	other.Audit = "other"
	if o, err := Connect(t.Context(), other); err != nil || o.Run() != "" {
		t.Errorf("another audit: %v", err)
	} else {
		o.Close()
	}
	q.Close()
	if q, err = Connect(t.Context(), c); err != nil || q.Run() != run {
		t.Fatal(q.Run(), err)
	}
	defer q.Close()
	q.ServeTokens(func(_ context.Context, j job.Job) (string, string, error) { return "user", "secret", nil })
	w, err := Attach(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ended := make(chan error)
	var tokens atomic.Int64
	go func() {
		ended <- w.Work(t.Context(), 2, func(ctx context.Context, j job.Job, _ *atomic.Int64) (job.Outcome, []byte, error) {
			if user, secret, err := w.Token(ctx, j); user == "user" && secret == "secret" && err == nil {
				tokens.Add(1)
			}
			o, report := scanned(j)
			return o, report, nil
		})
	}()
	for name, e := range settled(t, q) {
		if e.State != Done || e.Worker != w.name {
			t.Errorf("%s: %+v", name, e)
		}
	}
	q.Over()
	if err := <-ended; err != nil || tokens.Load() != 10 {
		t.Error(err, tokens.Load())
	}
}

func TestClustersThatAreRefused(t *testing.T) {
	plain := foreign(t)
	for _, c := range []struct{ url, audit, want string }{
		{plain, "a.b", "cannot name an audit"}, {plain, "", "cannot name an audit"}, {plain, ">", "cannot name an audit"},
		{strings.Replace(plain, "nats://", "nats://user:pass@", 1), "a", "holds a user"},
		{strings.Replace(plain, "nats://", "http://", 1), "a", "no address of a NATS server"},
		{strings.Replace(plain, "127.0.0.1", "0.0.0.0", 1), "a", "secure connection not available"},
		{"nats://127.0.0.1:1", "a", "connecting to nats://127.0.0.1:1"},
	} {
		_, err := Attach(t.Context(), Cluster{URL: c.url, Audit: c.audit})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, audit %q: %v, want %q", c.url, c.audit, err, c.want)
		} else if strings.Contains(err.Error(), "pass") {
			t.Errorf("%v", err)
		}
	}
}
