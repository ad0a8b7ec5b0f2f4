package hosts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"skleak/scanner/git/fetch"
)

// token is one that no host knows the look of.
const token = "a-token-that-nobody-may-see"

// server is a host of a test, with what it was asked and sent.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	asked []*http.Request
}

// newServer answers as the function does, which is told how many questions came before.
func newServer(t testing.TB, answer func(n int, w http.ResponseWriter, r *http.Request)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		n := len(s.asked)
		s.asked = append(s.asked, r)
		s.mu.Unlock()
		answer(n, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// told are all the values of headers that the server was sent.
func (s *server) told() (text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.asked {
		text += fmt.Sprintln(r.URL, r.Header)
	}
	return text
}

// waits are what a host was waited for, on a clock that moves with them.
type waits struct {
	now  time.Time
	each []time.Duration
	said []string
}

// open is a host of a test, which is waited for in no time.
func open(t testing.TB, kind, address string, env map[string]string) (*Host, *waits) {
	t.Helper()
	w := &waits{now: time.Now()}
	o := Options{Credentials: fetch.Credentials{Env: env}, Say: func(format string, args ...any) {
		w.said = append(w.said, fmt.Sprintf(format, args...))
	}}
	switch kind {
	case GitHub:
		o.GitHubURL = address
	case GitLab:
		o.GitLabURL = address
	case Gitea:
		o.GiteaURLs = []string{address}
	}
	all, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	all.pause = time.Millisecond
	api := ""
	if kind == Gitea {
		api = address
	}
	h, err := all.Open(kind, api)
	if err != nil {
		t.Fatal(err)
	}
	h.turns.now = func() time.Time { return w.now }
	h.turns.wait = func(ctx context.Context, d time.Duration) error {
		w.each, w.now = append(w.each, d), w.now.Add(d)
		return ctx.Err()
	}
	return h, w
}

// ask asks for one page of an organisation, as the library of a kind does.
func ask(ctx context.Context, h *Host) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.API()+"orgs/acme/repos?page=2", nil)
	if err != nil {
		return err
	}
	resp, err := h.client.Do(r)
	if err == nil {
		err = resp.Body.Close()
	}
	return h.Told(ctx, err)
}

func env() map[string]string {
	return map[string]string{"GITHUB_TOKEN": token, "GITLAB_TOKEN": token, "GITEA_TOKEN": token}
}

// TestTokensOfAPIs: which token goes to which API.
func TestTokensOfAPIs(t *testing.T) {
	tokens := map[string]string{"GH_TOKEN": "hub", "GITLAB_TOKEN": "lab", "GITEA_TOKEN": "tea"}
	for _, test := range []struct {
		o                    Options
		kind, open, api, tok string
	}{
		{Options{}, GitHub, "", "https://api.github.com/", "hub"},
		{Options{GitHubURL: "https://GHE.example.com/"}, GitHub, "", "https://ghe.example.com/api/v3/", "hub"},
		{Options{GitHubURL: "https://ghe.example.com:8443/api/v3"}, GitHub, "", "https://ghe.example.com:8443/api/v3/", "hub"},
		{Options{GitHubURL: "https://acme.ghe.com"}, GitHub, "", "https://api.acme.ghe.com/", "hub"},
		{Options{GitHubURL: "https://api.github.com"}, GitHub, "", "https://api.github.com/", "hub"},
		{Options{}, GitLab, "", "https://gitlab.com/api/v4/", "lab"},
		{Options{GitLabURL: "https://example.com/gitlab/"}, GitLab, "", "https://example.com/gitlab/api/v4/", "lab"},
		{Options{GiteaURLs: []string{"https://git.example.com"}}, Gitea, "https://git.example.com/tea/api/v1/", "https://git.example.com/tea/api/v1/", "tea"},
		{Options{GitHubURL: "https://api.example.com"}, GitHub, "", "https://api.example.com/api/v3/", "hub"},
		{Options{GitHubURL: "https://api.acme.ghe.com"}, GitHub, "", "https://api.acme.ghe.com/", "hub"},
	} {
		test.o.Credentials.Env = tokens
		all, err := New(test.o)
		if err != nil {
			t.Fatal(err)
		}
		h, err := all.Open(test.kind, test.open)
		if err != nil || h.API() != test.api || h.token != test.tok {
			t.Errorf("%+v: %v, %+v", test, err, h)
		}
	}
}

