package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/history"
)

// job is one run of the action.
type job struct {
	*scanning
	assignment
	log     jobLog
	event   event
	repo    *repoCheckout // nil where there is none
	placer  *placer       // where findings go first
	doubter *doubter      // nil where the checkout is believed; else where they go then
	aside   *bytes.Buffer // what the scan says to people, till keys are masked
}

func (f *actionFlags) conduct(ctx context.Context, w *world, log jobLog, target string) error {
	j, err := f.newJob(w, log, target)
	if err != nil {
		return err
	}
	defer j.repo.close()
	if err := f.prepare(ctx, j, w, target); err != nil {
		return err
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
	if err := w.writeJobFiles(r, j.summaryOptions(), j.jobOutputs(r, f.uploads(j))); err != nil {
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

// newJob works out what the job is about.
func (f *actionFlags) newJob(w *world, log jobLog, target string) (*job, error) {
	info, err := existing(target)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is a file; name the folder of a checkout", target)
	}
	repo, err := f.openCheckout(target)
	if err != nil {
		return nil, err
	}
	e, err := readEvent(w.env)
	j := &job{log: log, event: e, repo: repo, assignment: assign(e, f.scope, repo.asCheckout()), aside: &bytes.Buffer{}}
	if err != nil {
		j.warn("%v", err)
	}
	return j, nil
}

// prepare makes the scan ready: where reports go, which configuration counts, and who is believed.
func (f *actionFlags) prepare(ctx context.Context, j *job, w *world, target string) error {
	folder, err := reportFolder(w.env)
	if err != nil {
		return err
	}
	f.verbose = w.env["RUNNER_DEBUG"] == "1"
	p := plan{targets: []string{target}, trees: []string{target}, work: j.work}
	doubted := j.guarded && !f.trustHead
	if doubted {
		p.treesFrom = filepath.Join(folder, "base")
		defer os.RemoveAll(p.treesFrom) //nolint:errcheck // a folder for temporary files, which the runner empties
		if err := j.configureFromBase(f.flags, p.treesFrom); err != nil {
			return err
		}
	}
	aside := *w
	aside.errw = j.aside
	if j.scanning, err = newScanning(&aside, f.flags, p); err != nil {
		return err
	}
	w.redacting = aside.redacting
	j.outputs = reportFiles(folder)
	j.placer = &placer{to: j.found, found: map[string][]rules.Key{}}
	j.gate = &gate{to: j.placer}
	if doubted {
		j.doubter = &doubter{to: j.found, ctx: ctx, repo: j.repo, rules: j.rules, base: j.base, changes: j.tip != "",
			own: map[rules.Key]string{}, allows: map[string]map[rules.Key]bool{}}
		j.placer.to = j.doubter
	}
	return nil
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
	err = j.repo.Push(ctx, push, s.bounded(history.Options{Rules: s.rules, Coverage: &s.coverage, Jobs: s.jobs,
		Ignore: s.settings.ignoreBelow(cmp.Or(j.repo.root, s.targets[0]), ""), Progress: s.stages.next("commits")}), s.gate)
	if err != nil || j.repo.root == "" {
		return err
	}
	return j.placer.place(ctx, j.repo.root, s.rules, s.gate)
}
