package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"skleak/cmd/internal/exit"
	"skleak/scanner/scantest"
)

// remoteProject is a repository with a key in its history and another in a pull request, and the URL that it is served
// at, on this machine.
func remoteProject(t *testing.T) (address, dir string) {
	t.Helper()
	base := scantest.TempDir(t)
	tree := filepath.Join(base, "tree")
	scantest.Git(t, base, "init", "-q", "--initial-branch=main", tree)
	add := func(name, text string) {
		if err := os.WriteFile(filepath.Join(tree, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		scantest.Git(t, tree, "add", "-A")
		scantest.Git(t, tree, "commit", "-q", "-m", "change "+name)
	}
	add("readme", strings.Repeat("some text\n", 50))
	add("a.env", "KEY="+keyFor("{live:24}")+"\n")
	scantest.Git(t, tree, "checkout", "-q", "-b", "request")
	add("b.env", "KEY="+keyFor("{test:24}")+"\n")
	scantest.Git(t, tree, "update-ref", "refs/pull/1/head", "request")
	scantest.Git(t, tree, "checkout", "-q", "main")
	scantest.Git(t, tree, "branch", "-q", "-D", "request")
	dir = filepath.Join(base, "project.git")
	scantest.Git(t, base, "clone", "-q", "--mirror", tree, dir)
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(scantest.Git(t, base, "--exec-path")), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + base, "GIT_HTTP_EXPORT_ALL=1"},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/slow") {
			<-r.Context().Done()
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, dir
}

// TestRemote scans a URL as a user does, and looks at what is left behind.
func TestRemote(t *testing.T) {
	address, dir := remoteProject(t)
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	run := func(ctx context.Context, args ...string) (status int, out, errw string) {
		var o, e bytes.Buffer
		err := execute(ctx, os.Environ(), strings.NewReader(""), &o, &e, args)
		if left, _ := filepath.Glob(filepath.Join(temporary, "*")); len(left) > 0 {
			t.Errorf("%v: left behind: %v", args, left)
		}
		return exit.StatusOf(err), o.String(), e.String()
	}
	url := address + "/project.git"
	report := filepath.Join(t.TempDir(), "report.json")
	for _, command := range []string{"scan", "git"} {
		if status, _, errw := run(t.Context(), command, url, "-q", "-r", report); status != 1 || errw != "" {
			t.Fatalf("%s: status %d, %s", command, status, errw)
		}
		var told struct {
			Scan struct {
				Targets      []string
				Complete     bool
				Repositories []struct{ Path, Remote, Branch string }
			}
			Leaks []struct{ Findings []struct{ Path string } }
		}
		text, err := os.ReadFile(report)
		if err := errors.Join(err, json.Unmarshal(text, &told)); err != nil {
			t.Fatal(err)
		}
		s := told.Scan
		if len(told.Leaks) != 2 || !s.Complete || len(s.Targets) != 1 || s.Targets[0] != url ||
			bytes.Contains(text, []byte("skleak-fetch")) {
			t.Errorf("%s: %s", command, text)
		}
		if len(s.Repositories) != 1 || s.Repositories[0].Remote != url || s.Repositories[0].Branch != "main" {
			t.Errorf("%s: repositories %+v", command, s.Repositories)
		}
	}
	if status, out, errw := run(t.Context(), "git", url, "--range", "main..refs/pull/1/head"); status != 1 ||
		!strings.Contains(out, "b.env") || strings.Contains(out, "a.env") {
		t.Errorf("range: status %d, %s%s", status, out, errw)
	}

	keep := filepath.Join(t.TempDir(), "kept", "mirror.git")
	if status, _, errw := run(t.Context(), "git", url, "-q", "--keep", keep); status != 1 {
		t.Fatalf("--keep: status %d, %s", status, errw)
	}
	scantest.Git(t, keep, "fsck", "--full", "--strict")
	idx, _ := filepath.Glob(filepath.Join(keep, "objects/pack/*.idx"))
	if len(idx) != 1 {
		t.Fatalf("idx: %v", idx)
	}
	scantest.Git(t, keep, "index-pack", "-o", filepath.Join(temporary, "idx"), strings.TrimSuffix(idx[0], ".idx")+".pack")
	ours, _ := os.ReadFile(idx[0])
	theirs, _ := os.ReadFile(filepath.Join(temporary, "idx"))
	os.Remove(filepath.Join(temporary, "idx"))
	if !bytes.Equal(ours, theirs) {
		t.Error("the idx is not the one that git writes")
	}

	for want, args := range map[string][]string{
		"no such repository":       {"scan", address + "/other.git"},
		"not there yet":            {"git", url, "--keep", keep},
		"by itself":                {"scan", url, "."},
		"nothing is staged":        {"git", "--staged", url},
		"are for URLs":             {"git", dir, "--keep", keep + "2"},
		"holds a password":         {"scan", "https://me:hidden@example.com/x"},
		"are not fetched by":       {"scan", "ext::sh -c true"},
		"fetch a repository":       {"dir", url},
		"the file":                 {"scan", url, "--token-file", os.DevNull},
		"names no path":            {"scan", "file://."},
		"there is no file or fold": {"scan", "file:///nowhere/at/all"},
	} {
		status, out, errw := run(t.Context(), args...)
		if status != 2 || out != "" || strings.Count(errw, "\n") != 1 || !strings.Contains(errw, want) ||
			strings.Contains(errw, "hidden") {
			t.Errorf("%v: status %d, %s%s", args, status, out, errw)
		}
	}
	if status, out, _ := run(t.Context(), "git", "file://"+filepath.ToSlash(dir)); status != 1 ||
		!strings.Contains(out, "2 leaked keys") {
		t.Errorf("file: status %d, %s", status, out)
	}

	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	began := time.Now()
	if status, _, _ := run(ctx, "git", address+"/slow.git"); status != exit.StatusOf(exit.ErrInterrupted) ||
		time.Since(began) > 30*time.Second {
		t.Errorf("interrupted: status %d after %v", status, time.Since(began))
	}
}
