package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// eventsPath is absolute: scripts run in folders of their own.
var eventsPath, _ = filepath.Abs("../../testdata/events")

// event prepares a job: "event NAME REPO MARK=REVISION..." writes the event of that name, from testdata/events, with
// each {MARK} in it replaced by the id of the revision in REPO, or by the revision itself if it is written in braces.
// The mark sha is GITHUB_SHA as well.
func jobEvent(ts *testscript.TestScript, _ bool, args []string) {
	name, repo := args[0], ts.MkAbs(args[1])
	text, err := os.ReadFile(filepath.Join(eventsPath, name+".json"))
	ts.Check(err)
	for _, arg := range args[2:] {
		mark, revision, _ := strings.Cut(arg, "=")
		id, literal := strings.CutPrefix(revision, "{")
		id = strings.TrimSuffix(id, "}")
		if !literal {
			out, err := exec.Command("git", "-C", repo, "rev-parse", "--verify", revision).Output()
			ts.Check(err)
			id = strings.TrimSpace(string(out))
		}
		text = bytes.ReplaceAll(text, []byte("{"+mark+"}"), []byte(id))
		if mark == "sha" {
			ts.Setenv("GITHUB_SHA", id)
		}
	}
	event, _, _ := strings.Cut(name, "-") // push-new and push-deleted are pushes
	ts.Setenv("GITHUB_EVENT_NAME", event)
	ts.Setenv("GITHUB_EVENT_PATH", ts.MkAbs("event.json"))
	ts.Check(os.WriteFile(ts.MkAbs("event.json"), text, 0o666))
}

// job runs a command as GitHub's runner runs a step: "job STATUS COMMAND...". What the runner would make of it
// is in files then: job.log what people see, job.orders the orders it obeyed, job.summary, job.outputs. No
// whole key may be in any of them, nor in the reports.
func runJob(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	temp, outputs, summary := ts.MkAbs("job.temp"), ts.MkAbs("job.output"), ts.MkAbs("job.summary")
	ts.Check(os.RemoveAll(temp))
	ts.Check(os.MkdirAll(temp, 0o777))
	for _, file := range []string{outputs, summary} {
		ts.Check(os.WriteFile(file, nil, 0o666))
	}
	for name, value := range map[string]string{"GITHUB_ACTIONS": "true", "CI": "true", "RUNNER_TEMP": temp,
		"GITHUB_OUTPUT": outputs, "GITHUB_STEP_SUMMARY": summary} {
		ts.Setenv(name, value)
	}
	err = ts.Exec(args[1], args[2:]...)
	r := &runner{}
	r.read(ts.ReadFile("stdout"))
	r.read(ts.ReadFile("stderr"))
	checkStatus(ts, err, want)
	decoded, err := decodeOutputs(ts.ReadFile("job.output"))
	ts.Check(err)
	for name, text := range map[string]string{"job.log": r.log.String(), "job.orders": r.orders.String(),
		"job.outputs": decoded} {
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o666))
	}
	if r.lateMask {
		ts.Fatalf("a key was masked only after something was printed")
	}
	written, err := filesBelow(temp)
	ts.Check(err)
	for _, file := range append(written, ts.MkAbs("job.log"), ts.MkAbs("job.orders"), ts.MkAbs("job.outputs"), summary) {
		text, err := os.ReadFile(file)
		ts.Check(err)
		if wholeKey.Match(text) {
			ts.Fatalf("%s holds a whole key", file)
		}
	}
}

func filesBelow(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

var wholeKey = regexp.MustCompile("sk" + `_(live|test)_[0-9a-f]{10,}`)

// runner does with the output of a step what GitHub's does: it obeys "::name properties::data" at the
// beginning of a line and "##[name properties]data" anywhere in one, unless orders are stopped, and
// hides what it was told to mask.
type runner struct {
	log, orders strings.Builder
	masks       []string
	stopped     string // the token that ends the stop
	lateMask    bool
}

var (
	newOrder = regexp.MustCompile(`^\s*::([^\s:]+)(?: ([^:]*))?::(.*)$`)
	oldOrder = regexp.MustCompile(`##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$`)
)

func (r *runner) read(output string) {
	for line := range strings.Lines(output) {
		r.line(strings.TrimRight(line, "\r\n"))
	}
}

func (r *runner) line(line string) {
	m := newOrder.FindStringSubmatch(line)
	if m == nil {
		m = oldOrder.FindStringSubmatch(line)
	}
	switch {
	case m != nil && r.stopped != "" && m[1] == r.stopped:
		r.stopped = ""
	case m == nil || r.stopped != "":
		fmt.Fprintln(&r.log, r.masked(line))
	case m[1] == "stop-commands":
		r.stopped = m[3]
	case m[1] == "add-mask":
		r.lateMask = r.lateMask || r.log.Len()+r.orders.Len() > 0
		r.masks = append(r.masks, unescape(m[3]))
	default:
		fmt.Fprintf(&r.orders, "%s %s: %s\n", m[1], r.masked(m[2]), r.masked(unescape(m[3])))
	}
}

func (r *runner) masked(text string) string {
	for _, mask := range r.masks {
		text = strings.ReplaceAll(text, mask, "***")
	}
	return text
}

func unescape(data string) string {
	return strings.NewReplacer("%25", "%", "%0D", "\r", "%0A", "\n").Replace(data)
}

// decodeOutputs reads the file of outputs as the runner does, and writes them as "name=value", one a line.
func decodeOutputs(text string) (string, error) {
	var out strings.Builder
	if text == "" {
		return "", nil
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		name, end, ok := strings.Cut(lines[i], "<<")
		if !ok {
			return "", fmt.Errorf("line %d of the outputs is %q", i+1, lines[i])
		}
		var value []string
		for i++; i < len(lines) && lines[i] != end; i++ {
			value = append(value, lines[i])
		}
		fmt.Fprintf(&out, "%s=%q\n", name, strings.Join(value, "\n"))
	}
	return out.String(), nil
}
