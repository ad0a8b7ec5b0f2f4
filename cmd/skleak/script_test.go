package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"skleak/cmd/internal/exit"
)

// readmePath is absolute: scripts run in folders of their own.
var readmePath, _ = filepath.Abs("../../README.md")

// TestScripts runs the program as a user does. The scripts of testdata/script can use, besides what
// testscript has:
//
//	plant FILE...          replaces marks such as {live:24} in the files by keys (see planted)
//	status N COMMAND...    runs the command, which must end with exit status N
//	interrupt COMMAND...   runs the command, feeds it planted.txt, presses Ctrl-C; then as status 130
//	spoil REPO REVISION    cuts the loose object in half that git names by REVISION, such as HEAD:a.txt
//	nokey FILE...          fails if one of the files (or stdout, stderr) holds a whole planted key
//	inreadme FILE          fails unless the README shows the text of the file, whatever time it took
//	event NAME REPO M=R... prepares a GitHub Actions job (see jobEvent)
//	job N COMMAND...       runs the command as a step of it, which must end with exit status N (see runJob)
//	api MARK=WORD...       starts a provider at $API (see startAPI)
//	asked MARK N           fails unless the provider was asked N times about the key (or about made-up ones)
//	revoked MARK N         fails unless the provider was asked N times to revoke the key
//	word MARK=WORD         changes what the provider does with a key
//	first MARK             fails unless the provider was asked about that key first
//	killed COMMAND...      kills the command when it has asked the provider to revoke a key
//	envkey NAME MARK       puts a key into a variable of the environment
//	mode PERMISSIONS FILE  fails unless the file has exactly these permissions
//	subst FILE...          replaces $API in the files
//	oneline FILE           fails unless the file (or stdout, stderr) has exactly one line
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               isolate,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"plant": plant, "pack": packFiles, "status": status, "interrupt": interrupt, "spoil": spoil, "nokey": noKey, "oneline": oneLine, "inreadme": inReadme,
			"event": jobEvent, "job": runJob,
			"api": startAPI, "asked": asked, "revoked": revokedBy, "subst": subst, "word": word, "first": first, "killed": killed, "envkey": envKey, "mode": mode,
		},
	})
}

// condition adds [root]: to root, no file is unreadable.
func condition(name string) (bool, error) {
	if name == "root" {
		return os.Geteuid() == 0, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// isolate keeps the configuration of whoever runs the tests out of them, and makes commits that are
// the same every time.
func isolate(e *testscript.Env) error {
	home := e.WorkDir + "/.home"
	for name, value := range map[string]string{
		"HOME": home, "USERPROFILE": home, "XDG_CONFIG_HOME": home + "/config",
		"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": home + "/gitconfig", "GIT_CEILING_DIRECTORIES": e.WorkDir,
		"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_AUTHOR_DATE": "2024-05-01T12:00:00Z",
		"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com", "GIT_COMMITTER_DATE": "2024-05-01T12:00:00Z",
		"CI": "", "NO_COLOR": "", "TERM": "xterm",
		// No test leaves this machine: loopback is never proxied, and all else ends at a proxy that is
		// not there.
		"HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "",
		"XDG_STATE_HOME": home + "/state",
	} {
		e.Setenv(name, value)
	}
	e.Values[apiOfScript{}] = new(*fakeAPI)
	if err := os.MkdirAll(home, 0o777); err != nil {
		return err
	}
	const config = "[init]\n\tdefaultBranch = main\n[protocol \"file\"]\n\tallow = always\n[core]\n\tautocrlf = false\n"
	return os.WriteFile(home+"/gitconfig", []byte(config), 0o666)
}

// planted stands for a key in a script: {live:24}, {test:10}, or {live:24:name}. Equal marks are
// equal keys, in every file and every run. No file of this project holds a key, so that no scanner
// takes one of ours for real.
var planted = regexp.MustCompile(`\{(live|test):(\d+)(?::\w+)?\}`)

func keyFor(mark string) string {
	parts := planted.FindStringSubmatch(mark)
	length, _ := strconv.Atoi(parts[2])
	body := ""
	for i := 0; len(body) < length; i++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", mark, i))
		body += hex.EncodeToString(sum[:])
	}
	return "sk_" + parts[1] + "_" + body[:length]
}

func plant(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		path := ts.MkAbs(name)
		text := planted.ReplaceAllStringFunc(ts.ReadFile(name), keyFor)
		ts.Check(os.WriteFile(path, []byte(text), 0o666))
	}
}

func status(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	checkStatus(ts, ts.Exec(args[1], args[2:]...), want)
}

func checkStatus(ts *testscript.TestScript, err error, want int) {
	got := 0
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		got = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// interrupt leaves standard input open, so that the command cannot come to its end by itself.
func interrupt(ts *testscript.TestScript, _ bool, args []string) {
	name, err := exec.LookPath(args[0])
	ts.Check(err)
	c := exec.Command(name, args[1:]...)
	c.Dir, c.Stdout, c.Stderr = ts.MkAbs("."), ts.Stdout(), ts.Stderr()
	in, err := c.StdinPipe()
	ts.Check(err)
	ts.Check(c.Start())
	// No pipe holds this much: once it is written, the command is at work.
	_, err = in.Write(append([]byte(ts.ReadFile("planted.txt")), bytes.Repeat([]byte("filler\n"), 1<<20)...))
	ts.Check(err)
	ts.Check(c.Process.Signal(os.Interrupt))
	pressed := time.Now()
	err = c.Wait()
	if took := time.Since(pressed); took > 30*time.Second { // a second, but for machines that are busy
		ts.Fatalf("stopped only after %v", took)
	}
	checkStatus(ts, err, exit.Interrupted)
}

func spoil(ts *testscript.TestScript, _ bool, args []string) {
	repo := ts.MkAbs(args[0])
	id, err := exec.Command("git", "-C", repo, "rev-parse", "--verify", args[1]).Output()
	ts.Check(err)
	object := filepath.Join(repo, ".git", "objects", string(id[:2]), strings.TrimSpace(string(id[2:])))
	info, err := os.Stat(object)
	ts.Check(err)
	ts.Check(os.Chmod(object, 0o644))
	ts.Check(os.Truncate(object, info.Size()/2))
}

func noKey(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := ts.ReadFile(name)
		if text == "" {
			ts.Fatalf("%s is empty: that it holds no key proves nothing", name)
		}
		if at := wholeKey.FindStringIndex(text); at != nil {
			ts.Fatalf("%s holds a whole key at byte %d", name, at[0])
		}
	}
}

func oneLine(ts *testscript.TestScript, _ bool, args []string) {
	if n := strings.Count(ts.ReadFile(args[0]), "\n"); n != 1 {
		ts.Fatalf("%s has %d lines, want one", args[0], n)
	}
}

func inReadme(ts *testscript.TestScript, _ bool, args []string) {
	readme, err := os.ReadFile(readmePath)
	ts.Check(err)
	took := regexp.MustCompile(` in \d[\d.]* (ms|s);`)
	want := ""
	for line := range strings.Lines(took.ReplaceAllString(ts.ReadFile(args[0]), " in 4 ms;")) {
		want += strings.TrimRight("    "+line, " \n") + "\n"
	}
	if !strings.Contains(string(readme), want) {
		ts.Fatalf("the README has another example; put this into it:\n%s", want)
	}
}
