package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"skleak/rules"
)

// fakeAPI is a provider on loopback that answers as Laminr documents it, and disables keys as an
// administrator's API might. What it does with a key is told by a word for each.
type fakeAPI struct {
	mu      sync.Mutex
	words   map[string]string // by key
	others  string            // for all other keys
	checks  map[string]int    // requests by key; "made-up" for all others
	revokes map[string]int    // requests by fingerprint
	order   []string          // the keys of the checks, in order
	begun   chan struct{}     // a request to revoke has come
}

const (
	saysUnauthorized = `{"error":{"code":"unauthorized","message":"Invalid or missing API key"}}`
	saysForbidden    = `{"error":{"code":"forbidden","message":"Insufficient permissions for this resource"}}`
	adminToken       = "Bearer adm1n-t0ken"
)

// startAPI: api MARK=WORD... starts the provider and puts its URL into $API. The words are active,
// limited, inactive, page, redirect, busy, flaky and silent, and for revoking stubborn (it stays active), refusing
// and hanging. Any other key is
// inactive, or what others=WORD says.
func startAPI(ts *testscript.TestScript, _ bool, args []string) {
	a := &fakeAPI{words: map[string]string{}, checks: map[string]int{}, revokes: map[string]int{},
		begun: make(chan struct{}, 100)}
	for _, arg := range args {
		mark, word, found := strings.Cut(arg, "=")
		if !found {
			ts.Fatalf("api: %s is no MARK=WORD", arg)
		}
		if mark == "others" {
			a.others = word
			continue
		}
		a.words[keyFor(mark)] = word
	}
	server := httptest.NewServer(a)
	ts.Defer(func() { server.CloseClientConnections(); server.Close() })
	ts.Setenv("API", server.URL)
	*ts.Value(apiOfScript{}).(**fakeAPI) = a
}

type apiOfScript struct{}

func apiOf(ts *testscript.TestScript) *fakeAPI {
	a := *ts.Value(apiOfScript{}).(**fakeAPI)
	if a == nil {
		ts.Fatalf("no api was started")
	}
	return a
}

func (a *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodDelete {
		a.revoke(w, r)
		return
	}
	key := r.Header.Get("X-Api-Key")
	a.mu.Lock()
	word, known := a.words[key]
	if !known {
		key, word = "made-up", a.others
	}
	before := a.checks[key]
	a.checks[key]++
	a.order = append(a.order, key)
	a.mu.Unlock()
	if r.Method != http.MethodGet || r.URL.Path != "/v1/files" && word != "gone" {
		word = "wrong request"
	}
	say := func(status int, body string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
	switch word {
	case "active", "stubborn", "refusing", "hanging":
		say(200, `{"files":[]}`)
	case "limited":
		say(403, saysForbidden)
	case "page":
		say(403, "<html>"+r.Header.Get("X-Api-Key")+"</html>")
	case "redirect":
		http.Redirect(w, r, "/elsewhere?key="+r.Header.Get("X-Api-Key"), http.StatusFound)
	case "busy":
		w.Header().Set("Retry-After", "0")
		say(429, `{}`)
	case "flaky":
		if before == 0 {
			w.Header().Set("Retry-After", "0")
			say(503, "")
			return
		}
		say(200, `[]`)
	case "silent":
		<-r.Context().Done()
	case "gone":
		say(404, `{}`)
	case "wrong request":
		say(400, `{}`)
	default:
		say(401, saysUnauthorized)
	}
}

// revoke is DELETE /keys/FINGERPRINT with the key in the body.
func (a *fakeAPI) revoke(w http.ResponseWriter, r *http.Request) {
	body := make([]byte, 1000)
	n, _ := r.Body.Read(body)
	key := strings.TrimSuffix(strings.TrimPrefix(string(body[:n]), `{"key":"`), `"}`)
	print := rules.NewKey(key).Fingerprint()
	a.mu.Lock()
	a.revokes[print]++
	word := a.words[key]
	a.mu.Unlock()
	a.begun <- struct{}{}
	switch {
	case r.URL.Path != "/keys/"+print || r.Header.Get("Authorization") != adminToken:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "no such key: "+key)
	case word == "refusing":
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, "cannot delete "+key)
	case word == "hanging":
		select {
		case <-r.Context().Done():
		case <-time.After(30 * time.Second):
		}
	case word == "active" || word == "limited":
		a.mu.Lock()
		a.words[key] = "inactive"
		a.mu.Unlock()
	}
}

