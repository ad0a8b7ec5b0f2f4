package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"skleak/report"
	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/history"
)

// actionFlags are the inputs of the action that only it has.
type actionFlags struct {
	*flags
	scope     string
	trustHead bool
	upload    string
}

// What --upload-sarif takes.
const (
	uploadAuto  = "auto"
	uploadTrue  = "true"
	uploadFalse = "false"
)

func actionCommand(w *world) *cobra.Command {
	f := &actionFlags{flags: &flags{exitCode: statusLeaks, reportFormat: "text"}}
	c := &cobra.Command{
		Use:   "action [PATH]",
		Short: "Scan what a GitHub Actions job is about",
		Long: `Action scans the checkout at PATH (default: the current folder) as the event that started the job asks
for: what a pull request, a merge group or a push adds, and everything on a schedule, by hand or at a release. It
takes the event from the GITHUB_ variables of the job, writes a summary, outputs and annotations,
and leaves a JSON and a SARIF report in the runner's folder for temporary files.

It is what action.yml runs; see docs/github-actions.md. With GITHUB_ACTIONS=true it prints each key it found once, to have
the runner hide it in the log. Elsewhere use "skleak scan".`,
		Example: `  skleak action
  skleak action --scope everything --fail-on live`,
		Args: oneTarget,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, w, targetOf(args)) },
	}
	set := c.Flags()
	set.StringVar(&f.scope, "scope", scopeAuto, "`WHAT` to scan: auto (as the event asks for), changes, everything")
	set.StringVar(&f.failOn, "fail-on", failOnAny,
		"`WHICH` leaks fail the job: any, live (of the live environment), active (or perhaps so, after --verify), none")
	set.BoolVar(&f.trustHead, "trust-head", false, "let a pull request say itself which of its keys do not count")
	set.StringVar(&f.upload, "upload-sarif", uploadAuto, "`WHEN` the report is to be uploaded: auto, true, false; only told to the step that does it")
	f.addConfig(c)
	f.addBaseline(c)
	f.addVerify(c)
	f.addWork(c)
	return c
}

func (f *actionFlags) check(c *cobra.Command, w *world) error {
	switch {
	case f.scope != scopeAuto && f.scope != scopeChanges && f.scope != scopeEverything:
		return fmt.Errorf("--scope %q is unknown; use auto, changes or everything", f.scope)
	case f.upload != uploadAuto && f.upload != uploadTrue && f.upload != uploadFalse:
		return fmt.Errorf("--upload-sarif %q is unknown; use auto, true or false", f.upload)
	case w.env["GITHUB_EVENT_NAME"] == "":
		return errors.New(`GITHUB_EVENT_NAME is not set, so this is no GitHub Actions job; to scan a checkout elsewhere: "skleak scan"`)
	}
	return f.flags.check(c)
}

// run does the job. What goes wrong is said through the runner, which shows it above the log.
func (f *actionFlags) run(c *cobra.Command, w *world, target string) error {
	log := w.newJobLog()
	err := f.check(c, w)
	if err == nil {
		err = f.conduct(c.Context(), w, log, target)
	}
	if err == nil || !log.runner || errors.As(err, new(outcome)) {
		return err
	}
	log.order("error", rules.Default().Redact(err.Error()))
	return outcome{statusUsage, err.Error()}
}

// job is one run of the action.
type job struct {
	*scanning
	assignment
	log     jobLog
	repo    *repoCheckout // nil where there is none
	placer  *placer       // where findings go first
	doubter *doubter      // nil where the checkout is believed; else where they go then
	aside   *bytes.Buffer // what the scan says to people, till keys are masked
}

func (f *actionFlags) conduct(ctx context.Context, w *world, log jobLog, target string) error {
	j, e, err := f.newJob(ctx, w, log, target)
	if err != nil {
		return err
	}
	if j.repo != nil {
		defer j.repo.Close()
	}
	err = j.perform(ctx)
	interrupted := ctx.Err() != nil
	if err != nil && !interrupted {
		return err
	}
	if err := log.mask(j.found.Leaks()); err != nil {
		return err
	}
	switch {
	case interrupted:
		j.noteInterruption()
	case j.readNothing():
		return fmt.Errorf("there is nothing to scan at %s; run actions/checkout before this", target)
	}
	r := j.makeReport(interrupted)
	j.assume(r.Leaks)
	if j.verify && !interrupted {
		j.askProviders(ctx, r.Leaks, nil)
		interrupted = ctx.Err() != nil
		r.Interrupted = interrupted
	}
	end := j.verdict(r)
	if err := j.tell(r, w, end); err != nil {
		return err
	}
	if err := w.writeJobFiles(r, j.summaryOptions(), j.jobOutputs(r, f.uploads(e, &j.assignment))); err != nil {
		return err
	}
	if interrupted {
		return errInterrupted
	}
	return end
}

