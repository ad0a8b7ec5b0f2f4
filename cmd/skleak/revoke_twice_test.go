package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// onceAPI is a provider that answers the first question about the key only when two have come, so that
// two runs both know it to be active; it revokes when the other run says that it waits.
type onceAPI struct {
	both    sync.WaitGroup
	waits   chan bool // a run says so
	mu      sync.Mutex
	asked   int
	deletes int
	gone    bool
}

func (a *onceAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodDelete {
		a.mu.Lock()
		a.deletes++
		a.mu.Unlock()
		select {
		case <-a.waits:
		case <-time.After(time.Minute): // the test says what is wrong
		}
		a.mu.Lock()
		a.gone = true
		a.mu.Unlock()
		return
	}
	known := r.Header.Get("X-Api-Key") == keyFor("{live:24}")
	a.mu.Lock()
	gone := a.gone
	first := known && a.asked < 2
	if known {
		a.asked++
	}
	a.mu.Unlock()
	if first {
		a.both.Done()
		a.both.Wait()
	}
	w.Header().Set("Content-Type", "application/json")
	if !known || gone {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, saysUnauthorized)
		return
	}
	fmt.Fprint(w, `{"files":[]}`)
}

// listened is what a run says.
type listened struct {
	text  bytes.Buffer
	waits chan<- bool
}

const saysItWaits = "another run of skleak is revoking keys; waiting"

// Write implements io.Writer. A message comes as a whole.
func (l *listened) Write(p []byte) (int, error) {
	for range bytes.Count(p, []byte(saysItWaits)) {
		l.waits <- true
	}
	return l.text.Write(p)
}

// TestTwoRunsRevokeOnce: two processes that both found a key active ask for it to be revoked once, and
// both learn that it is.
func TestTwoRunsRevokeOnce(t *testing.T) {
	name, err := exec.LookPath("skleak")
	if err != nil {
		t.Fatal(err)
	}
	a := &onceAPI{waits: make(chan bool, 10)}
	a.both.Add(2)
	server := httptest.NewServer(a)
	defer server.Close()
	folder := t.TempDir()
	config := filepath.Join(folder, "config.toml")
	text := fmt.Sprintf("[providers.laminr.revoke]\nmethod = 'DELETE'\nurl = '%s/keys/{fingerprint}'\n", server.URL)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var runs [2]*exec.Cmd
	var said [2]listened
	for i := range runs {
		said[i].waits = a.waits
		c := exec.Command(name, "revoke", "-c", config, "--assume-provider", "laminr", "--endpoint", "laminr="+server.URL,
			"--yes")
		c.Env = append(os.Environ(), "XDG_STATE_HOME="+folder, "HTTP_PROXY=", "http_proxy=")
		c.Stdin, c.Stderr, c.Stdout = strings.NewReader(keyFor("{live:24}")), &said[i], &said[i]
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		runs[i] = c
	}
	waits := 0
	for i, c := range runs {
		if err := c.Wait(); err != nil {
			t.Errorf("%v: %s", err, said[i].text.String())
		}
		if !strings.Contains(said[i].text.String(), "is revoked: its provider calls it inactive") {
			t.Errorf("run %d says %s", i, said[i].text.String())
		}
		waits += strings.Count(said[i].text.String(), saysItWaits)
	}
	if a.deletes != 1 || waits != 1 {
		t.Errorf("%d requests to revoke it, %d runs waited; want one of each", a.deletes, waits)
	}
	journal, err := os.ReadFile(filepath.Join(folder, "skleak", "revocations.jsonl"))
	if err != nil || strings.Count(string(journal), "\n") != 2 || strings.Contains(string(journal), keyFor("{live:24}")) {
		t.Errorf("the journal holds %s, %v", journal, err)
	}
}
