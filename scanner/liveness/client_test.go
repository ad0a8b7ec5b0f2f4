package liveness

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"skleak/rules/provider"
)

func TestEveryStatus(t *testing.T) {
	html := "<html><body>Sign in to the network</body></html>"
	for _, tt := range []struct {
		name   string
		handle func(http.ResponseWriter, *http.Request, int)
		want   Status
		detail string
		asked  int
	}{
		{"200", always(200, `{"files":[]}`), Active, "", 1},
		{"200, a list", always(200, `[]`), Active, "", 1},
		{"200, longer than is read", always(200, jsonList(3000)), Active, "", 1},
		{"200, a page", always(200, html), Unknown, "web page", 1},
		{"200, nothing", always(200, ""), Unknown, "without the JSON", 1},
		{"200, half of it", always(200, `{"files":[`), Unknown, "without the JSON", 1},
		{"200, two documents", always(200, `{}{}`), Unknown, "without the JSON", 1},
		{"200, a word", always(200, `"ok"`), Unknown, "without the JSON", 1},
		{"204", always(204, ""), Unknown, "status 204", 1},
		{"401", always(401, unauthorized), Inactive, "revoked", 1},
		{"401 bare", always(401, ""), Unknown, "status 401 without", 1},
		{"401, a page", always(401, html), Unknown, "web page", 1},
		{"401, other JSON", always(401, `{"message":"Unauthorized"}`), Unknown, "does not document", 1},
		{"401, another code", always(401, forbidden), Unknown, "does not document", 1},
		{"401, longer than is read", always(401, unauthorized[:len(unauthorized)-1]+`,"x":"`+strings.Repeat("x", maxBody)+`"}`), Unknown, "longer than 64 KB", 1},
		{"403", always(403, forbidden), Active, "limited", 1},
		{"403 bare", always(403, ""), Unknown, "status 403 without", 1},
		{"403, a page", always(403, html), Unknown, "web page", 1},
		{"403, other JSON", always(403, `{"code":"forbidden"}`), Unknown, "does not document", 1},
		{"404 at both paths", always(404, `{"error":{"code":"not_found"}}`), Unknown, "either of the documented paths", 2},
		{"500", always(500, `{"error":{"code":"unauthorized"}}`), Unknown, "status 500", 4},
		{"503", always(503, html), Unknown, "status 503", 4},
		{"429", always(429, `{}`), Unknown, "too many requests", 4},
		{"418", always(418, `{}`), Unknown, "status 418", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAPI(t, tt.handle)
			r := ask(t, a.client(t))
			if r.Status != tt.want || !strings.Contains(r.Detail, tt.detail) {
				t.Errorf("%s: %q, want %s: …%s…", r.Status, r.Detail, tt.want, tt.detail)
			}
			if n := len(a.asked()); n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
		})
	}
}

// then answers the first n requests for a key one way and the others another.
func then(n int, first, rest func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request,
	int) {
	return func(w http.ResponseWriter, r *http.Request, before int) {
		if before < n {
			first(w, r, before)
			return
		}
		rest(w, r, before)
	}
}

func drop(http.ResponseWriter, *http.Request, int) { panic(http.ErrAbortHandler) }

// cut promises more than it sends.
func cut(w http.ResponseWriter, _ *http.Request, _ int) {
	w.Header().Set("Content-Length", "500")
	fmt.Fprint(w, `{"files":[]`)
	panic(http.ErrAbortHandler)
}

func retryAfter(value string) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Retry-After", value)
		answer(w, 429, `{}`)
	}
}

