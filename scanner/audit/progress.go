package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"skleak/scanner/audit/job"
	"skleak/scanner/audit/merge"
	"skleak/scanner/audit/queue"
	"skleak/scanner/audit/state"
)

// progress is how far a run is.
type progress struct {
	audit *Audit
	run   state.Run
	all   map[string]job.Repository // by ID

	mu      sync.Mutex
	done    map[string]state.Outcome
	running map[string]queue.Entry
	kept    int
	keys    int64
	parked  []state.Parked
	objects int64 // of those that are done
	left    int   // repositories that are not done
	saved   time.Time
}

// errAllDone ends the watch of a queue in which nothing is left.
var errAllDone = errors.New("all is done")

func (a *Audit) newProgress(run state.Run, all []job.Repository) (*progress, error) {
	p := &progress{audit: a, run: run, all: map[string]job.Repository{}, done: map[string]state.Outcome{},
		running: map[string]queue.Entry{}}
	before, err := a.State.Outcomes(run.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		p.all[r.ID()] = r
		o, done := before[r.ID()]
		if done && o.Report != "" {
			_, err := a.State.Report(o.Report) // a power cut may have taken it: then the queue has it
			done = err == nil
		}
		if done {
			p.note(o)
		} else {
			p.left++
		}
	}
	return p, nil
}

// note counts a repository that is done.
func (p *progress) note(o state.Outcome) {
	p.done[o.ID] = o
	p.keys += o.Leaks
	switch {
	case o.Parked != "":
		p.parked = append(p.parked, state.Parked{Repository: p.all[o.ID].Name, Reason: o.Parked})
	case o.Kept:
		p.kept++
	}
}

// waiting are the repositories that are not done, by their names.
func (p *progress) waiting() (all []job.Repository) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, r := range p.all {
		if _, done := p.done[id]; !done {
			all = append(all, r)
		}
	}
	merge.ByName(all)
	return all
}

// take takes down how a job is. What is done is remembered before anything else is.
func (p *progress) take(ctx context.Context, e queue.Entry) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ours := p.all[e.ID()]
	_, known := p.done[e.ID()]
	if !ours || known {
		return nil
	}
	delete(p.running, e.ID())
	switch e.State {
	case queue.Running:
		p.running[e.ID()] = e
	case queue.Done, queue.Parked:
		o, err := p.remember(ctx, r, e)
		if err != nil {
			return err
		}
		p.objects += e.Outcome.Objects
		p.left--
		p.note(o)
		p.audit.Show.Ended(End{Name: r.Name, Outcome: o, Objects: e.Outcome.Objects, Done: len(p.done), Of: len(p.all)})
	}
	if p.left == 0 {
		return errAllDone
	}
	return nil
}

// remember puts what became of a repository into the state.
func (p *progress) remember(ctx context.Context, r job.Repository, e queue.Entry) (state.Outcome, error) {
	o := state.Outcome{Run: p.run.ID, ID: e.ID(), Kept: e.Outcome.Kept, Leaks: e.Outcome.Reading.Leaks}
	if e.State == queue.Parked {
		o.Parked = cmp.Or(e.Reason, "no worker could read it")
		return o, p.audit.State.Note(o)
	}
	if err := p.keep(ctx, r, e.Outcome.Reading); err != nil {
		if ctx.Err() != nil || !errors.As(err, new(reportLostError)) {
			return o, err
		}
		o.Parked, o.Kept, o.Leaks = err.Error(), false, 0
		return o, p.audit.State.Note(o)
	}
	o.Report, o.Unread = e.Outcome.Reading.Report, !e.Outcome.Reading.Complete
	return o, p.audit.State.Note(o)
}

// reportLostError says that a worker named a report which is not there: no reason to end the audit.
type reportLostError struct{ error }

// keep remembers a reading, with its report if that is a new one.
func (p *progress) keep(ctx context.Context, r job.Repository, read job.Reading) error {
	f := p.audit.State
	if _, err := f.Report(read.Report); err == nil {
		return f.KeepReading(r, read)
	}
	text, err := p.audit.Queue.Report(ctx, read.Report)
	if err == nil {
		_, err = p.audit.Decode(text)
	}
	if err != nil {
		return reportLostError{fmt.Errorf("its report cannot be read: %w", err)}
	}
	return f.Keep(r, read, text)
}

// showInterval is how often a run says how far it is.
const showInterval = time.Second / 4

// saveInterval is how often it does so for other processes.
const saveInterval = 2 * time.Second

func (p *progress) showUntil(ctx context.Context) {
	tick := time.NewTicker(showInterval)
	defer tick.Stop()
	for {
		p.show()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// show tells how far the run is.
func (p *progress) show() { p.tell(false) }

// tell is show, and says it to other processes in any case if it is the last time.
func (p *progress) tell(last bool) {
	s := p.status()
	p.audit.Show.Status(s)
	if now := time.Now(); last || s.Finished || now.Sub(p.saved) >= saveInterval {
		p.saved = now
		if err := p.audit.State.SaveStatus(s); err != nil {
			p.audit.Say("%s", err)
		}
	}
}

func (p *progress) status() state.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := state.Status{Run: p.run.ID, StartedAt: p.run.StartedAt, At: time.Now().UTC(), Listed: len(p.all),
		Done: len(p.done), Kept: p.kept, Keys: p.keys, Objects: p.objects, Parked: slices.Clone(p.parked),
		Finished: p.left == 0}
	for _, id := range slices.Sorted(maps.Keys(p.running)) {
		e := p.running[id]
		objects := p.audit.Queue.Objects(id)
		s.Objects += objects
		s.Running = append(s.Running, state.Running{Repository: p.all[id].Name, Worker: e.Worker, Since: e.Since,
			Objects: objects, Try: e.Tries})
	}
	slices.SortFunc(s.Parked, func(a, b state.Parked) int { return strings.Compare(a.Repository, b.Repository) })
	s.Waiting = s.Listed - s.Done - len(s.Running)
	return s
}
