package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"skleak/report"
)

// tell prints what was found: the report for people, then what the runner makes annotations of. end is how the
// job is going to end.
func (j *job) tell(r *report.Report, w *world, end error) error {
	err := j.log.plainly(func() error {
		_, _ = w.out.Write(j.aside.Bytes()) // whoever closed standard output wants nothing said
		return j.writeReports(r)
	})
	if err != nil {
		return err
	}
	for _, n := range j.notes {
		j.log.note(w, n)
	}
	if !j.log.runner {
		return nil
	}
	shown, err := report.WriteAnnotations(w.out, r, report.AnnotationOptions{Fails: j.counts, OwnAllow: j.doubter.ownAllow})
	switch status := statusOf(end); {
	case err != nil:
		return err
	case status == statusLeaks && shown == 0:
		j.log.order(w, "error", "there are leaked keys, none of them in a file of the checkout: the summary and the log of the job tell where")
	case status == statusIncomplete:
		j.log.order(w, "error", "nothing was found, but not everything could be read: the summary and the log of the job tell what")
	}
	return nil
}

func (j *job) summaryOptions() report.SummaryOptions {
	o := report.SummaryOptions{OwnAllow: j.doubter.ownAllow}
	for _, n := range j.notes {
		o.Notes = append(o.Notes, n.text)
	}
	return o
}

// uploads tells whether code scanning is to get the report. Left to us, it does where that is right: a
// branch's alerts are those of its last report, so that one of a single push would close all others; and
// the token of a stranger's pull request, or of Dependabot, can upload nothing.
func (f *actionFlags) uploads(j *job) bool {
	if f.upload != uploadAuto {
		return f.upload == uploadTrue
	}
	ofPush := j.event.name == "push" && j.tip != ""
	return !j.nothing && !ofPush && !j.event.fromFork() && j.event.Sender.Login != "dependabot[bot]"
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