// readNothing is true where there was nothing at all where a checkout should be. Where no commit was
// asked for, no commit being read is right.
func (j *job) readNothing() bool {
	c := &j.coverage
	return !j.nothing && j.tip == "" && c.Complete() && c.Files.Load()+c.Objects.Load()+c.Bytes.Load() == 0
}

func (f *actionFlags) newJob(ctx context.Context, w *world, log jobLog, target string) (*job, event, error) {
	info, err := existing(target)
	if err != nil {
		return nil, event{}, err
	}
	if !info.IsDir() {
		return nil, event{}, fmt.Errorf("%s is a file; name the folder of a checkout", target)
	}
	repo, err := openCheckout(target)
	if err != nil {
		return nil, event{}, err
	}
	e, eventErr := readEvent(w.env)
	j := &job{log: log, repo: repo, assignment: assign(e, f.scope, repo.asCheckout()), aside: &bytes.Buffer{}}
	if eventErr != nil {
		j.warn("%v", eventErr)
	}
	folder, err := reportFolder(w.env)
	if err != nil {
		return nil, e, err
	}
	f.verbose = w.env["RUNNER_DEBUG"] == "1"
	p := plan{targets: []string{target}, trees: []string{target}, work: j.work}
	if j.guarded && !f.trustHead {
		p.treesFrom = filepath.Join(folder, "base")
		defer os.RemoveAll(p.treesFrom) //nolint:errcheck // a folder for temporary files, which the runner empties
		if err := j.configureFromBase(f.flags, p.treesFrom); err != nil {
			return nil, e, err
		}
	}
	aside := *w
	aside.errw = j.aside
	if j.scanning, err = newScanning(&aside, f.flags, p); err != nil {
		return nil, e, err
	}
	j.outputs = reportFiles(folder)
	j.placer = &placer{to: j.found, found: map[string][]rules.Key{}}
	j.gate = &gate{to: j.placer}
	if j.guarded && !f.trustHead {
		j.doubter = &doubter{to: j.found, ctx: ctx, repo: repo, rules: j.rules, base: j.base,
			own: map[rules.Key]string{}, allows: map[string]map[rules.Key]bool{}}
		j.placer.to = j.doubter
	}
	return j, e, nil
}

// work is the plan of the scan.
func (j *job) work(ctx context.Context, s *scanning) error {
	if j.absent != "" {
		s.coverage.Unreadable(scanner.UnreadableMissing, "commit "+j.absent, "the event is about it, and it is not in the checkout")
	}
	switch {
	case j.nothing:
		return nil
	case j.tip == "":
		a := &audit{scanning: s, history: true}
		return a.folder(ctx, s.targets[0])
	}
	return j.changes(ctx, s)
}

// changes looks at commits, and at where what they brought lies now.
func (j *job) changes(ctx context.Context, s *scanning) error {
	push := history.Push{Tips: []history.Tip{{Ref: cmp.Or(s.env["GITHUB_REF"], "HEAD")}}}
	var err error
	if push.Tips[0].ID, err = j.repo.ParseID(j.tip); err != nil {
		return err
	}
	if j.from != "" {
		known, err := j.repo.ParseID(j.from)
		if err != nil {
			return err
		}
		push.Known = append(push.Known, known)
	}
	err = j.repo.Push(ctx, push, history.Options{Rules: s.rules, Coverage: &s.coverage, Jobs: s.jobs,
		Ignore: s.settings.ignoreBelow(cmp.Or(j.repo.root, s.targets[0]), ""), Progress: s.stages.next("commits")}, s.gate)
	if err != nil || j.repo.root == "" {
		return err
	}
	return j.placer.place(ctx, j.repo.root, s.rules, s.gate)
}

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
		j.log.order("error", "there are leaked keys, none of them in a file of the checkout: the summary and the log of the job tell where")
	case status == statusIncomplete:
		j.log.order("error", "nothing was found, but not everything could be read: the summary and the log of the job tell what")
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
func (f *actionFlags) uploads(e event, a *assignment) bool {
	if f.upload != uploadAuto {
		return f.upload == uploadTrue
	}
	ofPush := e.name == "push" && a.tip != ""
	return !a.nothing && !ofPush && !e.fromFork() && e.Sender.Login != "dependabot[bot]"
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