// TestTokenOfEnterprise: where GitHub is one's own, its token goes there and no longer to github.com.
func TestTokenOfEnterprise(t *testing.T) {
	all, err := New(Options{GitHubURL: "https://ghe.example.com", GitLabURL: "https://lab.example.com", GiteaURLs: []string{"https://tea.example.com"}, Credentials: fetch.Credentials{Env: env()}})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"https://ghe.example.com/a/b": token, "https://lab.example.com": token, "https://tea.example.com": token, "https://github.com": "", "https://gitlab.com": "", "https://gitea.com": "",
		"http://ghe.example.com": "", "https://ghe.example.com:8443": "", "https://ghe.example.com.evil.com": "",
	} {
		a, err := addressOf(GitLab, address)
		if strings.HasPrefix(address, "http:") != (err != nil) {
			t.Error(address, err)
		}
		if err == nil {
			if got, _ := all.Credentials().TokenFor(a.web); got != want {
				t.Errorf("%s gets %q", address, got)
			}
		}
	}
	for _, kind := range []string{GitHub, GitLab, Gitea} {
		for _, address := range []string{"https://evil.example.com/", "https://tea.example.com:444/", "https://gitea.com", "https://tea.example.com.evil.com"} {
			if _, err := all.Open(kind, address); err == nil {
				t.Errorf("%s is asked as %s, which the options do not name", address, kind)
			}
		}
	}
	for given, want := range map[string]string{token + "\n": token, "two words": "", "a\x00b": ""} {
		all, err := New(Options{Credentials: fetch.Credentials{Env: map[string]string{"GITHUB_TOKEN": given}}})
		if err != nil {
			t.Fatal(err)
		}
		if h, err := all.Open(GitHub, ""); (err == nil) != (want != "") || err == nil && h.token != want || err != nil && strings.Contains(err.Error(), given) {
			t.Errorf("%q: %+v, %v", given, h, err)
		}
	}
	if _, err := New(Options{GiteaURLs: []string{"https://a.example.com", "https://b.example.com"}, Credentials: fetch.Credentials{Env: env()}}); err == nil {
		t.Error("one token for two hosts")
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	for _, text := range []string{"ghe.example.com", "http://ghe.example.com", "https://", "https://user:" + token + "@example.com", "https://" + token + "@example.com", "https://example.com/?a=" + token, "https://example.com/#x",
		"ftp://example.com", "file:///etc", "https:example.com", "https://example.com/\x1b[31m", "https://example.com:99999999999999999999"} {
		if _, err := New(Options{GitHubURL: text}); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestRefusals: what a host does not tell is explained, with the right that is missing and without a token.
func TestRefusals(t *testing.T) {
	for _, kind := range []string{GitHub, GitLab, Gitea} {
		for status, wants := range map[int][2]string{ // with a token, and without one
			401: {"refuses the token in " + strings.ToUpper(kind) + "_TOKEN", "asks who you are: set " + strings.ToUpper(kind) + "_TOKEN"},
			403: {"lacks the right", "nobody"},
			404: {"does not show it to the token", "does not show it to everybody"},
			451: {"legal reasons", "legal reasons"},
			410: {"status 410", "status 410"},
			500: {"status 500", "status 500"},
		} {
			for i, want := range wants {
				s := newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
					w.WriteHeader(status)
					fmt.Fprintf(w, `{"message": "%s \u001b[31m %s"}`, r.Header.Get("Authorization"), token)
				})
				h, waits := open(t, kind, s.URL, []map[string]string{env(), {}}[i])
				err := ask(t.Context(), h)
				if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s, %d: %v", kind, status, err)
				}
				if s.count() != map[bool]int{true: maxTries, false: 1}[status == 500] || len(waits.each) != 0 || (i == 0) != strings.Contains(s.told(), token) {
					t.Errorf("%s, %d: asked %d times", kind, status, s.count())
				}
			}
		}
	}
	s := newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-GitHub-SSO", "required; url=https://github.com/orgs/acme/sso?authorization_request="+token)
		w.WriteHeader(403)
	})
	h, _ := open(t, GitHub, s.URL, env())
	if err := ask(t.Context(), h); err == nil || !strings.Contains(err.Error(), "single sign-on") || strings.Contains(err.Error(), token) {
		t.Error(err)
	}
}

