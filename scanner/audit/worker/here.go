package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"skleak/scanner/audit/job"
	"skleak/scanner/cause"
	"skleak/scanner/run"
)

// here reads a repository of this machine where it lies.
func (t *try) here() (job.Reading, error) {
	path := t.job.Repository.Path
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return job.Reading{}, job.PermanentError{Err: fmt.Errorf("%s is not there any more", path)}
	} else if err != nil {
		return job.Reading{}, fmt.Errorf("reading %s: %w", path, cause.Of(err))
	}
	p := run.Plan{Targets: []string{path}, Trees: []string{path}, Source: run.Audit(path)}
	r, err := t.Run(p)
	if err != nil { // a configuration that is none, which stays so
		return job.Reading{}, job.PermanentError{Err: err}
	}
	if t.rules, err = t.rulesOf(r); err != nil {
		return job.Reading{}, err
	}
	t.asks = r.Ask != nil
	tips := tipsHere(r.Options, path)
	if tips != "" && t.stands(tips, mark{}) {
		return *t.job.Last, nil
	}
	r, result, err := t.scan(p)
	if err != nil {
		return job.Reading{}, err
	}
	return t.conclude(tips, r, result, nil)
}

// tipsHere names the refs of a repository; "" where more than they may have changed, since it has a working tree, or
// cannot be read.
func tipsHere(o run.Options, path string) string {
	d, err := o.Reach(path).Open(path)
	if err != nil || d.Worktree != "" || d.Git != d.Common {
		return ""
	}
	refs, problems := d.Refs()
	if len(problems) > 0 {
		return ""
	}
	h := sha256.New()
	for _, ref := range refs {
		fmt.Fprintf(h, "%s %s %s\n", ref.Name, ref.ID.Hex(d.Format), ref.Symbolic)
	}
	head, _ := d.ReadHead()
	fmt.Fprintf(h, "HEAD %s %s\n", head.ID.Hex(d.Format), head.Symbolic)
	return hex.EncodeToString(h.Sum(nil))
}
