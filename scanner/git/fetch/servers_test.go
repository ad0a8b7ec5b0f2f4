package fetch

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// git runs git away from whatever the user has configured.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return strings.TrimSpace(gitIn(t, dir, "", args...))
}

// gitIn is git with something to read.
func gitIn(t testing.TB, dir, input string, args ...string) string {
	t.Helper()
	c := exec.Command("git", args...)
	c.Stdin = strings.NewReader(input)
	c.Dir = dir
	c.Env = append(withoutGit(environment()), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func environment() map[string]string {
	env := map[string]string{}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	return env
}

// project makes a repository with branches, tags, notes and the refs of pull requests, in a folder of its own.
func project(t testing.TB) (base, dir string) {
	t.Helper()
	base = t.TempDir()
	dir = filepath.Join(base, "team", "project.git")
	tree := t.TempDir()
	git(t, tree, "init", "-q", "--initial-branch=trunk")
	for i := range 30 {
		text := strings.Repeat(fmt.Sprintf("line %d of a file that changes\n", i), 1+i%7)
		if err := os.WriteFile(filepath.Join(tree, fmt.Sprintf("file%d", i%4)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		git(t, tree, "add", "-A")
		git(t, tree, "commit", "-q", "-m", fmt.Sprintf("change %d", i))
	}
	git(t, tree, "tag", "-a", "-m", "the first", "v1", "HEAD~3")
	git(t, tree, "tag", "light", "HEAD~4")
	git(t, tree, "branch", "side/one", "HEAD~5")
	git(t, tree, "notes", "add", "-m", "a note")
	git(t, tree, "update-ref", "refs/pull/7/head", git(t, tree, "commit-tree", "-m", "a request", "-p", "HEAD", "HEAD^{tree}"))
	git(t, base, "clone", "-q", "--mirror", tree, dir)
	return base, dir
}

// serve serves the repositories in a folder over HTTP, as git does, behind a gate that may be nil.
func serve(t testing.TB, base string, gate func(http.ResponseWriter, *http.Request) (through bool)) (address string) {
	t.Helper()
	backend := &cgi.Handler{
		Path: filepath.Join(git(t, base, "--exec-path"), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + base, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gate == nil || gate(w, r) {
			backend.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// daemon serves the repositories in a folder over git:.
func daemon(t testing.TB, base string) (address string) {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = free.Addr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(address)
	programs, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	// Not by way of git, which would leave it running when it is killed.
	c := exec.Command(filepath.Join(strings.TrimSpace(string(programs)), "git-daemon"), "--listen=127.0.0.1", "--port="+port,
		"--export-all", "--reuseaddr", "--base-path="+base)
	c.Env = append(os.Environ(), "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*")
	if err := c.Start(); err != nil {
		t.Skip("git daemon does not run here:", err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	for range 100 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return "git://" + address
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Skip("git daemon does not run here")
	return ""
}

// fetched fetches a URL into a new folder.
func fetched(t testing.TB, address string, change func(*Request)) (dir string, err error) {
	t.Helper()
	u, ok, err := ParseURL(address)
	if !ok || err != nil {
		t.Fatalf("%s is no URL: %v", address, err)
	}
	r := Request{URL: u, Dir: t.TempDir(), Credentials: Credentials{Env: map[string]string{"PATH": os.Getenv("PATH"), "GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1"}}}
	if change != nil {
		change(&r)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	return r.Dir, Fetch(ctx, r)
}

// isMirror holds a folder against the repository that it was fetched from.
func isMirror(t testing.TB, dir, of string) {
	t.Helper()
	packs, err := filepath.Glob(filepath.Join(dir, "objects/pack/*"))
	if err != nil || len(packs) != 1 {
		t.Fatalf("packs: %v, %v", packs, err)
	}
	git(t, dir, "index-pack", packs[0])
	const format = "--format=%(objectname) %(refname) %(*objectname)"
	if got, want := git(t, dir, "for-each-ref", format), git(t, of, "for-each-ref", format); got != want {
		t.Errorf("the refs are\n%s\nnot\n%s", got, want)
	}
	if got, want := git(t, dir, "symbolic-ref", "HEAD"), git(t, of, "symbolic-ref", "HEAD"); got != want {
		t.Errorf("HEAD is %s, not %s", got, want)
	}
	git(t, dir, "fsck", "--full", "--strict")
	if info, err := os.Stat(packs[0]); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read the pack: %v, %v", info.Mode(), err)
	}
}
