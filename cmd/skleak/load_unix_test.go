//go:build unix

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"skleak/cmd/internal/exit"
	"skleak/scanner/scantest"
)

// loaded is a repository with a pack for each commit, and keys in its files and its history.
type loaded struct {
	path  string
	packs int
	keys  int
}

func loadedRepository(t *testing.T, packs, files int) loaded {
	t.Helper()
	l := loaded{path: filepath.Join(t.TempDir(), "repo"), packs: packs}
	l.git(t, "init", "-q", "-b", "main")
	for i := range packs {
		folder := filepath.Join(l.path, fmt.Sprintf("folder%d", i))
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		for j := range max(1, files/packs) {
			text := fmt.Sprintf("file %d of %d\nkey = %s\n%s", j, i, keyFor(fmt.Sprintf("{live:24:%dof%d}", j, i)),
				strings.Repeat("filler of a line\n", 40))
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.env", j)), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			l.keys++
		}
		l.git(t, "add", "-A")
		l.git(t, "commit", "-q", "-m", fmt.Sprintf("commit %d", i))
		l.git(t, "repack", "-q", "-d")
	}
	return l
}

func (l loaded) git(t *testing.T, args ...string) {
	t.Helper()
	if err := os.MkdirAll(l.path, 0o777); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("git", append([]string{"-C", l.path, "-c", "gc.auto=0", "-c", "user.name=Ada", "-c", "user.email=a@example.com"}, args...)...)
	c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v: %s", args, err, out)
	}
}

// loadReport is what of a report must be the same in every run.
type loadReport struct {
	Scan struct {
		Complete bool
		Coverage json.RawMessage
	}
	Leaks json.RawMessage
}

func readLoadReport(t *testing.T, path string) loadReport {
	t.Helper()
	var r loadReport
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return r
}

func (r loadReport) equal(other loadReport) bool {
	return r.Scan.Complete == other.Scan.Complete && bytes.Equal(r.Scan.Coverage, other.Scan.Coverage) &&
		bytes.Equal(r.Leaks, other.Leaks)
}

// whole says whether the report has every key of the repository and calls itself complete.
func (r loadReport) whole(l loaded) bool {
	return r.Scan.Complete && bytes.Count(r.Leaks, []byte(`"fingerprint"`)) == l.keys
}

// shell runs a shell's command with the program as $0, and returns the status.
func shell(t *testing.T, script string, args ...string) (status int, said string) {
	t.Helper()
	c := exec.Command("sh", append([]string{"-c", script, binary(t)}, args...)...)
	var errs bytes.Buffer
	c.Stderr = &errs
	c.Env = append(os.Environ(), "XDG_CONFIG_HOME="+t.TempDir())
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), errs.String()
}

