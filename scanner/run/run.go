// Package run is one run of skleak, from what is read to what is told:
//
//	source → findings → triage → status → revocation → report
//
// Each command makes a [Run] of its own: a [Plan] says what is read and whose word counts in it, [Settings] what the
// configuration says. [Run.Do] is the one way through all of it. Package run writes no report and prints nothing: it is
// handed what does.
package run

import (
	"context"
	"errors"
	"strings"
	"time"

	"skleak/scanner"
)

// Run is one run. Report and Say are needed.
type Run struct {
	Plan
	Options
	Settings       *Settings
	Known          func(scanner.Leak) bool // the baseline's word; nil: nothing was known before
	AssumeProvider string                  // whose keys of unknown provider are taken to be; "" for nobody's
	FailOn         FailOn

	Ask    *Asking   // nil: no provider is asked
	Revoke *Revoking // nil: nothing is revoked; else Ask is needed

	Report func(*Result) error              // writes the reports
	Say    func(format string, args ...any) // tells a person something, on one line
	Found  func(leaks []scanner.Leak) error // hears of all keys before anything is told of them; nil: nobody
	Watch  func(*Stages) (stop func())      // shows progress until it is stopped; nil: nobody looks

	coverage     scanner.Coverage
	repositories repositories
	stages       Stages
	findings     sink
	found        scanner.Collector
	started      time.Time
}

// Options say how far and how hard a run reads.
type Options struct {
	Jobs          int   // workers; 0: one for each processor
	Memory        int64 // bytes of content to hold at once; 0: the usual number
	VerifyObjects bool  // compute the ids of git's objects
	NoIgnore      bool  // read what .gitignore leaves out, too
	NoArchives    bool  // leave out what lies in archives and other containers
	NoAllow       bool  // nothing in the target has a say in what counts
	Strict        bool  // what is not there to be read counts as what could not be read
	Follow        bool  // go where a repository leads, out of itself
	Quiet         bool  // say only what must be said
}

// Do goes all the way. A result is the end of a run, whatever it found; an interrupted run has one, too, marked so.
// Without a result, the error kept the run from being a run; beside one, it kept reports from being written or keys
// from being revoked. A panic of a source comes up again at the end, when what was found before is reported.
func (r *Run) Do(ctx context.Context) (*Result, error) {
	end, err := r.read(ctx) // source → findings
	if err != nil {
		return nil, err
	}
	leaks := r.found.Leaks()
	if r.Found != nil {
		if err := r.Found(leaks); err != nil {
			return nil, err
		}
	}
	if end.interrupted {
		r.noteInterruption()
	}
	result := r.triage(leaks, end)         // findings → leaks, and which of them count
	revoking := r.settle(ctx, result, end) // status, revocation
	if r.Ask != nil && r.Ask.Sent != nil {
		result.Requests = r.Ask.Sent()
	}
	err = r.Report(result)
	switch {
	case end.crash != nil:
		r.sayErrors(err)
		panic(end.crash)
	case err != nil || result.Interrupted:
		r.sayErrors(revoking)
		return result, err
	}
	return result, revoking
}

// settle learns the status of the leaks that count, and revokes what is active if that is wanted.
func (r *Run) settle(ctx context.Context, result *Result, end ending) error {
	r.assume(result.Leaks)
	if r.Ask == nil || end.interrupted || end.crash != nil {
		return nil
	}
	open := r.openIntentions()
	r.askProviders(ctx, result.Leaks, open)
	r.endIntentions(open, result.Leaks)
	result.Interrupted = result.Interrupted || ctx.Err() != nil
	if r.Revoke == nil || ctx.Err() != nil {
		return nil
	}
	err := r.revokeActive(ctx, result.Leaks)
	result.Interrupted = result.Interrupted || ctx.Err() != nil
	return err
}

// sayErrors tells what will not be returned.
func (r *Run) sayErrors(all ...error) {
	for _, err := range all {
		if err != nil && !errors.Is(err, ErrNotRevoked) && !errors.Is(err, context.Canceled) {
			r.sayError(err)
		}
	}
}

// note tells a person something that need not be told.
func (r *Run) note(format string, args ...any) {
	if !r.Quiet {
		r.Say(format, args...)
	}
}

func (r *Run) sayError(err error) {
	for _, line := range Lines(err) {
		r.Say("%s", line)
	}
}

// sayBelow tells a text of several lines below what was said last.
func (r *Run) sayBelow(text string) {
	for line := range strings.Lines(text) {
		r.Say("    %s", strings.TrimSuffix(line, "\n"))
	}
}