// asked: asked MARK N fails unless the provider was asked N times about the key; made-up stands for
// keys that it does not know.
func asked(ts *testscript.TestScript, _ bool, args []string) {
	a := apiOf(ts)
	key := args[0]
	if key != "made-up" {
		key = keyFor(key)
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	a.mu.Lock()
	defer a.mu.Unlock()
	if got := a.checks[key]; got != want {
		ts.Fatalf("asked %d times about %s, want %d", got, args[0], want)
	}
}

// revokedBy: revoked MARK N fails unless the provider was asked N times to revoke the key.
func revokedBy(ts *testscript.TestScript, _ bool, args []string) {
	a := apiOf(ts)
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	a.mu.Lock()
	defer a.mu.Unlock()
	if got := a.revokes[rules.NewKey(keyFor(args[0])).Fingerprint()]; got != want {
		ts.Fatalf("asked %d times to revoke %s, want %d", got, args[0], want)
	}
}

func subst(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := strings.ReplaceAll(ts.ReadFile(name), "$API", ts.Getenv("API"))
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o666))
	}
}

// word: word MARK=WORD changes what the running provider does with a key, and forgets what it was asked.
func word(ts *testscript.TestScript, _ bool, args []string) {
	a := apiOf(ts)
	mark, to, _ := strings.Cut(args[0], "=")
	a.mu.Lock()
	defer a.mu.Unlock()
	a.words[keyFor(mark)] = to
	clear(a.checks)
	clear(a.revokes)
	a.order = nil
}

// first: first MARK fails unless the key is the first, but for made-up ones, that the provider was asked
// about.
func first(ts *testscript.TestScript, _ bool, args []string) {
	a := apiOf(ts)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, key := range a.order {
		if key != "made-up" {
			if key != keyFor(args[0]) {
				ts.Fatalf("another key was asked about first")
			}
			return
		}
	}
	ts.Fatalf("no key was asked about")
}

// killed: killed COMMAND... runs the command and kills it, without a chance to clean up, when the
// provider has received the first request to revoke a key.
func killed(ts *testscript.TestScript, _ bool, args []string) {
	a := apiOf(ts)
	name, err := exec.LookPath(args[0])
	ts.Check(err)
	c := exec.Command(name, args[1:]...)
	c.Dir, c.Stdout, c.Stderr = ts.MkAbs("."), ts.Stdout(), ts.Stderr()
	c.Env = environOf(ts)
	ts.Check(c.Start())
	select {
	case <-a.begun:
	case <-time.After(time.Minute):
		c.Process.Kill()
		ts.Fatalf("it never asked to revoke a key")
	}
	ts.Check(c.Process.Kill())
	if err := c.Wait(); err == nil {
		ts.Fatalf("it ended by itself")
	}
}

// environOf is the script's environment, as far as skleak looks at it: testscript tells no more.
func environOf(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "USERPROFILE", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA",
		"ADMIN_TOKEN",
		"HTTP_PROXY", "HTTPS_PROXY", "SystemRoot", "TMPDIR", "TEMP", "TMP"} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// envKey: envkey NAME MARK puts a key into a variable of the environment.
func envKey(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], "Bearer "+keyFor(args[1]))
}

// mode: mode PERMISSIONS FILE fails unless the file or folder has exactly these.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}
