package fetch

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestProgramToken: git is handed the token for the host that it is for, and keeps it nowhere.
func TestProgramToken(t *testing.T) {
	const token = "not-a-real-token"
	base, dir := project(t)
	address := serve(t, base, func(w http.ResponseWriter, r *http.Request) bool {
		if _, password, _ := r.BasicAuth(); password == token {
			return true
		}
		w.Header().Set("WWW-Authenticate", "Basic")
		http.Error(w, r.Header.Get("Authorization"), http.StatusUnauthorized)
		return false
	}) + "/team/project.git"
	mirror, err := fetched(t, address, func(r *Request) { r.WithGit, r.Credentials.Token = true, token })
	if err != nil {
		t.Fatal(err)
	}
	holdsAll(t, mirror, dir)
	filepath.WalkDir(mirror, func(path string, d os.DirEntry, _ error) error {
		if text, _ := os.ReadFile(path); strings.Contains(string(text), token) {
			t.Errorf("%s holds the token", path)
		}
		return nil
	})
	if _, err := fetched(t, address, func(r *Request) { r.WithGit, r.Credentials.Token = true, "wrong" }); KindOf(err) != Forbidden {
		t.Errorf("a wrong token: %v", err)
	}
	sent := ""
	leading := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(address, "127.0.0.1", "localhost", 1)+strings.TrimPrefix(r.URL.RequestURI(), "/x"), http.StatusFound)
	}))
	defer leading.Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent += r.Header.Get("Authorization")
		http.NotFound(w, r)
	}))
	defer other.Close()
	address = other.URL
	if _, err := fetched(t, leading.URL+"/x", func(r *Request) { r.WithGit, r.Credentials.Token = true, token }); err == nil || sent != "" {
		t.Errorf("led elsewhere: %v, sent %q", err, sent)
	}
}

// TestProgramsOfOthers: neither the environment nor what lies around or in a mirror decides which programs git runs.
func TestProgramsOfOthers(t *testing.T) {
	base, dir := project(t)
	ran := filepath.Join(t.TempDir(), "ran")
	trap := "[core]\n\tsshCommand = touch " + ran + "\n\tfsmonitor = touch " + ran + "\n\tgitProxy = touch " + ran +
		"\n\talternateRefsCommand = touch " + ran + "; echo\n[credential]\n\thelper = !touch " + ran + "\n[url \"ext::touch " + ran + " \"]\n\tinsteadOf = http\n"
	hooks := t.TempDir()
	for _, hook := range []string{"reference-transaction", "post-fetch", "pre-auto-gc"} {
		if err := os.WriteFile(filepath.Join(hooks, hook), []byte("#!/bin/sh\ntouch "+ran+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	around := t.TempDir()
	git(t, around, "init", "-q")
	write(t, filepath.Join(around, ".git", "config"), trap+"[core]\n\thooksPath = "+hooks+"\n")
	t.Chdir(around)
	change := func(r *Request) {
		r.WithGit = true
		for name, value := range map[string]string{"GIT_DIR": filepath.Join(around, ".git"), "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "include.path",
			"GIT_CONFIG_VALUE_0": filepath.Join(around, ".git", "config"), "GIT_ALTERNATE_OBJECT_DIRECTORIES": around, "GIT_ASKPASS": "touch " + ran, "GIT_TRACE": ran} {
			r.Credentials.Env[name] = value
		}
	}
	address := serve(t, base, nil) + "/team/project.git"
	mirror, err := fetched(t, address, change)
	if err != nil {
		t.Fatal(err)
	}
	holdsAll(t, mirror, dir)
	commitTo(t, dir, "refs/heads/trunk", "new")
	write(t, filepath.Join(mirror, "config"), config(URL{})+trap)
	if _, err := again(t, address, mirror, change); err != nil {
		t.Error(err)
	}
	holdsAll(t, mirror, dir)
	if _, err := os.Stat(ran); err == nil {
		t.Error("a program has run")
	}
}

// TestProgramIsBounded: what a server may do to git has the bounds that it has otherwise.
func TestProgramIsBounded(t *testing.T) {
	base, _ := project(t)
	address := serve(t, base, nil) + "/team/project.git"
	if dir, err := fetched(t, address, func(r *Request) { r.WithGit, r.MaxBytes = true, 1000 }); KindOf(err) != TooLarge || len(packsOf(t, dir)) > 0 {
		t.Errorf("too large: %v", err)
	}
	silent := make(chan struct{})
	defer close(silent)
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-silent }))
	t.Cleanup(s.Close)
	began := time.Now()
	_, err := fetched(t, s.URL+"/x", func(r *Request) { r.WithGit, r.stall = true, 200*time.Millisecond })
	if !errors.Is(err, errStalled) || time.Since(began) > 20*time.Second {
		t.Errorf("silent: %v after %v", err, time.Since(began))
	}
	if _, err := fetched(t, address, func(r *Request) { r.WithGit, r.maxRefs = true, 100 }); !errors.Is(err, errManyRefs) {
		t.Errorf("many refs: %v", err)
	}
	empty := t.TempDir()
	git(t, empty, "init", "-q", "--bare", "empty.git")
	if dir, err := fetched(t, serve(t, empty, nil)+"/empty.git", func(r *Request) { r.WithGit = true }); err != nil || git(t, dir, "for-each-ref") != "" {
		t.Errorf("an empty one: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := fetched(t, address, func(r *Request) { r.WithGit = true }); !errors.Is(err, errNoGit) {
		t.Errorf("without git: %v", err)
	}
}
