package run

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sourcegraph/conc/panics"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/stack"
)

// stopGrace is how long an interrupted source is waited for before the report is made without it.
const stopGrace = 500 * time.Millisecond

// ending is how a source came to its end.
type ending struct {
	err         error
	interrupted bool
	crash       *panics.Recovered // it panicked
	amend       func(*Result)
}

// read has the source read. The error is the source's, where it was neither interrupted nor crashed.
func (r *Run) read(ctx context.Context) (ending, error) {
	r.started = time.Now()
	r.found.Redactor = r.Settings.Redactor
	r.findings = sink{to: &r.found, disbelieved: map[rules.Key]string{}}
	switch {
	case r.NoAllow:
		r.findings.believes = func(scanner.Finding) bool { return false }
	case r.Believes != nil:
		r.findings.believes = func(f scanner.Finding) bool { return r.Believes(ctx, r.Settings.Rules, f) }
	}
	end := r.await(ctx)
	switch {
	case end.crash != nil:
		r.findings.close()
		r.coverage.Unreadable(scanner.UnreadableInternal, "", "skleak failed, and did not read the rest")
	case ctx.Err() != nil:
		end.interrupted = true
	case end.err != nil:
		return end, end.err
	}
	return end, nil
}

// await waits for the end of the source; once ctx is cancelled, only for stopGrace.
func (r *Run) await(ctx context.Context) ending {
	if r.Watch != nil {
		defer r.Watch(&r.stages)()
	}
	done := make(chan ending, 1)
	go func() {
		stack.Grow()
		s := &Scan{Options: r.Options, Settings: r.Settings, Coverage: &r.coverage, Found: &r.findings, Stages: &r.stages,
			Note: r.note, repositories: &r.repositories}
		var end ending
		end.crash = panics.Try(func() { end.err = r.Source(ctx, s) })
		end.amend = s.Amend
		done <- end
	}()
	select {
	case end := <-done:
		return end
	case <-ctx.Done():
	}
	defer r.findings.close()
	select {
	case end := <-done:
		return end
	case <-time.After(stopGrace):
		return ending{err: errors.New("the scan was still reading")}
	}
}

// sink takes findings until it is closed. An interrupted source may take longer to stop than anyone wants to wait;
// what it still finds can no longer reach a report that is being written.
//
// A sink also takes the comments off findings that are not to be believed, and remembers them.
type sink struct {
	mu          sync.Mutex
	closed      bool
	to          scanner.Handler
	believes    func(scanner.Finding) bool
	disbelieved map[rules.Key]string
}

func (s *sink) Finding(f scanner.Finding) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return context.Canceled
	}
	if f.Allowed != "" && s.believes != nil && !s.believes(f) {
		s.disbelieved[f.Key] = f.Allowed
		f.Allowed = ""
	}
	return s.to.Finding(f)
}

func (s *sink) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// noteInterruption puts into the coverage, and says, how far the source came: nobody should have to guess whether the
// part that matters was among it.
func (r *Run) noteInterruption() {
	stopped := ""
	if walk, _ := r.stages.Current(); walk != nil && walk.Total.Load() > 0 {
		stopped = "stopped at " + Describe(walk)
	}
	noted := func(u scanner.Unreadable) bool { return u.Reason == scanner.UnreadableCanceled }
	if !slices.ContainsFunc(r.coverage.UnreadableList(), noted) {
		r.coverage.Unreadable(scanner.UnreadableCanceled, "", stopped)
	}
	var covered []string
	read := r.coverage.Totals()
	if n := read.Files; n > 0 {
		covered = append(covered, scanner.Thousands(n)+" files")
	}
	if n := read.Objects; n > 0 {
		covered = append(covered, scanner.Thousands(n)+" objects")
	}
	if len(covered) == 0 {
		covered = []string{"nothing yet"}
	}
	message := "interrupted: read " + strings.Join(covered, " and ")
	if stopped != "" {
		message += ", " + stopped
	}
	r.note("%s; the report is incomplete", message)
}

// Ahead begins work that is asked for again later. A panic in it comes up then, where it is caught.
func Ahead(work func()) {
	go func() {
		stack.Grow()
		panics.Try(work)
	}()
}