func TestRetries(t *testing.T) {
	alive := always(200, `{}`)
	for _, tt := range []struct {
		name   string
		handle func(http.ResponseWriter, *http.Request, int)
		want   Status
		detail string
		asked  int
		least  time.Duration
	}{
		{"503 then 200", then(1, always(503, ""), alive), Active, "", 2, 0},
		{"thrice 502 then 401", then(3, always(502, ""), always(401, unauthorized)), Inactive, "", 4, 0},
		{"four times 502", then(4, always(502, ""), alive), Unknown, "status 502", 4, 0},
		{"dropped then 200", then(2, drop, alive), Active, "", 3, 0},
		{"always dropped", drop, Unknown, "dropped", 4, 0},
		{"cut then 200", then(1, cut, alive), Active, "", 2, 0},
		{"always cut", cut, Unknown, "dropped before the answer was complete", 4, 0},
		{"Retry-After in seconds", then(1, retryAfter("1"), alive), Active, "", 2, time.Second},
		// A date has whole seconds, so that two of them are more than one to wait.
		{"Retry-After as a date", then(1, func(w http.ResponseWriter, r *http.Request, n int) {
			retryAfter(time.Now().Add(2*time.Second).UTC().Format(http.TimeFormat))(w, r, n)
		}, alive), Active, "", 2, 900 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, tt.handle)
			a.Config.ErrorLog = log.New(new(bytes.Buffer), "", 0)
			c := a.client(t)
			c.http.Transport.(*http.Transport).DisableKeepAlives = true // net/http repeats by itself on a used connection
			start := time.Now()
			r := ask(t, c)
			if r.Status != tt.want || !strings.Contains(r.Detail, tt.detail) {
				t.Errorf("%s: %q, want %s: …%s…", r.Status, r.Detail, tt.want, tt.detail)
			}
			if n := len(a.asked()); n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
			if took := time.Since(start); took < tt.least {
				t.Errorf("took %v, want %v at least", took, tt.least)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	response := func(status int, after string) *http.Response {
		r := &http.Response{StatusCode: status, Header: http.Header{}}
		if after != "" {
			r.Header.Set("Retry-After", after)
		}
		return r
	}
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, tt := range []struct {
		r           *http.Response
		attempt     int
		least, most time.Duration
	}{
		{nil, 0, retryWaitMin, retryWaitMin},
		{nil, 1, 2 * retryWaitMin, 2 * retryWaitMin},
		{nil, 30, retryWaitMax, retryWaitMax},
		{response(500, ""), 0, retryWaitMin, retryWaitMin},
		{response(429, "7"), 0, 7 * time.Second, 7 * time.Second},
		{response(503, "7"), 0, 7 * time.Second, 7 * time.Second},
		{response(429, "86400"), 0, maxRetryAfter, maxRetryAfter},
		{response(429, "9223372036854775807"), 0, 0, maxRetryAfter},
		{response(429, "9300000000"), 0, 0, maxRetryAfter}, // more nanoseconds than an int64 holds
		{response(429, in(10*time.Second)), 0, 8 * time.Second, 10 * time.Second},
		{response(429, in(48*time.Hour)), 0, maxRetryAfter, maxRetryAfter},
		{response(429, in(-time.Hour)), 0, 0, 0},
		{response(429, "soon"), 1, 2 * retryWaitMin, 2 * retryWaitMin},
		{response(429, "-5"), 0, retryWaitMin, retryWaitMin},
	} {
		if got := backoff(retryWaitMin, retryWaitMax, tt.attempt, tt.r); got < tt.least || got > tt.most {
			t.Errorf("attempt %d, %+v: %v, want %v to %v", tt.attempt, tt.r, got, tt.least, tt.most)
		}
	}
}

func TestFallback(t *testing.T) {
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Path == "/v1/files" {
			answer(w, 404, `{}`)
			return
		}
		answer(w, 401, unauthorized)
	})
	if r := ask(t, a.client(t)); r.Status != Inactive {
		t.Errorf("%+v, want inactive", r)
	}
	if got := a.asked(); len(got) != 2 || got[0].uri != "/v1/files" || got[1].uri != "/api/v1/files" {
		t.Errorf("asked %v", got)
	}
}

// A redirect must take the key nowhere, and a cookie must not come back.
func TestRedirectIsNotFollowed(t *testing.T) {
	elsewhere := newAPI(t, always(200, `{}`))
	for _, status := range []int{301, 302, 303, 307, 308} {
		a := newAPI(t, func(w http.ResponseWriter, r *http.Request, _ int) {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/"})
			http.Redirect(w, r, elsewhere.URL+"/v1/files", status)
		})
		c := a.client(t)
		for range 2 {
			if r := ask(t, c); r.Status != Unknown || !strings.Contains(r.Detail, "redirect") {
				t.Errorf("%d: %+v", status, r)
			}
		}
		if got := a.asked(); len(got) != 2 || got[1].header.Get("Cookie") != "" {
			t.Errorf("%d: asked %d times, cookie %q", status, len(got), got[1].header.Get("Cookie"))
		}
	}
	if n := len(elsewhere.asked()); n != 0 {
		t.Errorf("the other server was asked %d times", n)
	}
}

