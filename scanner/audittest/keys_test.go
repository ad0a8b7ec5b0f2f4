package audittest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"skleak/scanner/audit/notify"
)

// TestVerify: each key is asked about once, in however many repositories it lies, and again in the next audit although nothing
// changed.
func TestVerify(t *testing.T) {
	w := newWorld(t, 3)
	for _, name := range []string{"acme/r1", "acme/r2"} {
		w.commit(name, "main", map[string]string{"same.env": "curl https://api.laminr.ai/v1 -H 'Authorization: Bearer " + key(500) + "'\n"})
	}
	var mu sync.Mutex
	asked := map[string]int{}
	provider := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked[r.Header.Get("X-Api-Key")]++
		rw.Header().Set("Content-Type", "application/json")
		if r.Header.Get("X-Api-Key") == key(500) {
			_, _ = io.WriteString(rw, `{"object":"list","data":[]}`)
			return
		}
		rw.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(rw, `{"error":{"code":"unauthorized","message":"invalid"}}`)
	}))
	defer provider.Close()
	flags := []string{"--verify", "--endpoint", "laminr=" + provider.URL, "--fail-on", "active", "--exclude", "r0"}
	for n := 1; n <= 2; n++ {
		d := w.audit(1, flags...)
		if len(d.Leaks) != 1 || d.Leaks[0].Status != "active" || len(d.Leaks[0].Findings) != 2 {
			t.Fatalf("%d leaks:\n%s", len(d.Leaks), d.text)
		}
		if got := asked[key(500)]; got != n {
			t.Errorf("audit %d: the key was asked about %d times", n, got)
		}
	}
}

// TestWebhook: what is new is told once, redacted and signed, and a hook that fails is tried again.
func TestWebhook(t *testing.T) {
	w := newWorld(t, 4)
	var mu sync.Mutex
	var bodies [][]byte
	refuse := true
	hook := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if r.Header.Get("X-Hub-Signature-256") != notify.Signature([]byte("between us"), body) {
			t.Errorf("signature %q", r.Header.Get("X-Hub-Signature-256"))
		}
		if refuse {
			rw.WriteHeader(http.StatusForbidden)
			return
		}
		bodies = append(bodies, body)
	}))
	defer hook.Close()
	secret, where := filepath.Join(w.home, "secret"), filepath.Join(w.home, "hook")
	for name, text := range map[string]string{secret: "between us", where: hook.URL + "/hidden/path"} {
		if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flags := []string{"--webhook", "@" + where, "--webhook-secret-file", secret}
	w.audit(1, flags...)
	refuse = false
	w.audit(1, flags...)
	w.audit(1, flags...) // nothing is new
	w.commit("acme/r1", "main", map[string]string{"new.env": "K=" + key(99) + "\n"})
	w.audit(1, flags...)
	var news []int
	for _, body := range bodies {
		var s notify.Summary
		if err := json.Unmarshal(body, &s); err != nil {
			t.Fatal(err)
		}
		w.keepsSecrets(string(body))
		news = append(news, s.NewCount)
	}
	if len(news) != 2 || news[0] != 2 || news[1] != 1 {
		t.Errorf("told of %v new keys, want [2 1]", news)
	}
}

// TestKeysAgain: skleak finds the keys of the report of an audit again, in the mirrors.
func TestKeysAgain(t *testing.T) {
	w := newWorld(t, 4)
	w.audit(1)
	skleak := filepath.Join(t.TempDir(), "skleak")
	if out, err := exec.Command("go", "build", "-o", skleak, "skleak/cmd/skleak").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := w.command()
	c.Path, c.Args = skleak, []string{"skleak", "verify", "--report", "audit.json", "--endpoint", "stripe=http://127.0.0.1:1"}
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	_ = c.Run()
	if strings.Contains(said.String(), "key-not-found") || strings.Count(said.String(), "the endpoint proved nothing") == 0 {
		t.Errorf("status %d:\n%s", c.ProcessState.ExitCode(), &said)
	}
	if strings.Contains(said.String(), "mirrors/") || !strings.Contains(said.String(), "/acme/r3/config/app.env:1:") {
		t.Errorf("places are not called as in the audit:\n%s", &said)
	}
	w.keepsSecrets(said.String())
}

// TestKeyInName: a key in the name of a repository is told nowhere.
func TestKeyInName(t *testing.T) {
	w := newWorld(t, 0)
	_, leaky := folders(w)
	if err := os.Rename(filepath.Join(leaky, "a"), filepath.Join(leaky, key(3))); err != nil {
		t.Fatal(err)
	}
	var bodies [][]byte
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, body)
	}))
	defer hook.Close()
	source := filepath.Join(leaky, key(3))
	w.run(1, "run", source, "--webhook", hook.URL)
	w.run(0, "list", source)
	w.run(0, "list", source, "-f", "json")
	w.run(0, "status")
	w.run(0, "status", "-f", "json")
	w.run(1, "report", "-f", "json")
	if len(bodies) != 1 {
		t.Fatalf("%d summaries", len(bodies))
	}
	w.keepsSecrets(string(bodies[0]))
}
