package main

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
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
	shown, err := report.WriteAnnotations(t.world.out, r,
		report.AnnotationOptions{Fails: result.Fails, OwnAllow: result.Disbelieved})
	switch status := statusOf(t.f.verdict(result)); {
	case err != nil:
		return err
	case status == statusLeaks && shown == 0:
		t.log.order(t.world, "error",
			"there are leaked keys, none of them in a file of the checkout: the summary and the log of the job tell where")
	case status == statusIncomplete:
		t.log.order(t.world, "error",
			"nothing was found, but not everything could be read: the summary and the log of the job tell what")
	}
	return nil
}

// outputsOfJob are the outputs of the action. Reports are named by their absolute paths, since later steps may run
// elsewhere.
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

// jobOutput is a value that later steps of a job can use.
type jobOutput struct{ name, value string }

// writeJobFiles writes the summary and the outputs of the step into the files that GitHub names. Where
// it names none, nobody wants them.
func (w *world) writeJobFiles(r *report.Report, o report.SummaryOptions, outputs []jobOutput) error {
	var summary, values bytes.Buffer
	if err := report.WriteSummary(&summary, r, o); err != nil {
		return err
	}
	for _, o := range outputs {
		// The form with a delimiter of one's own, for every value: a path can hold a line end, behind
		// which another output would begin.
		end := rand.Text()
		fmt.Fprintf(&values, "%s<<%s\n%s\n%s\n", o.name, end, o.value, end)
	}
	if err := appendTo(w.env["GITHUB_STEP_SUMMARY"], summary.Bytes()); err != nil {
		return fmt.Errorf("writing the job summary: %w", err)
	}
	if err := appendTo(w.env["GITHUB_OUTPUT"], values.Bytes()); err != nil {
		return fmt.Errorf("writing the outputs: %w", err)
	}
	return nil
}

// appendTo adds to a file that other steps may have written to. An empty path stands for none.
func appendTo(path string, text []byte) error {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}

// reportFolder makes the folder for the reports, one for each run: a job can run the action several times.
func reportFolder(env map[string]string) (string, error) {
	folder, err := os.MkdirTemp(cmp.Or(env["RUNNER_TEMP"], os.TempDir()), "skleak-")
	if err == nil {
		folder, err = filepath.Abs(folder)
	}
	if err != nil {
		return "", fmt.Errorf("making a folder for the reports: %w", err)
	}
	return folder, nil
}

// reportFiles are the reports that every job leaves, and the one that goes into its log.
func reportFiles(folder string) []output {
	return []output{
		{filepath.Join(folder, "skleak.sarif"), report.FormatSARIF},
		{filepath.Join(folder, "skleak.json"), report.FormatJSON},
		{"", report.FormatText},
	}
}