func TestWhatIsSent(t *testing.T) {
	a := newAPI(t, always(200, `{}`))
	p := laminrAt(t, a.URL+"/base/")
	ask(t, newTestClient(t, Options{Providers: []provider.Provider{p}}))
	got := a.asked()
	if len(got) != 1 {
		t.Fatalf("asked %d times", len(got))
	}
	s := got[0]
	if s.method != "GET" || s.uri != "/base/v1/files" || s.key != testKey(1).Reveal() ||
		s.header.Get("User-Agent") != "skleak/test" {
		t.Errorf("%s %s, user agent %s", s.method, s.uri, s.header.Get("User-Agent"))
	}
	for name, values := range s.header {
		if name != "X-Api-Key" && strings.Contains(strings.Join(values, " "), testKey(1).Reveal()) {
			t.Errorf("the key is in header %s as well", name)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	t.Run("slow drip", func(t *testing.T) {
		a := newAPI(t, func(w http.ResponseWriter, r *http.Request, _ int) {
			for i := 0; i < 100 && r.Context().Err() == nil; i++ {
				fmt.Fprint(w, " ")
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		})
		c := a.client(t)
		c.http.Timeout = 200 * time.Millisecond
		if r := ask(t, c); r.Status != Unknown || r.Detail != "no answer in time" {
			t.Errorf("%+v", r)
		}
		if n := len(a.asked()); n > 1 { // and not even once by a machine that is slow
			t.Errorf("asked %d times, want once: timeouts are not repeated", n)
		}
	})
	t.Run("silence", func(t *testing.T) {
		a := newAPI(t, func(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() })
		c := a.client(t)
		c.http.Timeout = 100 * time.Millisecond
		if r := ask(t, c); r.Status != Unknown || r.Detail != "no answer in time" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener.Close()
		c := newTestClient(t, Options{Providers: []provider.Provider{laminrAt(t, "http://"+listener.Addr().String())}})
		if r := ask(t, c); r.Status != Unknown || !strings.Contains(r.Detail, "refused") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("no HTTP", func(t *testing.T) {
		a := newAPI(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprint(conn, "220 mail.example.com ESMTP "+testKey(1).Reveal()+"\r\n")
			conn.Close()
		})
		if r := ask(t, a.client(t)); r.Status != Unknown || strings.Contains(r.Detail, "ESMTP") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("no such provider", func(t *testing.T) {
		c := newTestClient(t, Options{Providers: []provider.Provider{builtin(t, "fintoc")}})
		if r := c.Ask(t.Context(), Question{testKey(1), "fintoc"}); r.Status != Unknown {
			t.Errorf("%+v", r)
		}
	})
}

func TestEndpointsThatAreRefused(t *testing.T) {
	secret := testKey(1).Reveal()
	for _, base := range []string{
		"", "http://api.example.com", "ftp://127.0.0.1", "https://" + secret + "@api.example.com",
		"https://api.example.com/?key=" + secret, "https://api.example.com/#" + secret, "http://192.0.2.1", "https://", "api.laminr.ai",
	} {
		_, err := NewClient(Options{Providers: provider.Builtin(), Endpoints: map[string]string{"laminr": base}})
		if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "laminr") {
			t.Errorf("%q: error %v", strings.ReplaceAll(base, secret, "KEY"), err)
		}
	}
	for _, id := range []string{"fintoc", "nobody"} {
		if _, err := NewClient(Options{Providers: provider.Builtin(),
			Endpoints: map[string]string{id: "http://127.0.0.1:1"}}); err == nil {
			t.Errorf("an endpoint of %s is accepted", id)
		}
	}
	if _, err := NewClient(Options{Providers: provider.Builtin(),
		Endpoints: map[string]string{"laminr": "http://[::1]:80/x"}}); err != nil {
		t.Error(err)
	}
}

func TestLocalhostMustBeThisMachine(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:80": true, "127.8.9.1:80": true, "[::1]:80": true, "192.0.2.1:80": false, "[2001:db8::1]:80": false, "nonsense": false,
	} {
		if err := refuseOthers("tcp", address, nil); (err == nil) != ok || err != nil && !errors.Is(err, errNotLoopback) {
			t.Errorf("%s: %v", address, err)
		}
	}
	a := newAPI(t, always(200, `{}`))
	_, port, _ := net.SplitHostPort(a.Listener.Addr().String())
	c := newTestClient(t, Options{Providers: []provider.Provider{laminrAt(t, "http://LocalHost:"+port)}})
	c.http.Transport.(*http.Transport).DialContext = dial
	if r := ask(t, c); r.Status != Active {
		t.Errorf("%+v", r)
	}
}
