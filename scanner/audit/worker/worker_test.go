package worker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"skleak/scanner"
	"skleak/scanner/audit/job"
	"skleak/scanner/git/fetch"
	"skleak/scanner/run"
	"skleak/scanner/scantest"
)

// keyFor is a key that no scanner sees in this file.
func keyFor(number int) string {
	sum := sha256.Sum256([]byte(fmt.Sprint("a key for tests ", number)))
	return "sk_" + "live_" + strings.NewReplacer("0", "Q", "1", "w", "2", "Z").Replace(hex.EncodeToString(sum[:12]))
}

// origin is a repository that is served, and changed between audits.
type origin struct {
	t    testing.TB
	tree string
	url  string
	hits *hits
}

// hits counts what the server was asked.
type hits struct{ asked, packs atomic.Int64 }

// served serves a folder as git does.
func served(t testing.TB, base string, gate func(http.ResponseWriter, *http.Request) bool) (address string, h *hits) {
	t.Helper()
	h = &hits{}
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(scantest.Git(t, base, "--exec-path")), "git-http-backend"),
		Env: []string{"GIT_PROJECT_ROOT=" + base, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_COUNT=2",
			"GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*", "GIT_CONFIG_KEY_1=uploadpack.allowAnySHA1InWant", "GIT_CONFIG_VALUE_1=true"},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gate != nil && !gate(w, r) {
			return
		}
		if r.Method == http.MethodPost {
			h.packs.Add(1)
		} else {
			h.asked.Add(1)
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, h
}

// newOrigin makes a repository with one commit.
func newOrigin(t testing.TB) *origin {
	t.Helper()
	base := scantest.TempDir(t)
	o := &origin{t: t, tree: filepath.Join(base, "project")}
	scantest.Git(t, base, "init", "-q", "--initial-branch=main", o.tree)
	address, hits := served(t, base, nil)
	o.url, o.hits = address+"/project/.git", hits
	o.commit("readme", "some text\n")
	return o
}

func (o *origin) git(args ...string) string {
	return strings.TrimSpace(scantest.Git(o.t, o.tree, args...))
}

func (o *origin) commit(name, text string) (id string) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.tree, name), []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
	o.git("add", "-A")
	o.git("commit", "-q", "--allow-empty", "-m", "change "+name)
	return o.git("rev-parse", "HEAD")
}

// encoded is a report that holds all that matters of a result, but for times.
func encoded(r *run.Result) ([]byte, error) {
	type place struct {
		Path, Commit, Blob string
		Line               int
		Reachable, AtHead  bool
		Refs               []string
		Hidden             *scanner.Hidden
	}
	type leak struct {
		Key, Fingerprint string
		Places           []place
	}
	out := struct {
		Targets      []string
		Coverage     scanner.Totals
		Repositories []scanner.Repository
		Leaks        []leak
	}{r.Targets, r.Coverage, r.Repositories, nil}
	for _, l := range r.Leaks {
		one := leak{l.Key.Redacted(), l.Key.Fingerprint(), nil}
		for _, f := range l.Findings {
			p := place{Path: f.Path, Blob: f.Blob, Line: f.Line, Reachable: f.Reachable, AtHead: f.AtHead, Refs: f.Refs, Hidden: f.Hidden}
			if f.Commit != nil {
				p.Commit = f.Commit.Hash
			}
			one.Places = append(one.Places, p)
		}
		out.Leaks = append(out.Leaks, one)
	}
	return json.Marshal(out)
}

// newWorker makes a worker with a folder of its own.
func newWorker(t testing.TB) *Worker {
	t.Helper()
	w := &Worker{Dir: filepath.Join(t.TempDir(), "mirrors"), Encode: encoded, Rules: "test",
		Credentials: fetch.Credentials{Env: map[string]string{"PATH": os.Getenv("PATH"), "GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1"}},
		Say:         func(format string, args ...any) { t.Logf(format, args...) }}
	w.Run = func(p run.Plan) (*run.Run, error) {
		settings, err := run.LoadSettings("", p, run.Options{})
		return &run.Run{Plan: p, Settings: settings, FailOn: run.FailAny}, err
	}
	return w
}

// audit does the job of a repository, as it follows the last one.
type audit struct {
	t    testing.TB
	w    *Worker
	repo job.Repository
	last *job.Reading
}

func (o *origin) audit(w *Worker) *audit {
	return &audit{t: o.t, w: w, repo: job.Repository{Name: "example.com/project", URL: o.url}}
}

func (a *audit) try() (job.Outcome, []byte, error) {
	var moved atomic.Int64
	return a.w.Do(a.t.Context(), job.Job{Run: "test", Repository: a.repo, Last: a.last}, &moved)
}

// again does the job, which must succeed, and remembers the reading.
func (a *audit) again() (job.Outcome, string) {
	a.t.Helper()
	out, report, err := a.try()
	if err != nil {
		a.t.Fatal(err)
	}
	a.last = &out.Reading
	return out, string(report)
}