// TestLimits: a host that wants to be left alone is, and it is said until when.
func TestLimits(t *testing.T) {
	for name, test := range map[string]struct {
		kind    string
		status  int
		headers map[string]string
		body    string
		wait    time.Duration
		said    string
	}{
		"primary":     {GitHub, 403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+1800"}, "", 30 * time.Minute, "as many requests"},
		"429":         {GitHub, 429, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+60"}, "", time.Minute, "as many requests"},
		"secondary":   {GitHub, 403, map[string]string{"Retry-After": "90", "X-RateLimit-Remaining": "4000"}, "", 90 * time.Second, "limit of requests"},
		"without":     {GitHub, 403, nil, `{"message": "You have exceeded a secondary rate limit"}`, time.Minute, "limit of requests"},
		"last one":    {GitHub, 200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+600"}, "[]", 10 * time.Minute, "as many requests"},
		"gitlab":      {GitLab, 429, map[string]string{"Retry-After": "59", "RateLimit-Remaining": "0", "RateLimit-Reset": "+3"}, "", 59 * time.Second, "limit of requests"},
		"gitlab last": {GitLab, 200, map[string]string{"RateLimit-Remaining": "0", "RateLimit-Reset": "+30", "RateLimit-Limit": "0.00001"}, "[]", 30 * time.Second, "as many requests"},
		"proxy":       {Gitea, 429, nil, "", time.Minute, "limit of requests"},
		"busy":        {Gitea, 503, map[string]string{"Retry-After": "5"}, "", 5 * time.Second, "limit of requests"},
		"a date":      {Gitea, 503, map[string]string{"Retry-After": "date"}, "", 20 * time.Second, "limit of requests"},
		"in the past": {GitHub, 429, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "-5000"}, "", 0, "as many requests"},
		"negative":    {GitHub, 429, map[string]string{"Retry-After": "-99999999999999"}, "", 0, "limit of requests"},
	} {
		server := time.Now().Add(-72 * time.Hour).Truncate(time.Second) // its clock is wrong, and counts
		s := newServer(t, func(n int, w http.ResponseWriter, r *http.Request) {
			if n > 0 {
				return
			}
			w.Header().Set("Date", server.UTC().Format(http.TimeFormat))
			for name, value := range test.headers {
				if seconds, err := strconv.Atoi(value); err == nil && strings.HasSuffix(name, "Reset") {
					value = strconv.FormatInt(server.Unix()+int64(seconds), 10)
				}
				if value == "date" {
					value = server.Add(20 * time.Second).UTC().Format(http.TimeFormat)
				}
				w.Header().Set(name, value)
			}
			w.WriteHeader(test.status)
			fmt.Fprint(w, test.body)
		})
		h, waits := open(t, test.kind, s.URL, env())
		if err := errors.Join(ask(t.Context(), h), ask(t.Context(), h)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(waits.each) != 1 || (waits.each[0]-test.wait-time.Second).Abs() > time.Second {
			t.Errorf("%s: waited %v", name, waits.each)
		}
		if len(waits.said) != 1 || !strings.Contains(waits.said[0], test.said) || !strings.Contains(waits.said[0], "until") {
			t.Errorf("%s: said %q", name, waits.said)
		}
	}
}

// TestEndlessWaits: nobody waits for as long as a host likes, nor any longer than was asked for.
func TestEndlessWaits(t *testing.T) {
	always := newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(429)
	})
	h, waits := open(t, GitHub, always.URL, env())
	err := ask(t.Context(), h)
	var e *Error
	if !errors.As(err, &e) || !e.IsBusy() || always.count() != maxTries || len(waits.each) != maxTries-1 {
		t.Errorf("%v, asked %d times, waited %v", err, always.count(), waits.each)
	}
	for _, after := range []string{"99999999999", "9223372036854775807", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		s := newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", after)
			w.WriteHeader(429)
		})
		h, waits := open(t, GitHub, s.URL, env())
		if err := ask(t.Context(), h); !errors.As(err, &e) || !e.IsBusy() || s.count() != 1 || len(waits.each) != 0 {
			t.Errorf("%s: %v, %v", after, err, waits.each)
		}
	}
	h, waits = open(t, GitHub, always.URL, env())
	if err := ask(WithPatience(t.Context(), time.Second), h); !errors.As(err, &e) || !e.IsBusy() || len(waits.each) != 0 {
		t.Errorf("%v, waited %v", err, waits.each)
	}
	h, _ = open(t, GitHub, always.URL, env())
	h.turns.wait = sleep
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := ask(ctx, h); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// TestSharedTurns: what a host wishes holds for all who ask it, whatever their tokens.
func TestSharedTurns(t *testing.T) {
	s := newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(429)
	})
	shared := &Turns{}
	for range 3 {
		all, err := New(Options{GitHubURL: s.URL, Turns: shared})
		if err != nil {
			t.Fatal(err)
		}
		h, err := all.Open(GitHub, "")
		if err != nil {
			t.Fatal(err)
		}
		var e *Error
		if err := ask(WithPatience(t.Context(), 0), h); !errors.As(err, &e) || !e.IsBusy() || s.count() != 1 {
			t.Errorf("%v, asked %d times", err, s.count())
		}
	}
}

