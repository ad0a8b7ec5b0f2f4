package main

import (
	"bytes"
	"fmt"
	"strconv"

	"skleak/report"
	"skleak/scanner"
	"skleak/scanner/gate"
	"skleak/scanner/run"
)

// jobTelling is how the action tells what was found: to people in the log, to the runner, and in files.
type jobTelling struct {
	*telling
	job    *gate.Job
	log    jobLog
	world  *world        // which speaks at once
	said   *bytes.Buffer // what the run said till keys were masked
	upload bool
}

func (t *jobTelling) tell(result *run.Result) error {
	if !result.Interrupted && result.Coverage.Empty() && !t.job.HasChanges() {
		return fmt.Errorf("there is nothing to scan at %s; run actions/checkout before this", result.Targets[0])
	}
	t.sayUnlearned(result)
	err := t.log.plainly(func() error {
		_, _ = t.world.out.Write(t.said.Bytes()) // whoever closed standard output wants nothing said
		return t.write(result)
	})
	if err != nil {
		return err
	}
	for _, n := range t.job.Notes() {
		t.log.note(t.world, n)
	}
	r := t.document(result)
	if err := t.annotate(r, result); err != nil {
		return err
	}
	summary := report.SummaryOptions{OwnAllow: result.Disbelieved}
	for _, n := range t.job.Notes() {
		summary.Notes = append(summary.Notes, n.Text)
	}
	return t.world.writeJobFiles(r, summary, t.outputsOfJob(r))
}

// annotate prints what the runner makes annotations of.
func (t *jobTelling) annotate(r *report.Report, result *run.Result) error {
	if !t.log.runner {
		return nil
	}
	shown, err := report.WriteAnnotations(t.world.out, r, report.AnnotationOptions{Fails: result.Fails, OwnAllow: result.Disbelieved})
	switch status := statusOf(t.f.verdict(result)); {
	case err != nil:
		return err
	case status == statusLeaks && shown == 0:
		t.log.order(t.world, "error", "there are leaked keys, none of them in a file of the checkout: the summary and the log of the job tell where")
	case status == statusIncomplete:
		t.log.order(t.world, "error", "nothing was found, but not everything could be read: the summary and the log of the job tell what")
	}
	return nil
}

// outputsOfJob are the outputs of the action. Reports are named by their absolute paths, since later steps may run elsewhere.
func (t *jobTelling) outputsOfJob(r *report.Report) []jobOutput {
	leaks, active := 0, 0
	for _, l := range r.Leaks {
		if l.Counts() {
			leaks++
		}
		if l.Counts() && l.Status == scanner.StatusActive {
			active++
		}
	}
	outputs := []jobOutput{
		{"leaks", strconv.Itoa(leaks)}, {"active", strconv.Itoa(active)},
		{"upload", strconv.FormatBool(t.upload)}, {"checkout", t.job.Root()}, // for the step that uploads
	}
	for _, o := range t.outputs {
		if o.path != "" {
			outputs = append(outputs, jobOutput{string(o.format), o.path})
		}
	}
	return outputs
}