// full is the report of a worker that knows nothing.
func (a *audit) full() string {
	a.t.Helper()
	fresh := *a
	fresh.w, fresh.last = newWorker(a.t), nil
	fresh.w.Hidden = a.w.Hidden
	_, report := fresh.again()
	return report
}

// TestNights audits one repository night after night.
func TestNights(t *testing.T) {
	o := newOrigin(t)
	a := o.audit(newWorker(t))
	first, report := a.again()
	if first.Kept || !first.Reading.Complete || first.Reading.Leaks != 0 || first.Objects == 0 || first.Bytes == 0 || report == "" {
		t.Fatalf("the first night: %+v", first)
	}
	asked, packs := o.hits.asked.Load(), o.hits.packs.Load()
	second, report := a.again()
	if !second.Kept || report != "" || second.Objects != 0 || second.Reading.At != first.Reading.At || o.hits.packs.Load() != packs || o.hits.asked.Load() != asked+1 {
		t.Errorf("nothing has changed: %+v", second)
	}

	o.commit("more", "other text\n")
	third, report := a.again()
	if third.Kept || !third.Reading.Complete || third.Objects > 5 || report == "" {
		t.Errorf("a commit: %+v: %s", third, report)
	}

	o.commit("a.env", "KEY="+keyFor(1)+"\n")
	fourth, report := a.again()
	if fourth.Reading.Leaks != 1 || report != a.full() {
		t.Errorf("a key: %+v\n%s\n%s", fourth, report, a.full())
	}
	o.commit("a.env", "KEY=none\n")
	o.commit("b.env", "KEY="+keyFor(2)+"\n")
	fifth, report := a.again()
	if fifth.Reading.Leaks != 2 || report != a.full() {
		t.Errorf("another key: %+v\n%s\n%s", fifth, report, a.full())
	}
	if idx, _ := filepath.Glob(filepath.Join(a.w.Dir, "*.git", "objects", "pack", "*.idx")); len(idx) != 4 {
		t.Errorf("idx: %v", idx)
	}
	if kept, _ := a.again(); !kept.Kept {
		t.Error("nothing has changed, and there are keys: it was read again")
	}
}

// TestForcePush: what was overwritten is still told, with what hid it.
func TestForcePush(t *testing.T) {
	o := newOrigin(t)
	before := o.git("rev-parse", "HEAD")
	a := o.audit(newWorker(t))
	a.again()
	lost := o.commit("a.env", "KEY="+keyFor(3)+"\n")
	if out, _ := a.again(); out.Reading.Leaks != 1 {
		t.Fatalf("%+v", out)
	}
	o.git("reset", "-q", "--hard", before)
	o.commit("b.env", "KEY=none\n")
	out, report := a.again()
	if out.Reading.Leaks != 1 || !strings.Contains(report, lost) || !strings.Contains(report, `"Event":"force-push","Ref":"refs/heads/main"`) {
		t.Errorf("overwritten between nights: %+v\n%s", out, report)
	}
	if len(out.Reading.Hidden) != 1 || out.Reading.Hidden[0].ID != lost {
		t.Errorf("hidden: %+v", out.Reading.Hidden)
	}
	if out, _ := a.again(); !out.Kept {
		t.Error("nothing has changed")
	}
	b := o.audit(newWorker(t)) // which never saw the branch, and is told by the host
	if out, _ := b.again(); out.Reading.Leaks != 0 {
		t.Fatalf("%+v", out)
	}
	b.w.Hidden = func(context.Context, job.Repository) ([]job.Hidden, error) {
		return []job.Hidden{{ID: lost, Ref: "refs/heads/main", Why: "force-push", By: "eve", When: time.Unix(1e9, 0).UTC()},
			{ID: strings.Repeat("1", 40), Why: "force-push"}, {ID: before}}, nil
	}
	out, report = b.again()
	if out.Reading.Leaks != 1 || !strings.Contains(report, `"By":"eve"`) || !strings.Contains(report, `"Reachable":false`) || len(out.Reading.Hidden) != 1 || !out.Reading.Complete {
		t.Errorf("hidden: %+v\n%s", out, report)
	}
	if report != b.full() {
		t.Errorf("it differs:\n%s\n%s", report, b.full())
	}
}

// TestOtherRules: what is searched for has changed, so everything is read again.
func TestOtherRules(t *testing.T) {
	o := newOrigin(t)
	a := o.audit(newWorker(t))
	first, _ := a.again()
	a.w = &Worker{Dir: a.w.Dir, Run: a.w.Run, Encode: encoded, Rules: "others", Credentials: a.w.Credentials, Say: a.w.Say}
	second, report := a.again()
	if second.Kept || second.Objects != first.Objects || second.Bytes != 0 || !bytes.Equal([]byte(report), []byte(a.full())) {
		t.Errorf("%+v after %+v", second, first)
	}
}