// TestHostileLoadManyAtOnce: scans of one repository do not get into each other's way.
func TestHostileLoadManyAtOnce(t *testing.T) {
	l := loadedRepository(t, 3, 30)
	folder := t.TempDir()
	runs := make([]*exec.Cmd, scantest.Sample(5, 50))
	for i := range runs {
		runs[i] = exec.Command(binary(t), "scan", l.path, "-q", "-r", filepath.Join(folder, fmt.Sprintf("%d.json", i)))
		if err := runs[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	var first loadReport
	for i, c := range runs {
		if _ = c.Wait(); c.ProcessState.ExitCode() != exit.Leaks {
			t.Errorf("run %d: %v", i, c.ProcessState)
		}
		r := readLoadReport(t, filepath.Join(folder, fmt.Sprintf("%d.json", i)))
		if i == 0 {
			first = r
		}
		if !r.equal(first) || !r.whole(l) {
			t.Errorf("run %d found something else than the first", i)
		}
	}
}

// TestHostileLoadFewFiles: more packs, folders and workers than files that may be open.
func TestHostileLoadFewFiles(t *testing.T) {
	l := loadedRepository(t, scantest.Sample(10, 150), 150)
	file := filepath.Join(t.TempDir(), "r.json")
	for _, jobs := range []string{"1", "64"} {
		status, said := shell(t, `ulimit -n 64; exec "$0" "$@"`, "scan", l.path, "-q", "-r", file, "--jobs", jobs)
		if r := readLoadReport(t, file); status != exit.Leaks || !r.whole(l) {
			t.Errorf("%s workers: status %d, complete %v, %d keys of %d: %s", jobs, status, r.Scan.Complete,
				bytes.Count(r.Leaks, []byte(`"fingerprint"`)), l.keys, said)
		}
	}
}

// TestHostileLoadClosedStreams: readers that have seen enough, and streams that are not there.
func TestHostileLoadClosedStreams(t *testing.T) {
	l := loadedRepository(t, 2, 400)
	file := filepath.Join(t.TempDir(), "r.json")
	told := filepath.Join(t.TempDir(), "status")
	for script, want := range map[string]int{
		`("$0" "$@"; echo $? >` + told + `) | head -1 >/dev/null`:           exit.Leaks,
		`("$0" "$@" -v; echo $? >` + told + `) | true`:                      exit.Leaks,
		`("$0" "$@" -f json; echo $? >` + told + `) | head -c 1 >/dev/null`: exit.Leaks,
		`"$0" "$@" >&-; echo $? >` + told:                                   exit.Leaks,
		`"$0" "$@" <&- >&- 2>&-; echo $? >` + told:                          exit.Leaks,
		`"$0" stdin -r "$4" <&- >&- 2>&-; echo $? >` + told:                 exit.Clean,
		`("$0" "$@" 2>&1 >/dev/null; echo $? >` + told + `) | true`:         exit.Leaks,
	} {
		_ = os.Remove(file)
		status, said := shell(t, script, "scan", l.path, "-r", file)
		text, err := os.ReadFile(told)
		if got := strings.TrimSpace(string(text)); err != nil || got != strconv.Itoa(want) || status > 0 {
			t.Errorf("%s: status %s, want %d: %v, %s", script, got, want, err, said)
		}
		if strings.Contains(said, "broken pipe") || strings.Contains(said, "SIGPIPE") {
			t.Errorf("%s: said %s", script, said)
		}
		if r := readLoadReport(t, file); want == exit.Leaks && !r.whole(l) {
			t.Errorf("%s: the report lacks keys", script)
		}
	}
}

// mounted runs a script in a mount namespace of its own, and skips the test where that is not possible.
func mounted(t *testing.T, script string, args ...string) (status int, said string) {
	t.Helper()
	if out, err := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=64k", "none",
		t.TempDir()).CombinedOutput(); err != nil {
		t.Skipf("no file systems can be mounted here: %v: %s", err, out)
	}
	return shell(t, `exec unshare -rm sh -c "$1" "$0" "$@"`, append([]string{script}, args...)...)
}

// TestHostileLoadFullDisk: a report that has no room is an error, and what was there stays.
func TestHostileLoadFullDisk(t *testing.T) {
	l := loadedRepository(t, 2, 200)
	folder := t.TempDir()
	for _, format := range []string{"json", "sarif", "txt", "md", "jsonl"} {
		script := `
			mount -t tmpfs -o size=16k none "$3" || exit 99
			echo old >"$3/r.` + format + `"
			"$0" scan "$2" -v -q -r "$3/r.` + format + `" && exit 98
			status=$?
			test "$(cat "$3/r.` + format + `")" = old || exit 97
			test "$(ls -A "$3")" = r.` + format + ` || exit 96
			"$0" scan "$2" -v -f ` + strings.NewReplacer("txt", "text", "md", "markdown").Replace(format) + ` >"$3/stdout"
			test $? = 2 || exit 95
			exit $status`
		script = strings.Replace(script, `-v -q -r`, `-q -r`, 1)
		if format == "md" {
			script = strings.ReplaceAll(script, "size=16k", "size=4k")
		}
		if format == "txt" {
			script = strings.ReplaceAll(script, "size=16k", "size=8k")
		}
		status, said := mounted(t, script, l.path, folder)
		if status != exit.Usage || !strings.Contains(said, "no space left on device") {
			t.Errorf("%s: status %d: %s", format, status, said)
		}
	}
}

// TestHostileLoadReadOnly: a repository that cannot be written to is read as any other, and a report in
// it is refused before the scan.
func TestHostileLoadReadOnly(t *testing.T) {
	l := loadedRepository(t, 3, 30)
	file := filepath.Join(t.TempDir(), "r.json")
	status, said := mounted(t, `
		mount --bind "$2" "$2" && mount -o remount,ro,bind "$2" || exit 99
		touch "$2/x" 2>/dev/null && exit 98
		"$0" scan "$2" -q -r "$3"; test $? = 1 || exit 97
		exec "$0" scan "$2" -r "$2/r.json"`, l.path, file)
	if status != exit.Usage || !strings.Contains(said, "read-only file system") {
		t.Errorf("status %d: %s", status, said)
	}
	if !readLoadReport(t, file).whole(l) {
		t.Error("the report lacks keys")
	}
}

// TestHostileLoadMemory lets the kernel kill what takes more than 300 MB, mapped files and buffers of the
// kernel among them. GOMEMLIMIT would prove nothing: Go keeps to it as well as it can, and goes on.
func TestHostileLoadMemory(t *testing.T) {
	const limit = 300 << 20
	group := memoryGroup(t, limit)
	l := loadedRepository(t, 2, 20)
	// A file, a blob and a delta of it that are a good part of the limit each.
	large := filepath.Join(l.path, "large.bin")
	noise := make([]byte, scantest.Sample(4, 128)<<20)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	for range 2 {
		noise[len(noise)/2]++
		if err := os.WriteFile(large, noise, 0o666); err != nil {
			t.Fatal(err)
		}
		l.git(t, "add", "-A")
		l.git(t, "commit", "-q", "-m", "large")
	}
	l.git(t, "-c", "core.bigFileThreshold=1g", "repack", "-q", "-a", "-d", "-f", "--depth=5")
	file := filepath.Join(t.TempDir(), "r.json")
	status, said := shell(t, `echo $$ >"$1" || exit 99; shift; exec "$0" "$@"`, filepath.Join(group, "cgroup.procs"),
		"scan", l.path, "-q", "-r", file)
	r := readLoadReport(t, file)
	if status != exit.Leaks || !r.whole(l) {
		t.Errorf("status %d, complete %v: %s", status, r.Scan.Complete, said)
	}
	for _, name := range []string{"memory.max_usage_in_bytes", "memory.peak"} {
		if text, err := os.ReadFile(filepath.Join(group, name)); err == nil {
			n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
			t.Logf("%d MB at most, of %d", n>>20, limit>>20)
		}
	}
}

// memoryGroup makes a control group of either version with a limit, and skips the test where nobody may.
func memoryGroup(t *testing.T, limit int) string {
	t.Helper()
	name := fmt.Sprintf("skleak-test-%d", os.Getpid())
	for parent, file := range map[string]string{"/sys/fs/cgroup/memory": "memory.limit_in_bytes",
		"/sys/fs/cgroup": "memory.max"} {
		group := filepath.Join(parent, name)
		if os.Mkdir(group, 0o755) != nil {
			continue
		}
		t.Cleanup(func() { _ = os.Remove(group) })
		if _, err := os.Stat(filepath.Join(group, file)); err == nil &&
			os.WriteFile(filepath.Join(group, file), []byte(strconv.Itoa(limit)), 0o644) == nil {
			return group
		}
	}
	t.Skip("no control group with a limit can be made here")
	return ""
}

// TestHostileLoadKilled stops scans at random moments with each signal: every report is the old one or
// whole, nothing else is left, and the status tells.
func TestHostileLoadKilled(t *testing.T) {
	l := loadedRepository(t, 2, 600)
	took := timed(t, l)
	before := listed(t, l.path)
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE, syscall.SIGKILL, syscall.SIGHUP}
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 1))
	ends := map[string]int{}
	for i := range scantest.Sample(5, 200) {
		signal := signals[i%len(signals)]
		end := killedAtRandom(t, l, signal, time.Duration(random.Int64N(int64(took*5/4))))
		ends[fmt.Sprintf("%-10v %s", signal, end)]++
		if t.Failed() {
			t.Fatalf("try %d with %v, seed %d", i, signal, seed)
		}
	}
	if after := listed(t, l.path); !slices.Equal(before, after) {
		t.Errorf("the repository holds something else than before: %v", after)
	}
	for end, n := range ends {
		t.Logf("%3d × %s", n, end)
	}
}

