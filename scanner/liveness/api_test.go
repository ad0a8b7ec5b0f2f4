package liveness

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"skleak/rules"
	"skleak/rules/provider"
)

// TestMain sends whatever would leave this machine to a proxy that is not there. Loopback is never
// proxied. newTestClient is the second lock.
func TestMain(m *testing.M) {
	if what := os.Getenv(commandVariable); what != "" {
		asCommand(what)
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		os.Setenv(name, "http://127.0.0.1:1")
	}
	os.Unsetenv("REQUEST_METHOD")
	os.Exit(m.Run())
}

// Bodies as Laminr documents them.
const (
	unauthorized = `{"error":{"code":"unauthorized","message":"Invalid or missing API key"}}`
	forbidden    = `{"error":{"code":"forbidden","message":"Insufficient permissions for this resource"}}`
)

// api is a provider on loopback. It counts what it is asked.
type api struct {
	*httptest.Server
	mu       sync.Mutex
	requests []seen
	now, top int // requests under way, and the most there were
}

type seen struct {
	method, uri, key string
	header           http.Header
	at               time.Time
}

// newAPI serves handle, which is told how many requests of the same key and path came before.
func newAPI(t *testing.T, handle func(w http.ResponseWriter, r *http.Request, before int)) *api {
	t.Helper()
	a := &api{}
	a.Server = httptest.NewServer(a.counting(handle))
	t.Cleanup(a.close)
	return a
}

func (a *api) close() {
	a.CloseClientConnections() // handlers that hang wait for it
	a.Close()
}

func (a *api) counting(handle func(http.ResponseWriter, *http.Request, int)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("X-Api-Key")
		a.mu.Lock()
		before := 0
		for _, s := range a.requests {
			if s.key == key && s.uri == r.RequestURI {
				before++
			}
		}
		a.requests = append(a.requests, seen{r.Method, r.RequestURI, key, r.Header.Clone(), time.Now()})
		a.now++
		a.top = max(a.top, a.now)
		a.mu.Unlock()
		defer func() {
			a.mu.Lock()
			a.now--
			a.mu.Unlock()
		}()
		handle(w, r, before)
	})
}

func (a *api) asked() []seen {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]seen(nil), a.requests...)
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

// always answers every request alike.
func always(status int, body string) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) { answer(w, status, body) }
}

// testKey is a key that no file holds: its number makes it another one.
func testKey(n int) rules.Key {
	return rules.NewKey("sk" + "_live_" + fmt.Sprintf("Q7bTz0LmX4vRc9HdWk2P%04d", n))
}

func builtin(t *testing.T, id string) provider.Provider {
	t.Helper()
	p, ok := provider.Default().Provider(id)
	if !ok {
		t.Fatalf("there is no provider %s", id)
	}
	return p
}

// laminrAt is Laminr with another address that counts as its own.
func laminrAt(t *testing.T, base string) provider.Provider {
	p := builtin(t, "laminr")
	p.BaseURL = base
	return p
}

// newTestClient makes a client that reaches loopback alone, whatever it is told, and waits for
// milliseconds where the real one waits for seconds.
func newTestClient(t *testing.T, o Options) *Client {
	t.Helper()
	if o.Rate == 0 {
		o.Rate = 10_000
	}
	o.UserAgent = "skleak/test"
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	transport := c.http.Transport.(*http.Transport)
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return (&net.Dialer{Control: refuseOthers}).DialContext(ctx, network, addr)
	}
	t.Cleanup(transport.CloseIdleConnections)
	for _, l := range c.lanes {
		l.retry.RetryWaitMin, l.retry.RetryWaitMax = time.Millisecond, 5*time.Millisecond
	}
	return c
}

func (a *api) client(t *testing.T) *Client {
	return newTestClient(t, Options{Providers: []provider.Provider{laminrAt(t, a.URL)}})
}

func ask(t *testing.T, c *Client) Result {
	t.Helper()
	r := c.Ask(t.Context(), Question{testKey(1), "laminr"})
	if r.At.IsZero() || r.Status == Unknown && r.Detail == "" {
		t.Errorf("%+v has no time or no reason", r)
	}
	return r
}

func TestNothingLeavesThisMachine(t *testing.T) {
	p := builtin(t, "laminr")
	c := newTestClient(t, Options{Providers: []provider.Provider{p}})
	if r := ask(t, c); r.Status != Unknown || !strings.Contains(r.Detail, "refused") {
		t.Errorf("%+v, want a refused connection: to the proxy that is not there", r)
	}
	c.http.Transport.(*http.Transport).Proxy = nil
	c.lanes["laminr"].base = "https://192.0.2.1" // for documentation only, RFC 5737
	if r := ask(t, c); r.Status != Unknown || !strings.Contains(r.Detail, "not this machine") {
		t.Errorf("%+v, want a refusal to dial", r)
	}
}

func jsonList(n int) string {
	list := make([]map[string]string, n)
	for i := range list {
		list[i] = map[string]string{"id": fmt.Sprintf("file_%06d", i), "name": "statement.pdf"}
	}
	text, _ := json.Marshal(map[string]any{"data": list})
	return string(text)
}
