package run

import (
	"cmp"
	"slices"
	"time"

	"skleak/rules"
	"skleak/scanner"
)

// Result is what a run found out.
type Result struct {
	StartedAt time.Time
	Duration  time.Duration
	Targets   []string
	Coverage  scanner.Totals
	// Repositories are what the leaks lie in; their coverages are parts of Coverage.
	Repositories []scanner.Repository
	Interrupted  bool // the run ended before it had read, or asked, everything it meant to
	Crashed      bool // it ended by a mistake of skleak's own
	Partial      bool // it took its leaks from an earlier run, which was interrupted
	Leaks        []scanner.Leak
	Requests     []scanner.Requests // those sent to providers, by the provider's ID

	failOn      FailOn
	disbelieved map[rules.Key]string
}

// Complete is true where everything that should have been read was read.
func (r *Result) Complete() bool { return !r.Interrupted && !r.Partial && r.Coverage.Complete() }

// Fails is true for a leak that is to fail the run.
func (r *Result) Fails(l scanner.Leak) bool { return r.failOn.Fails(l) }

// Failing is true where there is a leak that is to fail the run.
func (r *Result) Failing() bool { return slices.ContainsFunc(r.Leaks, r.failOn.Fails) }

// Disbelieved is the comment that would allow the leak and does not count, "" where there is none.
func (r *Result) Disbelieved(l scanner.Leak) string { return r.disbelieved[l.Key] }

// FailOn says which leaks are to fail a run.
type FailOn string

const (
	FailAny    FailOn = "any"
	FailLive   FailOn = "live"   // of the live environment
	FailActive FailOn = "active" // what may be active: only a provider's own word clears a key
	FailNone   FailOn = "none"
)

// Fails is true for a leak that is to fail the run.
func (f FailOn) Fails(l scanner.Leak) bool {
	if !l.Counts() {
		return false
	}
	switch f {
	case FailAny:
		return true
	case FailLive:
		return l.Environment == rules.Live
	case FailActive:
		return l.Status != scanner.StatusInactive
	}
	return false
}

// triage makes the result, and tells the leaks that do not count: allowed by configuration, or known before.
func (r *Run) triage(leaks []scanner.Leak, end ending) *Result {
	if r.Strict {
		r.noteAbsent()
	}
	result := &Result{StartedAt: r.started, Duration: time.Since(r.started), Targets: r.Targets,
		Coverage: r.coverage.Totals(), Repositories: r.repositories.totals(),
		Interrupted: end.interrupted, Crashed: end.crash != nil, Leaks: leaks, failOn: r.FailOn,
		disbelieved: r.findings.disbelieved}
	if end.amend != nil {
		end.amend(result)
	}
	for _, l := range result.Leaks { // which may come from a saved report
		if !l.Placeholder {
			r.Settings.Redactor.Know(l.Key)
		}
	}
	result.Coverage.LeftOut = r.Settings.leftOut.list()
	result.Coverage.Partial = r.isPartial(result.Coverage)
	for i := range result.Leaks {
		l := &result.Leaks[i]
		if by, allowed := r.Settings.allows(*l, result.Repositories); allowed {
			l.Suppressed, l.SuppressedBy = scanner.SuppressedAllowed, by
		}
		l.Baseline(r.Known)
	}
	return result
}

// isPartial is true where objects are missing because the clone is a partial one.
func (r *Run) isPartial(c scanner.Totals) bool {
	missing := func(u scanner.Unreadable) bool { return u.Reason == scanner.UnreadableMissing }
	return slices.ContainsFunc(c.Unreadable, missing) && slices.ContainsFunc(r.Trees, func(tree string) bool {
		d, err := r.Reach(tree).Discover(tree)
		return err == nil && d.Partial()
	})
}

// noteAbsent counts what is not there to be read as what could not be read.
func (r *Run) noteAbsent() {
	for _, a := range r.coverage.Totals().Absent() {
		r.coverage.Unreadable(a.Reason, "", a.Text+"; to bring it: "+a.Cure)
	}
}

// assumed is the provider that the user names for keys of which nothing else tells, "" where he names none.
func (r *Run) assumed() string { return cmp.Or(r.AssumeProvider, r.Settings.config.AssumeProvider) }

// assume attributes keys of unknown provider to the one that the user names.
func (r *Run) assume(leaks []scanner.Leak) {
	id := r.assumed()
	if id == "" {
		return
	}
	p, known := r.Settings.Rules.Provider(id)
	if !known {
		return
	}
	for i := range leaks {
		l := &leaks[i]
		if l.Provider == scanner.ProviderUnknown && p.Issues(l.Key.Environment()) && !l.HasLongPrefix() {
			l.Provider, l.Evidence = id, "assumed"
		}
	}
}
