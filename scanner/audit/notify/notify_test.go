package notify

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPost(t *testing.T) {
	var body []byte
	var head http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		head = r.Header
	}))
	defer server.Close()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("between us\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	hook, err := New(server.URL+"/services/T0/B0", secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := hook.Post(t.Context(), Summary{SchemaVersion: 1, Text: "2 new keys <here>"}); err != nil {
		t.Fatal(err)
	}
	if got, want := head.Get("X-Hub-Signature-256"), Signature([]byte("between us"), body); got != want {
		t.Errorf("signature %q, want %q", got, want)
	}
	var s Summary
	if err := json.Unmarshal(body, &s); err != nil || s.Text != "2 new keys <here>" || !strings.Contains(string(body), "<here>") {
		t.Errorf("sent %s (error %v)", body, err)
	}
}

// TestSignature holds the signature against the example of GitHub's documentation.
func TestSignature(t *testing.T) {
	want := "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	if got := Signature([]byte("It's a Secret to Everybody"), []byte("Hello, World!")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestQuietAboutItsURL: what chats hand out as a URL is a secret.
func TestQuietAboutItsURL(t *testing.T) {
	const path = "/services/T000/B000/secretpart"
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("called elsewhere") }))
	defer elsewhere.Close()
	answers := map[string]http.HandlerFunc{
		"302": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+path, http.StatusFound)
		},
		"404": http.NotFound,
		"500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		},
	}
	for want, answer := range answers {
		server := httptest.NewServer(answer)
		hook, err := New(server.URL+path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		hook.client.RetryWaitMin, hook.client.RetryWaitMax = time.Millisecond, time.Millisecond
		err = hook.Post(t.Context(), Summary{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secretpart") {
			t.Errorf("answer %q: error %v", want, err)
		}
		server.Close()
	}
	for _, wrong := range []string{"http://example.com" + path, "https://me:word@example.com" + path, "secretpart", "ftp://h" + path, "@" + t.TempDir()} {
		if _, err := New(wrong, "", nil); err == nil || strings.Contains(err.Error(), "secretpart") {
			t.Errorf("%s: error %v", wrong, err)
		}
	}
}
