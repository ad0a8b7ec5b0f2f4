package worker

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"skleak/scanner/audit/job"
	"skleak/scanner/crash"
	"skleak/scanner/run"
	"skleak/scanner/scantest"
)

// mirrorOf is the path of a file of the repository's mirror.
func (a *audit) mirrorOf(suffix string, names ...string) string {
	return filepath.Join(append([]string{a.w.Dir, a.repo.ID() + suffix}, names...)...)
}

// TestHostileMirrors: whatever happened to a mirror, or was put into its place, the next report is the right one, and
// nothing is written elsewhere.
func TestHostileMirrors(t *testing.T) {
	elsewhere := t.TempDir()
	precious := filepath.Join(elsewhere, "precious")
	if err := os.WriteFile(precious, []byte("not to be touched"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := func(path, to string) error { return errors.Join(os.RemoveAll(path), os.Symlink(to, path)) }
	replace := func(path, old, to string) error {
		text, err := os.ReadFile(path)
		return errors.Join(err, os.WriteFile(path, []byte(strings.ReplaceAll(string(text), old, to)), 0o600))
	}
	pack := func(a *audit) string {
		packs, _ := filepath.Glob(a.mirrorOf(".git", "objects", "pack", "*.pack"))
		return packs[0]
	}
	for name, change := range map[string]func(a *audit) error{
		"nothing":                 func(*audit) error { return nil },
		"no mark":                 func(a *audit) error { return os.Remove(a.mirrorOf(".json")) },
		"half a mark":             func(a *audit) error { return os.Truncate(a.mirrorOf(".json"), 20) },
		"another version":         func(a *audit) error { return replace(a.mirrorOf(".json"), markVersion, "skleak/mirror/v0") },
		"another repository":      func(a *audit) error { return replace(a.mirrorOf(".json"), "project", "other") },
		"a mark that is a link":   func(a *audit) error { return link(a.mirrorOf(".json"), precious) },
		"a mirror that is a link": func(a *audit) error { return link(a.mirrorOf(".git"), elsewhere) },
		"packs that are a link":   func(a *audit) error { return link(a.mirrorOf(".git", "objects", "pack"), elsewhere) },
		"a mirror that is a file": func(a *audit) error {
			return errors.Join(os.RemoveAll(a.mirrorOf(".git")), os.WriteFile(a.mirrorOf(".git"), nil, 0o600))
		},
		"no mirror": func(a *audit) error { return os.RemoveAll(a.mirrorOf(".git")) },
		"a config with programs": func(a *audit) error {
			return replace(a.mirrorOf(".git", "config"), "[core]", "[core]\n\tfsmonitor = touch "+precious)
		},
		"a pack is gone":    func(a *audit) error { return os.Remove(pack(a)) },
		"a pack is cut":     func(a *audit) error { return errors.Join(os.Chmod(pack(a), 0o600), os.Truncate(pack(a), 100)) },
		"a pack is damaged": func(a *audit) error { return flip(pack(a), 40) },
		"an idx is damaged": func(a *audit) error { return flip(strings.TrimSuffix(pack(a), ".pack")+".idx", 1100) },
		"refs are gone":     func(a *audit) error { return os.WriteFile(a.mirrorOf(".git", "packed-refs"), nil, 0o600) },
		"refs are no refs": func(a *audit) error {
			return os.WriteFile(a.mirrorOf(".git", "packed-refs"), []byte("what is it"), 0o600)
		},
		"the mark is of the future": func(a *audit) error {
			id := strings.TrimSpace(scantest.Git(t, a.mirrorOf(".git"), "rev-parse", "main"))
			return replace(a.mirrorOf(".json"), id, strings.Repeat("7", 40))
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t)
			a := o.audit(newWorker(t))
			a.again()
			if err := change(a); err != nil {
				t.Fatal(err)
			}
			if out, _ := a.again(); !out.Kept {
				t.Error("the mirror is not asked for, and it was read again")
			}
			o.commit("a.env", "KEY="+keyFor(4)+"\n")
			out, report := a.again()
			if out.Reading.Leaks != 1 || !out.Reading.Complete || report != a.full() {
				t.Errorf("%+v\n%s\n%s", out, report, a.full())
			}
			if text, err := os.ReadFile(precious); err != nil || string(text) != "not to be touched" {
				t.Errorf("elsewhere: %q, %v", text, err)
			}
			if files, _ := os.ReadDir(elsewhere); len(files) != 1 {
				t.Errorf("elsewhere: %v", files)
			}
		})
	}
	a := newOrigin(t).audit(newWorker(t))
	if err := os.MkdirAll(a.w.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(elsewhere, "made"), a.mirrorOf(".lock")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.try(); err == nil {
		t.Error("a lock that leads elsewhere was taken")
	}
	if files, _ := os.ReadDir(elsewhere); len(files) != 1 {
		t.Errorf("elsewhere: %v", files)
	}
}

func flip(path string, at int64) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text[at] ^= 0x55
	return errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, text, 0o600))
}

