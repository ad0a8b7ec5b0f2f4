package audit

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"skleak/scanner/audit/job"
	"skleak/scanner/audit/merge"
	"skleak/scanner/audit/state"
)

// Result is what an audit found out, or has found out so far.
type Result struct {
	merge.Report
	Run      state.Run
	Duration time.Duration
	Waiting  int // repositories that were listed, and of which nothing is known yet
	Parked   []state.Parked
	// Interrupted: the audit was stopped before all that is listed was read.
	Interrupted bool
}

// Decode reads the JSON report of one repository.
type Decode func(report []byte) (merge.Report, error)

// Collect makes one report of what the state holds of the repositories of its last run. What is not done yet, or was
// given up, is named as unread in it.
func Collect(f *state.Folder, decode Decode, say func(format string, args ...any)) (*Result, error) {
	run, err := f.LastRun()
	if err != nil {
		return nil, err
	}
	if run.ID == "" {
		return nil, fmt.Errorf("the state in %s holds no audit yet: skleak-audit run makes one", f.Dir())
	}
	all, err := f.List()
	if err != nil {
		return nil, err
	}
	done, err := f.Outcomes(run.ID)
	if err != nil {
		return nil, err
	}
	result := &Result{Run: run, Duration: run.EndedAt.Sub(run.StartedAt)}
	if run.EndedAt.IsZero() {
		result.Duration = time.Since(run.StartedAt)
	}
	merge.ByName(all)
	m := merge.Merger{Since: run.StartedAt, Mirrors: f.Mirrors()}
	m.Listed = map[string]bool{}
	for _, r := range all {
		m.Listed[r.Name] = true
	}
	for _, r := range all {
		if err := result.add(&m, f, r, done[r.ID()], decode, say); err != nil {
			return nil, err
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(run.LeftOut)) {
		m.AddLeftOut(run.LeftOut[reason], reason)
	}
	for _, reason := range slices.Sorted(maps.Keys(run.Missed)) {
		m.AddMissed(run.Missed[reason], reason)
	}
	result.Report = m.Report()
	result.Interrupted = result.Waiting > 0 || !run.Listed
	return result, nil
}

// add adds what is known of one repository.
func (r *Result) add(m *merge.Merger, f *state.Folder, repo job.Repository, o state.Outcome, decode Decode,
	say func(format string, args ...any)) error {
	switch {
	case o.Parked != "":
		r.Parked = append(r.Parked, state.Parked{Repository: repo.Name, Reason: o.Parked})
		return addStale(m, f, repo, o.Parked, decode)
	case o.Report == "":
		r.Waiting++
		return addStale(m, f, repo, "it has not been read yet", decode)
	}
	text, err := f.Report(o.Report)
	if err != nil {
		say("%s: %s", repo.Name, err)
		m.AddUnread(repo, "its report cannot be read: run the audit again")
		return nil
	}
	report, err := decode(text)
	if err != nil {
		m.AddUnread(repo, "its report cannot be read: "+err.Error())
		return nil
	}
	m.Add(repo, report)
	return nil
}

// addStale adds a repository that could not be read this time, with what was found in it before: to fail to read it
// again clears no key.
func addStale(m *merge.Merger, f *state.Folder, repo job.Repository, reason string, decode Decode) error {
	last, err := f.Reading(repo)
	if err != nil || last == nil {
		m.AddUnread(repo, reason)
		return nil
	}
	text, err := f.Report(last.Report)
	if err != nil {
		return err
	}
	report, err := decode(text)
	if err != nil {
		m.AddUnread(repo, reason)
		return nil
	}
	m.AddStale(repo, report, reason+"; what is told of it was read on "+last.At.UTC().Format("2006-01-02"))
	return nil
}