// TestFaultsPass: what passes is asked again, a few times, and what does not pass is named.
func TestFaultsPass(t *testing.T) {
	for name, fault := range map[string]func(w http.ResponseWriter){
		"500":    func(w http.ResponseWriter) { w.WriteHeader(500) },
		"502":    func(w http.ResponseWriter) { w.WriteHeader(502) },
		"broken": func(w http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"cut": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "[")
			panic(http.ErrAbortHandler)
		},
	} {
		s := newServer(t, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n < 2 {
				fault(w)
			}
		})
		h, waits := open(t, GitLab, s.URL, env())
		if err := ask(t.Context(), h); err != nil || s.count() != 3 || len(waits.said) != 1 || !strings.Contains(waits.said[0], "asked again") {
			t.Errorf("%s: %v, asked %d times, said %q", name, err, s.count(), waits.said)
		}
		s = newServer(t, func(_ int, w http.ResponseWriter, _ *http.Request) { fault(w) })
		h, _ = open(t, GitLab, s.URL, env())
		if err := ask(t.Context(), h); err == nil || s.count() != maxTries || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, asked %d times", name, err, s.count())
		}
	}
}

// TestRedirectedQuestions: a question follows to the same API alone, and the token goes nowhere else.
func TestRedirectedQuestions(t *testing.T) {
	other := newServer(t, func(_ int, w http.ResponseWriter, _ *http.Request) {})
	var to string
	s := newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/moved") {
			http.Redirect(w, r, to, http.StatusMovedPermanently)
		}
	})
	here := strings.TrimPrefix(s.URL, "http://")
	for address, follows := range map[string]bool{
		"/api/v3/moved": true, s.URL + "/api/v3/moved": true,
		other.URL + "/api/v3/moved": false, "//" + strings.TrimPrefix(other.URL, "http://") + "/api/v3/moved": false, "/login": false, "/api/v3/again": false,
		"https://" + here + "/api/v3/moved": false, "http://me:you@" + here + "/api/v3/moved": false, "file:///etc/passwd": false, "": false,
	} {
		to = address
		h, _ := open(t, GitHub, s.URL, env())
		before := s.count()
		if err := ask(t.Context(), h); (err == nil) != follows || err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", address, err)
		}
		if s.count() > before+maxRedirects+1 {
			t.Errorf("%s: asked %d times", address, s.count()-before)
		}
	}
	if other.count() != 0 {
		t.Errorf("the other host was sent %s", other.told())
	}
}

// TestQuiet: what a host sends without being asked is printed nowhere, nor is what it is sent.
func TestQuiet(t *testing.T) {
	t.Setenv("GODEBUG", "http2debug=2")
	var said bytes.Buffer
	log.SetOutput(&said)
	defer log.SetOutput(os.Stderr)
	s := newServer(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
		time.Sleep(20 * time.Millisecond)
		fmt.Fprint(conn, token, "\x1b[31m")
		time.Sleep(20 * time.Millisecond)
		conn.Close()
	})
	h, _ := open(t, GitHub, s.URL, env())
	for range 2 {
		if err := ask(t.Context(), h); err != nil {
			t.Error(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if said.Len() > 0 {
		t.Errorf("printed %q", said.String())
	}
}

// TestHugeAnswers: of an answer without end, no more is read than answers have.
func TestHugeAnswers(t *testing.T) {
	s := newServer(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		for range 3 * maxAnswer / 1024 {
			if _, err := w.Write(make([]byte, 1024)); err != nil {
				return
			}
		}
	})
	h, _ := open(t, GitHub, s.URL, env())
	if err := ask(t.Context(), h); err == nil || !strings.Contains(err.Error(), "sends more than any answer has") || s.count() != 1 {
		t.Errorf("%v, asked %d times", err, s.count())
	}
}

// TestOneAfterTheOther: however many ask, a host has one question at a time.
func TestOneAfterTheOther(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	s := newServer(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		time.Sleep(time.Millisecond)
		mu.Lock()
		now--
		mu.Unlock()
	})
	h, _ := open(t, GitHub, s.URL, env())
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := ask(t.Context(), h); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most != 1 {
		t.Errorf("%d at once", most)
	}
}
