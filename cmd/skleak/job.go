package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strconv"

	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/joblog"
	"skleak/cmd/internal/outputs"
	"skleak/report"
	"skleak/scanner"
	"skleak/scanner/gate"
	"skleak/scanner/run"
)

// jobTelling is how the action tells what was found: to people in the log, to the runner, and in files.
type jobTelling struct {
	*telling
	job    *gate.Job
	log    joblog.Log
	world  *world        // which speaks at once
	said   *bytes.Buffer // what the run said till keys were masked
	upload bool
}

func (t *jobTelling) tell(result *run.Result) error {
	if !result.Interrupted && result.Coverage.Empty() && !t.job.HasChanges() {
		return fmt.Errorf("there is nothing to scan at %s; run actions/checkout before this", result.Targets[0])
	}
	t.sayUnlearned(result)
	err := t.log.Plainly(func() error {
		_, _ = t.world.Out.Write(t.said.Bytes()) // whoever closed standard output wants nothing said
		return t.Write(t.document(result))
	})
	if err != nil {
		return err
	}
	for _, n := range t.job.Notes() {
		t.log.Note(n)
	}
	r := t.document(result)
	if err := t.annotate(r, result); err != nil {
		return err
	}
	summary := report.SummaryOptions{OwnAllow: result.Disbelieved}
	for _, n := range t.job.Notes() {
		summary.Notes = append(summary.Notes, n.Text)
	}
	return joblog.WriteFiles(t.world.Env, r, summary, t.outputsOfJob(r))
}

func (t *jobTelling) annotate(r *report.Report, result *run.Result) error {
	if !t.log.Runner {
		return nil
	}
	shown, err := report.WriteAnnotations(t.world.Out, r,
		report.AnnotationOptions{Fails: result.Fails, OwnAllow: result.Disbelieved})
	switch status := exit.StatusOf(t.f.Outcome(result)); {
	case err != nil:
		return err
	case status == exit.Leaks && shown == 0:
		t.log.Order("error",
			"there are leaked keys, none of them in a file of the checkout: the summary and the log of the job tell where")
	case status == exit.Incomplete:
		t.log.Order("error",
			"nothing was found, but not everything could be read: the summary and the log of the job tell what")
	}
	return nil
}

// outputsOfJob are the outputs of the action. Reports are named by their absolute paths, since later steps may run
// elsewhere.
func (t *jobTelling) outputsOfJob(r *report.Report) []joblog.Output {
	leaks, active := 0, 0
	for _, l := range r.Leaks {
		if l.Counts() {
			leaks++
		}
		if l.Counts() && l.Status == scanner.StatusActive {
			active++
		}
	}
	values := []joblog.Output{
		{Name: "leaks", Value: strconv.Itoa(leaks)}, {Name: "active", Value: strconv.Itoa(active)},
		// For the step that uploads.
		{Name: "upload", Value: strconv.FormatBool(t.upload)}, {Name: "checkout", Value: t.job.Root()},
	}
	for _, o := range t.Outputs {
		if o.Path != "" {
			values = append(values, joblog.Output{Name: string(o.Format), Value: o.Path})
		}
	}
	return values
}

// reportFiles are the reports that every job leaves, and the one that goes into its log.
func reportFiles(folder string) []outputs.Output {
	return []outputs.Output{
		{Path: filepath.Join(folder, "skleak.sarif"), Format: report.FormatSARIF},
		{Path: filepath.Join(folder, "skleak.json"), Format: report.FormatJSON},
		outputs.Terminal,
	}
}