// TestManyPacks: a mirror that was fetched into many times is fetched again.
func TestManyPacks(t *testing.T) {
	o := newOrigin(t)
	a := o.audit(newWorker(t))
	a.again()
	packs, _ := filepath.Glob(a.mirrorOf(".git", "objects", "pack", "*.pack"))
	text, _ := os.ReadFile(packs[0])
	for i := range mostPacks {
		if err := os.WriteFile(a.mirrorOf(".git", "objects", "pack", fmt.Sprintf("pack-%040x.pack", i)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.commit("a.env", "KEY="+keyFor(5)+"\n")
	out, report := a.again()
	packs, _ = filepath.Glob(a.mirrorOf(".git", "objects", "pack", "*.pack"))
	if len(packs) != 1 || out.Reading.Leaks != 1 || report != a.full() {
		t.Errorf("%d packs, %+v", len(packs), out)
	}
}

// TestBrokenOff: what was fetched and not read is read the next time, also if the refs are back where they were.
func TestBrokenOff(t *testing.T) {
	o := newOrigin(t)
	a := o.audit(newWorker(t))
	a.again()
	before := o.git("rev-parse", "HEAD")
	o.commit("a.env", "KEY="+keyFor(6)+"\n")
	works := a.w.Run
	a.w.Run = func(p run.Plan) (*run.Run, error) {
		if p.Source != nil {
			return nil, errors.New("the power is gone")
		}
		return works(p)
	}
	if _, _, err := a.try(); err == nil {
		t.Fatal("no error")
	}
	a.w.Run = works
	o.git("reset", "-q", "--hard", before)
	if out, report := a.again(); out.Kept || out.Reading.Leaks != 1 {
		t.Errorf("%+v\n%s", out, report)
	}
	if out, _ := a.again(); !out.Kept || out.Reading.Leaks != 1 {
		t.Errorf("%+v", out)
	}
}

// TestTwoAtOnce: one mirror is used by one try at a time.
func TestTwoAtOnce(t *testing.T) {
	o := newOrigin(t)
	a := o.audit(newWorker(t))
	other := *a
	other.w = newWorker(t)
	other.w.Dir = a.w.Dir // as another process has it
	works := a.w.Run
	a.w.Run = func(p run.Plan) (*run.Run, error) {
		if p.Source != nil {
			for _, one := range []*audit{a, &other} {
				if _, _, err := one.try(); !errors.Is(err, errInUse) || errors.As(err, &job.PermanentError{}) {
					t.Errorf("meanwhile: %v", err)
				}
			}
		}
		return works(p)
	}
	a.again()
	a.w.Run = works
	other.again()
}

// TestOddRefs: what refs can lead to besides commits, and what they are called, is read when it is new.
func TestOddRefs(t *testing.T) {
	for name, change := range map[string]func(o *origin){
		"a blob": func(o *origin) {
			o.git("update-ref", "refs/odd/blob", strings.TrimSpace(scantest.GitIn(t, o.tree, "KEY="+keyFor(7)+"\n", "hash-object", "-w", "--stdin")))
		},
		"a tree": func(o *origin) {
			blob := strings.TrimSpace(scantest.GitIn(t, o.tree, "KEY="+keyFor(7)+"\n", "hash-object", "-w", "--stdin"))
			o.git("update-ref", "refs/odd/tree", strings.TrimSpace(scantest.GitIn(t, o.tree, "100644 blob "+blob+"\ta.env\n", "mktree")))
		},
		"a tag":          func(o *origin) { o.git("tag", "-a", "-m", "the key is "+keyFor(7), "v1") },
		"a note":         func(o *origin) { o.git("notes", "add", "-m", "the key is "+keyFor(7)) },
		"a tag of a tag": func(o *origin) { o.git("tag", "-a", "-m", "x", "v1"); o.git("tag", "-a", "-m", keyFor(7), "v2", "v1") },
		"a name":         func(o *origin) { o.git("branch", "use-"+keyFor(7)) },
		"a message":      func(o *origin) { o.git("commit", "-q", "--allow-empty", "-m", "use "+keyFor(7)) },
		"a detached HEAD": func(o *origin) {
			o.commit("a.env", keyFor(7))
			o.git("checkout", "-q", "--detach")
			o.git("branch", "-q", "-f", "main", "HEAD~1")
		},
		"another branch": func(o *origin) { o.git("checkout", "-q", "--orphan", "other"); o.commit("a.env", "KEY="+keyFor(7)) },
		"a merge": func(o *origin) {
			o.git("checkout", "-q", "-b", "side")
			o.commit("b", "b")
			o.git("checkout", "-q", "main")
			o.commit("c", "c")
			o.git("merge", "-q", "--no-commit", "--no-ff", "side")
			o.commit("d", keyFor(7))
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t)
			a := o.audit(newWorker(t))
			a.again()
			change(o)
			out, report := a.again()
			if out.Reading.Leaks != 1 || report != a.full() {
				t.Errorf("%+v\n%s\n%s", out, report, a.full())
			}
			if text, _ := json.Marshal(out); strings.Contains(string(text), keyFor(7)) {
				t.Errorf("the outcome holds the key: %s", text)
			}
		})
	}
}

// TestOddRefsAreLost: a branch with a key in its name, and in its commit, is deleted; nothing that leaves has the key.
func TestOddRefsAreLost(t *testing.T) {
	o := newOrigin(t)
	o.git("checkout", "-q", "-b", "use-"+keyFor(8))
	o.commit("a.env", "KEY="+keyFor(8)+"\n")
	a := o.audit(newWorker(t))
	var said atomic.Pointer[string]
	all := ""
	said.Store(&all)
	a.w.Say = func(format string, args ...any) { all += fmt.Sprintf(format, args...) }
	a.again()
	o.git("checkout", "-q", "main")
	o.git("branch", "-q", "-D", "use-"+keyFor(8))
	out, _ := a.again()
	text, _ := json.Marshal(out)
	if out.Reading.Leaks != 1 || len(out.Reading.Hidden) != 1 || out.Reading.Hidden[0].Why != "branch-deletion" || strings.Contains(string(text)+all, keyFor(8)) {
		t.Errorf("%s, said %s", text, all)
	}
}

// TestReasons: why a repository was not read is told, and whether to try again.
func TestReasons(t *testing.T) {
	answer := func(status int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(s.Close)
		return s.URL + "/x"
	}
	o := newOrigin(t)
	for _, c := range []struct {
		repo      job.Repository
		want      string
		permanent bool
	}{
		{job.Repository{URL: answer(http.StatusNotFound)}, "no such repository", true},
		{job.Repository{URL: answer(http.StatusForbidden)}, "does not say who he is", true},
		{job.Repository{URL: answer(http.StatusUnavailableForLegalReasons)}, "legal reasons", true},
		{job.Repository{URL: answer(http.StatusBadGateway)}, "status 502", false},
		{job.Repository{URL: "ext::sh -c true"}, "not fetched by", true},
		{job.Repository{URL: "no URL"}, "cannot be read", true},
		{job.Repository{Path: filepath.Join(t.TempDir(), "gone")}, "not there any more", true},
		{job.Repository{URL: o.url, Bytes: 200 << 20}, "larger than 100 MB", true},
	} {
		w := newWorker(t)
		w.MaxRepository = 100 << 20
		a := &audit{t: t, w: w, repo: c.repo}
		_, _, err := a.try()
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &job.PermanentError{}) != c.permanent || strings.Contains(err.Error(), "%!") {
			t.Errorf("%s: %v, want %q", c.repo.URL, err, c.want)
		}
		if left, _ := filepath.Glob(filepath.Join(w.Dir, "*.git")); len(left) > 0 {
			t.Errorf("%s: left behind: %v", c.repo.URL, left)
		}
	}
	w := newWorker(t)
	w.MaxRepository = 100 // the host does not know how large it is
	if _, _, err := o.audit(w).try(); err == nil || !strings.Contains(err.Error(), "--max-repository") || !errors.As(err, &job.PermanentError{}) {
		t.Errorf("too large: %v", err)
	}
	w.Token = func(context.Context, job.Repository) (string, error) { return "", errors.New("no token is to be had") }
	if _, _, err := o.audit(w).try(); err == nil || errors.As(err, &job.PermanentError{}) {
		t.Errorf("no token: %v", err)
	}
}

