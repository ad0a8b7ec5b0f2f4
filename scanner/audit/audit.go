// Package audit reads many repositories in one run: it has them listed, puts a job for each into a queue, remembers
// what comes back, and makes one report of all. What it did is in a state folder, so that a run that was stopped goes
// on, and the next one costs what has changed.
package audit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/sourcegraph/conc/pool"

	"skleak/scanner"
	"skleak/scanner/audit/job"
	"skleak/scanner/audit/queue"
	"skleak/scanner/audit/state"
)

// Audit is one run. All but Full is needed.
type Audit struct {
	Sources   []string // as the user wrote them, sorted
	Selection string   // what else decides what is listed
	State     *state.Folder
	Queue     Queue
	// List hands over what the sources list, and returns how many repositories were left out, and how many missed:
	// those that should have been listed and could not be. Both are by reason.
	List func(ctx context.Context, add func(job.Repository) error) (left, missed map[string]int64, err error)
	// Work does jobs of the queue until ctx ends; nil: others do.
	Work   func(ctx context.Context) error
	Decode Decode
	Full   bool // nothing that is remembered stands

	Say  func(format string, args ...any)
	Show Display
}

// Queue hands jobs to workers, and tells what becomes of them. A [queue.Queue] is one.
type Queue interface {
	Run() string
	Reset(ctx context.Context, run string) error
	Put(ctx context.Context, jobs ...job.Job) error
	Watch(ctx context.Context) (<-chan queue.Entry, error)
	Objects(id string) int64
	Report(ctx context.Context, sum string) ([]byte, error)
}

// End is how a repository ended.
type End struct {
	Name     string
	Outcome  state.Outcome
	Objects  int64 // that were read
	Done, Of int   // repositories
}

// Display shows people how far a run is. It is called by one goroutine at a time.
type Display interface {
	Ended(e End)
	Status(s state.Status)
}

// Run runs the audit to its end, or until ctx ends: its result then is what was done, marked as interrupted. An error
// besides a result is something that could not be remembered.
func (a *Audit) Run(ctx context.Context) (*Result, error) {
	run, err := a.begin(ctx)
	if err != nil {
		return nil, err
	}
	all, err := a.listed(ctx, &run)
	if err != nil {
		return nil, err
	}
	p, err := a.newProgress(run, all)
	if err != nil {
		return nil, err
	}
	if err := a.conduct(ctx, p); err != nil && ctx.Err() == nil {
		return nil, err
	}
	if p.left == 0 {
		run.EndedAt = time.Now().UTC()
		err = errors.Join(a.State.SaveRun(run), a.State.Prune(all))
	}
	result, collectErr := Collect(a.State, a.Decode, a.Say)
	return result, errors.Join(err, collectErr)
}

// begin goes on with the last run if it came to no end, and begins a new one otherwise.
func (a *Audit) begin(ctx context.Context) (state.Run, error) {
	last, err := a.State.Run(a.Sources)
	if err != nil {
		return last, err
	}
	if last.ID != "" && last.EndedAt.IsZero() && last.Selection == a.Selection {
		a.Say("going on with the audit that began %s", last.StartedAt.Local().Format(time.DateTime))
		return last, a.useRun(ctx, last.ID)
	}
	run := state.Run{ID: newID(), Sources: a.Sources, Selection: a.Selection, StartedAt: time.Now().UTC()}
	return run, errors.Join(a.State.Begin(run), a.useRun(ctx, run.ID))
}

// useRun has the queue hold the jobs of a run, and no others.
func (a *Audit) useRun(ctx context.Context, run string) error {
	if a.Queue.Run() == run {
		return nil
	}
	return a.Queue.Reset(ctx, run)
}

func newID() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // which never fails
	return hex.EncodeToString(id[:])
}

// listed is what the sources list. A run that goes on lists them again, since a list or a folder may have
// changed; if that fails, it goes on with what it had.
func (a *Audit) listed(ctx context.Context, run *state.Run) (all []job.Repository, err error) {
	all, err = a.list(ctx, run)
	if err == nil {
		run.Listed = true
		return all, errors.Join(a.State.SaveList(all), a.State.SaveRun(*run))
	}
	if ctx.Err() != nil || !run.Listed {
		return nil, err
	}
	a.Say("%s; going on with the list of before", err)
	return a.State.List()
}

// list asks the sources.
func (a *Audit) list(ctx context.Context, run *state.Run) (all []job.Repository, err error) {
	seen := map[string]bool{}
	left, missed, err := a.List(ctx, func(r job.Repository) error {
		if !seen[r.ID()] { // two sources may have it
			seen[r.ID()] = true
			all = append(all, r)
		}
		return nil
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && len(all) == 0:
		return nil, err
	case err != nil && run.Listed:
		return nil, err
	}
	run.LeftOut, run.Missed = left, maps.Clone(missed)
	if err != nil { // what the other sources have is audited all the same
		a.Say("%s", err)
		if run.Missed == nil {
			run.Missed = map[string]int64{}
		}
		run.Missed[err.Error()]++
	}
	if len(all) == 0 { // as in a night in which nothing was pushed
		a.Say("no repository is left to audit: left out were %s", scanner.ByReason(run.LeftOut))
	}
	return all, nil
}

// conduct has all jobs done that are not done yet.
func (a *Audit) conduct(ctx context.Context, p *progress) error {
	if p.left == 0 {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	parts := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	parts.Go(func(ctx context.Context) error {
		defer stop() // nothing more is to be done
		return a.watch(ctx, p)
	})
	parts.Go(func(ctx context.Context) error { return a.put(ctx, p.run.ID, p.waiting()) })
	parts.Go(func(ctx context.Context) error { p.showUntil(ctx); return nil })
	if a.Work != nil {
		parts.Go(a.Work)
	}
	err := parts.Wait()
	p.running = nil
	p.tell(true)
	if errors.Is(err, errAllDone) || p.left == 0 {
		return nil
	}
	return err
}

// watch takes down what becomes of the jobs.
func (a *Audit) watch(ctx context.Context, p *progress) error {
	entries, err := a.Queue.Watch(ctx)
	if err != nil {
		return err
	}
	for e := range entries {
		if err := p.take(ctx, e); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// putAtOnce is how many jobs are put into the queue together.
const putAtOnce = 256

// put puts jobs into the queue.
func (a *Audit) put(ctx context.Context, run string, all []job.Repository) error {
	for some := range slices.Chunk(all, putAtOnce) {
		jobs := make([]job.Job, len(some))
		for i, r := range some {
			jobs[i] = job.Job{Run: run, Repository: r, Last: a.last(r)}
		}
		if err := a.Queue.Put(ctx, jobs...); err != nil {
			return err
		}
	}
	return nil
}

// last is what is known of a repository, as far as it stands.
func (a *Audit) last(r job.Repository) *job.Reading {
	last, err := a.State.Reading(r)
	if err != nil {
		a.Say("%s is read as if for the first time: %s", r.Name, err)
	}
	if a.Full && last != nil { // but which commits are hidden, and since when, only the reading knows
		return &job.Reading{Hidden: last.Hidden}
	}
	return last
}
