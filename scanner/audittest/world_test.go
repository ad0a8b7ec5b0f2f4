// Package audittest tests the audit of many repositories by running the real program against a server on this machine.
// What is tested lies in folders that ./... leaves out, as go.mod says. Its parts have tests beside them; these here
// are run with all others.
package audittest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"skleak/scanner/audit/hosttest"
	"skleak/scanner/scantest"
)

// program is skleak-audit, as it was built for the tests.
var program string

func TestMain(m *testing.M) {
	scantest.KeepGitPlain()
	dir, err := os.MkdirTemp("", "audittest-")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "skleak-audit")
	if out, err := exec.Command("go", "build", "-o", program, "skleak/cmd/skleak-audit").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building skleak-audit: %v\n%s", err, out)
		os.Exit(1)
	}
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

const token = "token-of-the-test"

// key is a key of a number.
func key(n int) string {
	return strings.Join([]string{"sk", "live", fmt.Sprintf("9fK2xQ7mVb4TzR8w%04dLp3N", n)}, "_")
}

// world is a host with repositories, and the user's folder of who audits it.
type world struct {
	t      *testing.T
	host   *hosttest.Server
	home   string
	folder string            // where commands are run; "": home
	git    map[string]string // folders of bare repositories, by name
}

// newWorld makes a host with repositories acme/r0, acme/r1, …; those whose number is a multiple of three have a key of
// that number in their history.
func newWorld(t *testing.T, n int) *world {
	w := &world{t: t, home: scantest.TempDir(t), git: map[string]string{}}
	w.host = hosttest.New(t, "github")
	w.host.Token = token
	for i := range n {
		name := fmt.Sprintf("acme/r%d", i)
		bare := filepath.Join(w.home, "git", name+".git")
		if err := os.MkdirAll(bare, 0o755); err != nil {
			t.Fatal(err)
		}
		scantest.Git(t, bare, "init", "--bare", "-q")
		w.git[name] = bare
		files := map[string]string{"README.md": "repository " + name + "\n"}
		if i%3 == 0 {
			files["config/app.env"] = "STRIPE_KEY=" + key(i) + "\n"
		}
		w.commit(name, "main", files)
		w.host.Add(&hosttest.Repository{Name: name, Git: bare, PushedAt: time.Date(2026, 5, 1, 0, 0, i, 0, time.UTC)})
	}
	return w
}

// commit puts files on top of a branch.
func (w *world) commit(name, branch string, files map[string]string) (id string) {
	w.t.Helper()
	bare := w.git[name]
	var in bytes.Buffer
	fmt.Fprintf(&in, "commit refs/heads/%s\ncommitter A U Thor <author@example.com> 1700000000 +0000\ndata 4\ntext\n", branch)
	if _, err := os.Stat(filepath.Join(bare, "refs/heads", branch)); err == nil {
		fmt.Fprintf(&in, "from refs/heads/%s^0\n", branch)
	}
	for path, text := range files {
		fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", path, len(text), text)
	}
	scantest.GitIn(w.t, bare, in.String(), "fast-import", "--quiet", "--force")
	return strings.TrimSpace(scantest.Git(w.t, bare, "rev-parse", branch))
}

// command is a call of skleak-audit in the world.
func (w *world) command(args ...string) *exec.Cmd {
	c := exec.Command(program, args...)
	c.Dir = cmp.Or(w.folder, w.home)
	c.Env = []string{"HOME=" + w.home, "XDG_STATE_HOME=" + filepath.Join(w.home, "state"), "PATH=" + os.Getenv("PATH"),
		"XDG_CONFIG_HOME=" + filepath.Join(w.home, "config"), "GITHUB_TOKEN=" + token, "TMPDIR=" + w.t.TempDir(), "NO_PROXY=*",
		"GIT_CONFIG_NOSYSTEM=1"}
	return c
}

// run runs skleak-audit, and holds its exit status against the one that is wanted.
func (w *world) run(status int, args ...string) (out, errOut string) {
	w.t.Helper()
	c := w.command(args...)
	var outText, errText bytes.Buffer
	c.Stdout, c.Stderr = &outText, &errText
	err := c.Run()
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		w.t.Fatal(err)
	}
	if got != status {
		w.t.Fatalf("skleak-audit %s: status %d, want %d\n%s%s", strings.Join(args, " "), got, status, &outText, &errText)
	}
	w.keepsSecrets(outText.String() + errText.String())
	return outText.String(), errText.String()
}

// audit runs an audit of all repositories, and returns its report.
func (w *world) audit(status int, args ...string) document {
	w.t.Helper()
	file := filepath.Join(w.home, "audit.json")
	w.run(status, append([]string{"run", "github:acme", "--github-url", w.host.URL, "-q", "-r", file}, args...)...)
	return w.read(file)
}

var wholeKey = regexp.MustCompile("sk_(live|test)_[0-9A-Za-z]{12}")

// keepsSecrets holds that a text has neither a whole key nor the token.
func (w *world) keepsSecrets(text string) {
	w.t.Helper()
	if wholeKey.MatchString(text) || strings.Contains(text, token) {
		w.t.Errorf("a secret is told: %s", text)
	}
}

// document is what the tests look at in a report.
type document struct {
	Scan struct {
		Complete bool
		Coverage struct {
			Objects    int64
			Unreadable []struct{ Reason, Place, Detail string }
		}
		Repositories []struct {
			Name, Remote, ReadAt string
			Complete             bool
			Leaks                int
		}
	}
	Leaks []struct {
		Fingerprint, Key, Status string
		Findings                 []struct {
			Repository, Path string
			Hidden           *struct{ By, When string }
		}
	}
	text string
}

var times = regexp.MustCompile(`,?\s*("mirror": "[^"]*"|"(startedAt|readAt|checkedAt)": "[^"]*"|"durationMs": [0-9]+)`)

// plain is the report without times, and without where this machine has mirrors.
func (d document) plain() string { return times.ReplaceAllString(d.text, "") }

func (w *world) read(file string) (d document) {
	w.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	w.keepsSecrets(string(text))
	if err := json.Unmarshal(text, &d); err != nil {
		w.t.Fatal(err)
	}
	d.text = string(text)
	return d
}

var configuration = regexp.MustCompile(`"configuration": "[^"]*"`)

// without is the report without times and something else.
func (d document) without(text string) string { return strings.ReplaceAll(d.plain(), text, "") }

// same holds that two reports say the same.
func (w *world) same(want, got string) {
	w.t.Helper()
	if diff := gocmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		w.t.Errorf("another report (-want +got):\n%s", diff)
	}
}

// digest is what the report says of the configuration.
func (d document) digest() string { return configuration.FindString(d.text) }
