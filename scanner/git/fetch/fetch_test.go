package fetch

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFetch fetches over HTTP and git:, and holds what came against the repository.
func TestFetch(t *testing.T) {
	base, dir := project(t)
	for _, address := range []string{serve(t, base, nil), daemon(t, base)} {
		var bytes int64
		got, err := fetched(t, address+"/team/project.git", func(r *Request) { r.Received = func(n int64) { bytes = n } })
		if err != nil || bytes == 0 {
			t.Fatalf("%s: %d bytes, %v", address, bytes, err)
		}
		isMirror(t, got, dir)
	}
}

// TestFetchNothing fetches a repository in which there is nothing.
func TestFetchNothing(t *testing.T) {
	base := t.TempDir()
	git(t, base, "init", "-q", "--bare", "empty.git")
	for _, address := range []string{serve(t, base, nil), daemon(t, base)} {
		got, err := fetched(t, address+"/empty.git", nil)
		if err != nil || git(t, got, "for-each-ref") != "" {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestNoRepository: what is not there is said, with what to try.
func TestNoRepository(t *testing.T) {
	base, _ := project(t)
	dead := httptest.NewServer(nil)
	dead.Close()
	for address, want := range map[string]string{
		serve(t, base, nil) + "/other.git":                                   "no such repository",
		daemon(t, base) + "/other.git":                                       "no such repository",
		dead.URL + "/x":                                                      "no connection",
		"git" + strings.TrimPrefix(dead.URL, "http") + "/x":                  "no connection",
		"https://host.invalid/x":                                             "no host of this name",
		answering(t, http.StatusInternalServerError, "oh") + "/x":            "status 500",
		answering(t, http.StatusOK, "<html>a page</html>") + "/x":            "does not answer as a git server does",
		answering(t, http.StatusOK, "") + "/x":                               "does not answer as a git server does",
		answering(t, http.StatusForbidden, "you may not") + "/x":             "--token-file",
		answering(t, http.StatusUnauthorized, "who is it") + "/x":            "--token-file",
		answering(t, http.StatusNotFound, strings.Repeat("x", 1<<20)) + "/x": "no such repository",
	} {
		_, err := fetched(t, address, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %q, want one that says %q", address, err, want)
		}
	}
}

func answering(t *testing.T, status int, text string) (address string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		w.Write([]byte(text))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestToken has a server that wants a token. It repeats in every error what it was sent.
func TestToken(t *testing.T) {
	const token = "not-a-real-token"
	base, dir := project(t)
	address := serve(t, base, func(w http.ResponseWriter, r *http.Request) bool {
		_, password, _ := r.BasicAuth()
		switch {
		case password == token:
			return true
		case password == "weak":
			http.Error(w, r.Header.Get("Authorization")+password, http.StatusForbidden)
		default:
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, r.Header.Get("Authorization")+password, http.StatusUnauthorized)
		}
		return false
	}) + "/team/project.git"
	with := func(token string) (string, error) {
		return fetched(t, address, func(r *Request) { r.Credentials.Token = token })
	}
	got, err := with(token)
	if err != nil {
		t.Fatal(err)
	}
	isMirror(t, got, dir)
	if config, err := os.ReadFile(filepath.Join(got, "config")); err != nil || strings.Contains(string(config), token) {
		t.Errorf("the configuration: %s, %v", config, err)
	}
	for wrong, want := range map[string]string{"": "--token-file", "wrong-one": "may have expired", "weak": "needs the right"} {
		_, err := with(wrong)
		if err == nil || !strings.Contains(err.Error(), want) || wrong != "" && strings.Contains(err.Error(), wrong) || strings.Contains(err.Error(), "Basic") {
			t.Errorf("token %q: %v", wrong, err)
		}
	}

	helper := filepath.Join(t.TempDir(), "config")
	write(t, helper, "[credential]\n\thelper = \"!f() { echo username=me; echo password="+token+"; }; f\"\n")
	got, err = fetched(t, address, func(r *Request) { r.Credentials.Env["GIT_CONFIG_GLOBAL"] = helper })
	if err != nil {
		t.Fatalf("with what git knows: %v", err)
	}
	isMirror(t, got, dir)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestHelpersOfOthers: what a repository around says of credential helpers is not run.
func TestHelpersOfOthers(t *testing.T) {
	around := t.TempDir()
	git(t, around, "init", "-q")
	ran := filepath.Join(around, "ran")
	git(t, around, "config", "credential.helper", "!touch "+ran)
	t.Chdir(around)
	dir := filepath.Join(around, "mirror")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := fetched(t, answering(t, http.StatusUnauthorized, "")+"/x", func(r *Request) {
		r.Dir = dir
		r.Credentials.Env["GIT_DIR"] = filepath.Join(around, ".git")
	})
	if err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a helper of the repository around has run")
	}
}

// TestRedirects: a server that sends the client to another host gets it no token, and what is no HTTP is not followed.
func TestRedirects(t *testing.T) {
	base, dir := project(t)
	sent := ""
	other := serve(t, base, func(_ http.ResponseWriter, r *http.Request) bool {
		sent += r.Header.Get("Authorization")
		return true
	})
	leading := func(to string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, to+r.URL.RequestURI(), http.StatusFound)
		}))
		t.Cleanup(s.Close)
		return s.URL + "/team/project.git"
	}
	got, err := fetched(t, leading(other), func(r *Request) { r.Credentials.Token = "not-a-real-token" })
	if err != nil || sent != "" {
		t.Fatalf("error %v, sent %q", err, sent)
	}
	isMirror(t, got, dir)
	for _, to := range []string{"file://" + base, "git://127.0.0.1:1", "ftp://127.0.0.1"} {
		if _, err := fetched(t, leading(to), nil); err == nil || !strings.Contains(err.Error(), "elsewhere") {
			t.Errorf("led to %s: %v", to, err)
		}
	}
}

// TestFetchEnds: who is not waited for any longer leaves at once.
func TestFetchEnds(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer s.Close()
	u, _, _ := ParseURL(s.URL + "/x")
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	began := time.Now()
	if err := Fetch(ctx, Request{URL: u, Dir: t.TempDir()}); err != context.DeadlineExceeded || time.Since(began) > 30*time.Second {
		t.Errorf("error %v after %v", err, time.Since(began))
	}
}