// timed is how long an undisturbed scan takes.
func timed(t *testing.T, l loaded) time.Duration {
	t.Helper()
	program := binary(t)
	start := time.Now()
	_ = exec.Command(program, "scan", l.path, "-q", "-r", filepath.Join(t.TempDir(), "r.json"), "-r",
		filepath.Join(t.TempDir(), "r.sarif")).Run()
	return time.Since(start)
}

func listed(t *testing.T, root string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		all = append(all, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// killedAtRandom runs one scan, sends the signal after the pause, and says how it ended.
func killedAtRandom(t *testing.T, l loaded, signal syscall.Signal, pause time.Duration) (end string) {
	t.Helper()
	folder := t.TempDir()
	files := []string{filepath.Join(folder, "r.json"), filepath.Join(folder, "r.sarif")}
	for _, file := range files {
		if err := os.WriteFile(file, []byte(`{"old":true}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command(binary(t), "scan", l.path, "-q", "-r", files[0], "-r", files[1])
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var sending sync.WaitGroup
	sending.Go(func() {
		time.Sleep(pause)
		_ = c.Process.Signal(signal) // which may be too late
	})
	_ = c.Wait()
	sending.Wait()
	state := c.ProcessState
	checkEnd(t, signal, state)
	left := slices.DeleteFunc(names(t, folder), func(name string) bool { return name == "r.json" || name == "r.sarif" })
	killed := state.ExitCode() < 0
	if len(left) > 0 && !killed || len(left) > 1 {
		t.Errorf("%v left %v behind", signal, left)
	}
	whole := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || !json.Valid(text) {
			t.Errorf("%v left half a report of %d bytes: %v", signal, len(text), err)
		}
		if !bytes.Contains(text, []byte(`"old"`)) {
			whole++
		}
	}
	if !killed && whole != len(files) {
		t.Errorf("%v: %v, and %d reports are written", signal, state, whole)
	}
	if len(left) > 0 {
		for _, file := range files {
			if status, said := shell(t, `exec "$0" "$@"`, "dir", folder, "-q", "-r", file); status == exit.Usage {
				t.Errorf("the next run: %s", said)
			}
		}
		if got := names(t, folder); len(got) != len(files) {
			t.Errorf("the next run leaves %v", got)
		}
	}
	return fmt.Sprintf("%v, %d of %d reports written, %d files left till the next run", state, whole, len(files),
		len(left))
}

func names(t *testing.T, folder string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// checkEnd: a signal that came before main began, or a second too late, has its usual effect, or none.
func checkEnd(t *testing.T, signal syscall.Signal, state *os.ProcessState) {
	t.Helper()
	by := state.Sys().(syscall.WaitStatus)
	switch status := cmp.Or(state.ExitCode(), 0); {
	case by.Signaled():
		if by.Signal() != signal {
			t.Errorf("%v: ended by %v", signal, by.Signal())
		}
	case signal == syscall.SIGKILL || signal == syscall.SIGPIPE:
		if status != exit.Leaks { // it came too late, or is none of our business
			t.Errorf("%v: status %d", signal, status)
		}
	case status != exit.Leaks && status != exit.Interrupted:
		t.Errorf("%v: status %d", signal, status)
	}
}