// TestEmptyOne: where nothing is, nothing was missed.
func TestEmptyOne(t *testing.T) {
	base := scantest.TempDir(t)
	scantest.Git(t, base, "init", "-q", "--bare", "empty.git")
	address, _ := served(t, base, nil)
	a := &audit{t: t, w: newWorker(t), repo: job.Repository{Name: "empty", URL: address + "/empty.git"}}
	if out, report := a.again(); !out.Reading.Complete || out.Reading.Leaks != 0 || report == "" {
		t.Errorf("%+v", out)
	}
	if out, _ := a.again(); !out.Kept {
		t.Errorf("%+v", out)
	}
}

// TestMirrorsAreDropped: where they are not to be kept, each change costs a whole fetch, and nothing stays.
func TestMirrorsAreDropped(t *testing.T) {
	o := newOrigin(t)
	a := o.audit(newWorker(t))
	a.w.DropMirrors = true
	a.again()
	o.commit("a.env", "KEY="+keyFor(9)+"\n")
	if out, report := a.again(); out.Reading.Leaks != 1 || report != a.full() {
		t.Errorf("%+v", out)
	}
	if out, _ := a.again(); !out.Kept {
		t.Error("nothing has changed")
	}
	if left, _ := filepath.Glob(filepath.Join(a.w.Dir, "*.*t*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestProvidersAreAskedAgain: what a provider said of a key is not carried over.
func TestProvidersAreAskedAgain(t *testing.T) {
	o := newOrigin(t)
	a := o.audit(newWorker(t))
	works := a.w.Run
	a.w.Run = func(p run.Plan) (*run.Run, error) {
		r, err := works(p)
		r.Ask = &run.Asking{AtOnce: 1}
		return r, err
	}
	a.again()
	if out, _ := a.again(); !out.Kept {
		t.Error("there is no key to ask about, and it was read again")
	}
}

// TestHere reads repositories of this machine.
func TestHere(t *testing.T) {
	o := newOrigin(t)
	o.commit("a.env", "KEY="+keyFor(10)+"\n")
	bare := filepath.Join(scantest.TempDir(t), "bare.git")
	scantest.Git(t, o.tree, "clone", "-q", "--mirror", o.tree, bare)
	for path, keeps := range map[string]bool{o.tree: false, bare: true} {
		a := &audit{t: t, w: newWorker(t), repo: job.Repository{Name: path, Path: path}}
		if out, report := a.again(); out.Reading.Leaks != 1 || !out.Reading.Complete || report == "" {
			t.Errorf("%s: %+v", path, out)
		}
		if out, _ := a.again(); out.Kept != keeps || out.Reading.Leaks != 1 {
			t.Errorf("%s, again: %+v", path, out)
		}
		if _, err := os.Stat(a.w.Dir); err == nil {
			t.Errorf("%s was mirrored", path)
		}
	}
	bareAudit := &audit{t: t, w: newWorker(t), repo: job.Repository{Name: "x", URL: "file://" + filepath.ToSlash(bare)}}
	bareAudit.again()
	scantest.Git(t, bare, "update-ref", "refs/heads/new", "main~1")
	if out, _ := bareAudit.again(); out.Kept {
		t.Error("a ref is new")
	}
}

// TestRandomNights: however a repository changes, the report is the one of somebody who reads it for the first time.
func TestRandomNights(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	o := newOrigin(t)
	a := o.audit(newWorker(t))
	for night := range scantest.Sample(6, 60) {
		for range 1 + random.IntN(4) {
			name := fmt.Sprintf("file%d", random.IntN(4))
			switch random.IntN(7) {
			case 0:
				o.commit(name, fmt.Sprintf("KEY=%s\nnight %d\n", keyFor(100+random.IntN(3)), night))
			case 1:
				o.git("branch", "-f", fmt.Sprintf("side%d", random.IntN(3)), "HEAD")
			case 2:
				o.git("tag", "-f", "-a", "-m", fmt.Sprint("tag of night ", night), fmt.Sprintf("v%d", night))
			case 3:
				o.git("commit", "-q", "--allow-empty", "-m", fmt.Sprint("nothing in night ", night))
			default:
				o.commit(name, fmt.Sprintf("text of night %d: %d\n", night, random.Uint64()))
			}
		}
		out, report := a.again()
		fresh := *a
		fresh.w, fresh.last = newWorker(t), nil
		full, fullReport := fresh.again()
		same := out.Reading.Leaks == full.Reading.Leaks && out.Reading.Tips == full.Reading.Tips && out.Reading.Complete
		if full.Reading.Leaks > 0 && !out.Kept {
			same = same && report == fullReport
		}
		if !same {
			t.Fatalf("seed %d, night %d: %+v, and %+v\n%s\n%s", seed, night, out, full, report, fullReport)
		}
	}
}

// TestEncrypted: what nobody can read is no reason to read the rest again, as long as it is told each time.
func TestEncrypted(t *testing.T) {
	o := newOrigin(t)
	broken := []byte(scantest.Gzip(t, strings.Repeat("some text that is packed ", 50)))
	broken[len(broken)/2] ^= 0x55
	o.commit("a.gz", string(broken))
	archive := []byte(scantest.Zip(t, scantest.Member{Name: "a.env", Text: "KEY=" + keyFor(11), Stored: true}))
	at := bytes.LastIndex(archive, []byte("PK\x01\x02"))
	archive[6], archive[at+8] = archive[6]|1, archive[at+8]|1
	o.commit("a.zip", string(archive))
	a := o.audit(newWorker(t))
	if out, report := a.again(); out.Reading.Complete || !strings.Contains(report, "encrypted") || !strings.Contains(report, "corrupt") {
		t.Fatalf("%+v", report)
	}
	if out, _ := a.again(); !out.Kept || out.Reading.Complete {
		t.Errorf("nothing has changed: %+v", out)
	}
	o.commit("b", "b")
	if out, report := a.again(); out.Kept || out.Reading.Complete || report != a.full() {
		t.Errorf("%+v\n%s\n%s", out, report, a.full())
	}
	works := a.w.Run
	a.w = &Worker{Dir: a.w.Dir, Encode: encoded, Rules: "test", Credentials: a.w.Credentials, Run: func(p run.Plan) (*run.Run, error) {
		r, err := works(p)
		r.Memory = 1 << 30
		return r, err
	}}
	if out, _ := a.again(); out.Kept {
		t.Error("with more memory, nothing is tried")
	}
}

// TestLyingServer names refs and sends something else. It is told each night, and when the server is honest again, nothing of
// the lie is left.
func TestLyingServer(t *testing.T) {
	o := newOrigin(t)
	lie := append([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x01\x30"), 0x78, 0x9c, 0x03, 0, 0, 0, 0, 1)
	sum := sha1.Sum(lie)
	lie = append(lie, sum[:]...)
	lying := true
	address, _ := served(t, filepath.Dir(o.tree), func(w http.ResponseWriter, r *http.Request) bool {
		if !lying || r.Method != http.MethodPost {
			return true
		}
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
		fmt.Fprintf(w, "0008NAK\n%04x\x01%s0000", len(lie)+5, lie)
		return false
	})
	for _, first := range []bool{true, false} { // it lies from the beginning, or later on
		o.commit("readme", fmt.Sprint("text ", first))
		a := &audit{t: t, w: newWorker(t), repo: job.Repository{Name: "x", URL: address + "/project/.git"}}
		if lying = first; !first {
			a.again()
			lying = true
		}
		o.commit(fmt.Sprint(first), "KEY="+keyFor(12)+"\n")
		for range 2 {
			if out, report := a.again(); out.Kept || out.Reading.Complete {
				t.Errorf("lying: %+v\n%s", out, report)
			}
		}
		lying = false
		if out, report := a.again(); !out.Reading.Complete || out.Reading.Leaks != 1 || report != a.full() {
			t.Errorf("honest again: %+v\n%s\n%s", out, report, a.full())
		}
	}
}

// TestPanics: a panic in a try is told with its place and nothing else, and the next try goes on as if nothing had been.
func TestPanics(t *testing.T) {
	o := newOrigin(t)
	key := keyFor(3)
	o.commit("a.env", "KEY="+key+"\n")
	w := newWorker(t)
	works := w.Run
	for name, breaks := range map[string]func(*Worker){
		"while the report is made": func(w *Worker) { w.Encode = func(*run.Result) ([]byte, error) { panic(key) } },
		"while a run is made":      func(w *Worker) { w.Run = func(run.Plan) (*run.Run, error) { panic(errors.New(key)) } },
		"while objects are read": func(w *Worker) {
			w.Run = func(p run.Plan) (*run.Run, error) {
				p.Source = func(context.Context, *run.Scan) error { panic(key) }
				return works(p)
			}
		},
		"while the host is asked": func(w *Worker) {
			w.Hidden = func(context.Context, job.Repository) ([]job.Hidden, error) { panic(key) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := o.audit(newWorker(t))
			breaks(a.w)
			err := crash.Catch(func() error { _, _, err := a.try(); return err })
			if err == nil || !strings.Contains(err.Error(), "mishaps_test.go:") || strings.Contains(err.Error(), key[8:]) {
				t.Errorf("the panic is told as %v", err)
			}
			a.w.Run, a.w.Encode, a.w.Hidden = works, encoded, nil
			if out, report := a.again(); out.Reading.Leaks != 1 || !out.Reading.Complete || report != a.full() {
				t.Errorf("%+v\n%s\n%s", out, report, a.full())
			}
		})
	}
}
