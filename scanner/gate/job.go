package gate

import (
	"cmp"
	"context"
	"os"
	"path/filepath"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/git/oid"
	"skleak/scanner/history"
	"skleak/scanner/run"
)

// Job is a job of GitHub Actions: what its event asks, and whom it believes.
type Job struct {
	assignment
	event  event
	target string // the folder of the checkout
	ref    string
	names  []string      // of refs that the job is about
	repo   *repoCheckout // nil where there is none
	base   string        // the folder that holds the base's configuration, "" where the checkout's counts
}

// OpenJob works out from the environment of a job what it is about. scope is one of the Scope… constants.
func OpenJob(env map[string]string, target, scope string, o run.Options) (*Job, error) {
	repo, err := openCheckout(target, o)
	if err != nil {
		return nil, err
	}
	e, err := readEvent(env)
	j := &Job{event: e, target: target, ref: cmp.Or(env["GITHUB_REF"], "HEAD"),
		names: append(e.refs(), env["GITHUB_REF"], env["GITHUB_HEAD_REF"]),
		repo:  repo, assignment: assign(e, scope, repo.asCheckout())}
	if err != nil {
		j.warn("%v", err)
	}
	return j, nil
}

// Close gives back what was opened.
func (j *Job) Close() { j.repo.close() }

// Plan is what the job is to look at.
func (j *Job) Plan() run.Plan {
	p := run.Plan{Targets: []string{j.target}, Trees: []string{j.target}, Source: j.read}
	if j.base != "" {
		word := &baseWord{repo: j.repo, base: j.assignment.base, changes: j.tip != "",
			allows: map[string]map[rules.Key]bool{}}
		p.TreesFrom, p.Believes, p.UnderReview = j.base, word.believes, true
	}
	return p
}

func (j *Job) read(ctx context.Context, s *run.Scan) error {
	if j.absent != "" {
		s.Coverage.Unreadable(scanner.UnreadableMissing, "commit "+j.absent,
			"the event is about it, and it is not in the checkout")
	}
	if j.nothing {
		return nil
	}
	if err := searchNames(s, j.names); err != nil {
		return err
	}
	if j.tip == "" {
		return s.Audit(ctx, j.target)
	}
	return j.changes(ctx, s)
}

// changes looks at commits, and at where what they brought lies now.
func (j *Job) changes(ctx context.Context, s *run.Scan) error {
	tip, err := j.repo.ParseID(j.tip)
	if err != nil {
		return err
	}
	push := history.Change{Tips: []history.Tip{{Ref: j.ref, ID: tip}}}
	if j.from != "" {
		var known oid.ID
		if known, err = j.repo.ParseID(j.from); err != nil {
			return err
		}
		push.Known = append(push.Known, known)
	}
	s = s.Enter("", cmp.Or(j.repo.root, j.target), j.repo.Dir)
	found := &placer{to: s.Found, found: map[string][]rules.Key{}}
	_, err = j.repo.Changes(ctx, push, s.History(cmp.Or(j.repo.root, j.target), "", "commits"), found)
	if err != nil || j.repo.root == "" {
		return err
	}
	return found.place(ctx, j.repo.root, s.Settings.Rules, s.Found)
}

// HasChanges is true where the job looks at commits. That there are none to look at is no mistake then.
func (j *Job) HasChanges() bool { return j.nothing || j.tip != "" }

// Notes are what is to be said of the job itself.
func (j *Job) Notes() []Note { return j.notes }

// SuitsCodeScanning tells whether code scanning is to get the report, if nobody says so: a branch's alerts are those
// of its last report, so that one of a single push would close all others; and the token of a stranger's pull
// request, or of Dependabot, can upload nothing.
func (j *Job) SuitsCodeScanning() bool {
	ofPush := j.event.name == "push" && j.tip != ""
	return !j.nothing && !ofPush && !j.event.fromFork() && j.event.Sender.Login != "dependabot[bot]"
}

// Root is the top of the checkout, to which the paths of a report are relative.
func (j *Job) Root() string {
	root := j.target
	if j.repo != nil && j.repo.root != "" {
		root = j.repo.root
	}
	if abs, err := filepath.Abs(root); err == nil {
		return abs
	}
	return root
}

// Guard has no change excuse itself: of all configuration, the base's versions count, which are put into folder, and
// named, files that the workflow names, are changed to them. What the base has not, counts for nothing, whatever the
// change says. Where nobody proposes anything, nothing is guarded. The folder is the caller's to remove.
func (j *Job) Guard(folder string, named ...*string) error {
	if !j.guarded {
		return nil
	}
	j.base = folder
	return j.configureFromBase(folder, named)
}

// isRegular is true for files that are neither links nor anything special.
func isRegular(file string) bool {
	info, err := os.Lstat(file)
	return err == nil && info.Mode().IsRegular()
}
