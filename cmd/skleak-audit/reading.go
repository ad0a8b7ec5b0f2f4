package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/build"
	"skleak/cmd/internal/bytesize"
	"skleak/cmd/internal/console"
	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/help"
	"skleak/report"
	"skleak/scanner/audit/worker"
	"skleak/scanner/liveness"
	"skleak/scanner/run"
)

// readingFlags say how each repository is read.
type readingFlags struct {
	hidden        bool
	maxRepository bytesize.Size
	fetchWith     string
	keepMirrors   bool
}

func (f *readingFlags) add(c *cobra.Command) {
	set := c.Flags()
	set.BoolVar(&f.hidden, "hidden", true,
		"read the commits, too, that the host still serves after a force-push or a deleted branch")
	set.Var(&f.maxRepository, "max-repository",
		"read no repository of more than `SIZE`; those are named, and the audit is not complete (default 64GB)")
	set.StringVar(&f.fetchWith, "fetch-with", "skleak",
		"`WHAT` fetches: skleak, or git for servers that want what skleak does not speak")
	f.addMirrors(c)
	help.Words(c, "fetch-with", "skleak", "git")
	help.Group(c, help.Fetch)
}

func (f *readingFlags) addMirrors(c *cobra.Command) {
	c.Flags().BoolVar(&f.keepMirrors, "keep-mirrors", true,
		"keep what was fetched, so that the next audit fetches what is new")
}

func (f *readingFlags) check() error {
	if f.fetchWith != "skleak" && f.fetchWith != "git" {
		return fmt.Errorf("--fetch-with %s is unknown; use skleak or git", f.fetchWith)
	}
	return nil
}

// newWorker makes the worker that reads repositories as f and reading say. Its credentials, and who asks hosts for
// hidden commits, are for the caller to set.
func newWorker(w *console.Console, f *flags.Flags, reading readingFlags, mirrors string, atOnce int) (*worker.Worker,
	error) {
	one := *f // what is shown, and what is known already, is decided where all is put together
	one.Quiet, one.NoProgress, one.Baseline = true, true, ""
	one.Memory = max(f.Memory/bytesize.Size(atOnce), 64<<20)
	first, err := one.NewRun(ownConsole(w), run.Plan{})
	if err != nil {
		return nil, err
	}
	var asked *remembering
	if first.Ask != nil {
		asked = &remembering{asker: first.Ask.Asker, answers: map[liveness.Question]func() liveness.Result{}}
	}
	out := &worker.Worker{Dir: mirrors, Rules: build.Version(), MaxRepository: int64(reading.maxRepository),
		DropMirrors: !reading.keepMirrors, WithGit: reading.fetchWith == "git"}
	out.Run = func(p run.Plan) (*run.Run, error) {
		r, err := one.NewRun(ownConsole(w), p)
		if err == nil && r.Ask != nil {
			r.Ask.Asker = asked
		}
		return r, err
	}
	out.Encode = func(result *run.Result) ([]byte, error) { return encode(first.Settings, result) }
	return out, nil
}

// ownConsole keeps the keys of one repository from being what is taken out of what is said of all.
func ownConsole(w *console.Console) *console.Console {
	own := *w
	return &own
}

// encode makes the report of one repository.
func encode(s *run.Settings, result *run.Result) ([]byte, error) {
	r := report.Report{Version: build.Version(), StartedAt: result.StartedAt, Duration: result.Duration,
		Targets: result.Targets, Repositories: result.Repositories, Coverage: result.Coverage,
		Interrupted: result.Interrupted || result.Partial,
		Leaks:       result.Leaks}
	r.Searched, r.Configured = s.Digests()
	var text bytes.Buffer
	err := report.Write(&text, &r, report.FormatJSON, report.Options{})
	return text.Bytes(), err
}

// remembering asks about each key once, in however many repositories it lies.
type remembering struct {
	asker liveness.Asker

	mu      sync.Mutex
	answers map[liveness.Question]func() liveness.Result
}

// Ask implements liveness.Asker. An answer that was cut short is not remembered.
func (r *remembering) Ask(ctx context.Context, q liveness.Question) liveness.Result {
	r.mu.Lock()
	answer := r.answers[q]
	if answer == nil {
		answer = sync.OnceValue(func() liveness.Result { return r.asker.Ask(ctx, q) })
		r.answers[q] = answer
	}
	r.mu.Unlock()
	result := answer()
	if ctx.Err() != nil {
		r.mu.Lock()
		delete(r.answers, q)
		r.mu.Unlock()
	}
	return result
}

var errNoJoin = errors.New("an audit is joined by the file that its coordinator wrote: " +
	"skleak-audit work --join join.skleak")
