package audittest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"skleak/scanner/audit/hosttest"
	"skleak/scanner/scantest"
)

func TestRun(t *testing.T) {
	w := newWorld(t, 7)
	w.host.Add(&hosttest.Repository{Name: "acme/fork", Git: w.git["acme/r0"], Fork: true},
		&hosttest.Repository{Name: "acme/empty", Git: empty(t), Empty: true})
	out, _ := w.run(0, "list", "github:acme", "--github-url", w.host.URL)
	if n := strings.Count(out, "/acme/r"); n != 7 || strings.Contains(out, "/acme/fork") {
		t.Errorf("listed:\n%s", out)
	}
	first := w.audit(1)
	if len(first.Leaks) != 3 || len(first.Scan.Repositories) != 8 || !first.Scan.Complete {
		t.Fatalf("%d leaks in %d repositories:\n%s", len(first.Leaks), len(first.Scan.Repositories), first.text)
	}
	f := first.Leaks[0].Findings[0]
	if !strings.HasPrefix(f.Path, f.Repository+"/") || !strings.HasSuffix(f.Path, "/config/app.env") {
		t.Errorf("a finding in %s at %s", f.Repository, f.Path)
	}

	// Nothing has changed: nothing is fetched, and the report is the same.
	asked := len(w.host.Asked())
	second := w.audit(1)
	w.same(first.plain(), second.plain())
	for _, path := range w.host.Asked()[asked:] {
		if strings.HasSuffix(path, "/git-upload-pack") {
			t.Errorf("the second audit asked for %s", path)
		}
	}

	// What is pushed is read, and one that was clean and one that was not say what a first audit says.
	w.commit("acme/r1", "main", map[string]string{"late.env": "K=" + key(100) + "\n"})
	w.commit("acme/r3", "main", map[string]string{"config/app.env": "gone\n"})
	third := w.audit(1)
	if len(third.Leaks) != 4 {
		t.Errorf("%d leaks:\n%s", len(third.Leaks), third.text)
	}
	fresh := w.audit(1, "--state", filepath.Join(w.home, "other"))
	w.same(fresh.plain(), third.plain())
}

func empty(t *testing.T) string {
	dir := filepath.Join(scantest.TempDir(t), "empty.git")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	scantest.Git(t, dir, "init", "--bare", "-q")
	return dir
}

// TestForcePush: what a force-push hides, the host still serves, and people rely on its being gone.
func TestForcePush(t *testing.T) {
	w := newWorld(t, 2)
	before := w.commit("acme/r1", "main", map[string]string{"oops.env": "K=" + key(77) + "\n"})
	scantest.Git(t, w.git["acme/r1"], "update-ref", "refs/heads/main", "refs/heads/main~1")
	w.host.Add(&hosttest.Repository{Name: "acme/r9", Git: w.git["acme/r1"], PushedAt: time.Now(), Pushes: []hosttest.Push{
		{Type: "force_push", Branch: "main", By: "mallory", Before: before, When: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}}})
	d := w.audit(1)
	found := false
	for _, l := range d.Leaks {
		for _, f := range l.Findings {
			found = found || f.Repository != "" && strings.HasSuffix(f.Path, "acme/r9/oops.env") && f.Hidden != nil
		}
	}
	if !found {
		t.Errorf("the hidden key was not told:\n%s", d.text)
	}
	if d := w.audit(1, "--hidden=false", "--state", filepath.Join(w.home, "other")); len(d.Leaks) != 1 {
		t.Errorf("%d leaks without hidden commits", len(d.Leaks))
	}
}

// TestGone: what cannot be read is named, and what was found in it before stays.
func TestGone(t *testing.T) {
	w := newWorld(t, 4)
	if d := w.audit(1); len(d.Leaks) != 2 {
		t.Fatalf("%d leaks", len(d.Leaks))
	}
	if err := os.RemoveAll(w.git["acme/r3"]); err != nil {
		t.Fatal(err)
	}
	d := w.audit(1)
	if len(d.Leaks) != 2 || d.Scan.Complete || len(d.Scan.Coverage.Unreadable) != 1 {
		t.Fatalf("%d leaks, complete %v:\n%s", len(d.Leaks), d.Scan.Complete, d.text)
	}
	if u := d.Scan.Coverage.Unreadable[0]; !strings.HasSuffix(u.Place, "acme/r3") || !strings.Contains(u.Detail, "what is told of it was read on") {
		t.Errorf("%+v", u)
	}
	out, _ := w.run(0, "status")
	if !strings.Contains(out, "parked") || !strings.Contains(out, "finished") {
		t.Errorf("status:\n%s", out)
	}
}

func TestWrongUse(t *testing.T) {
	w := newWorld(t, 0)
	for _, args := range [][]string{{"run"}, {"status"}, {"report"}, {"run", "github:acme", "--github-url", w.host.URL}, {"run", "nowhere/at/all"},
		{"work"}, {"list", "github:acme", "--since", "yesterday"}} {
		_, said := w.run(2, args...)
		if strings.Count(strings.TrimSpace(said), "\n") > 3 {
			t.Errorf("%q says\n%s", args, said)
		}
	}
}
