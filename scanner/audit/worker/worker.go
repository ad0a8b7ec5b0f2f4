// Package worker does one job of an audit: it fetches a repository into a mirror of its own, reads what has to be read,
// and says what came of it. What is known from an earlier audit still holds as long as neither the repository nor what is
// searched for has changed; what has changed alone is read where nothing was found before.
//
// A mirror lies in one folder, with a file beside it that says what was read of it, and a lock. Whatever is wrong with one
// of them costs time: the mirror is fetched again. Nothing that leaves this package holds a key or a token.
package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"skleak/scanner/audit/job"
	"skleak/scanner/git/fetch"
	"skleak/scanner/run"
)

// Worker does jobs. Dir, Run and Encode are needed. Many goroutines may use one.
type Worker struct {
	Dir string // where the mirrors lie: a folder of this program's, for its owner alone
	// Run makes the run that reads a plan: with its settings, options, and whom to ask about keys. What it writes and
	// shows is set here.
	Run func(run.Plan) (*run.Run, error)
	// Encode makes the JSON report of a repository, with redacted keys.
	Encode func(*run.Result) ([]byte, error)
	// Rules names what decides what is found or counts, besides the settings and the options of a run: the version of the
	// program, a baseline.
	Rules string

	Credentials   fetch.Credentials                                           // but for the token
	Token         func(context.Context, job.Repository) (string, error)       // nil: none is known
	Hidden        func(context.Context, job.Repository) ([]job.Hidden, error) // asks the host; nil: nobody does
	MaxRepository int64                                                       // bytes; larger ones are not fetched; 0: no bound
	DropMirrors   bool                                                        // they are removed when they have been read
	WithGit       bool                                                        // git fetches

	Say func(format string, args ...any) // tells a person something, on one line; nil: nobody listens

	once   sync.Once
	common common
	held   sync.Map // ids of the repositories that are being read by this process
}

// common is what all repositories have in common that have no working tree here, and so no say.
type common struct {
	rules  string // digest
	asks   bool   // providers are asked about keys
	memory int64  // of a run
	err    error
}

// try is one try of a job.
type try struct {
	*Worker
	ctx   context.Context
	job   job.Job
	moved *atomic.Int64
	began time.Time
	common

	size    int64 // bytes of the packs that are read, as far as that is known
	objects int64
	bytes   received
	report  []byte
}

// Do does one job. It returns the outcome and its report, nil where that is known already; or why there is none: a
// job.PermanentError if trying again is of no use. It counts in moved what happens.
func (w *Worker) Do(ctx context.Context, j job.Job, moved *atomic.Int64) (job.Outcome, []byte, error) {
	t := &try{Worker: w, ctx: ctx, job: j, moved: moved, began: time.Now()}
	read := t.elsewhere
	if j.Repository.Path != "" {
		read = t.here
	}
	reading, err := read()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return job.Outcome{}, nil, reasonOf(err)
	}
	return job.Outcome{Reading: reading, Kept: t.report == nil, Objects: t.objects, Bytes: t.bytes.all(),
		Took: time.Since(t.began)}, t.report, nil
}

// formatVersion is that of what decides whether a reading still holds: raise it with the way in which it is made.
const formatVersion = "skleak/reading/v1"

// rulesOf names all that decides what a run finds, and what of it counts.
func (w *Worker) rulesOf(r *run.Run) (string, error) {
	searched, configured := r.Settings.Digests()
	o := r.Options
	o.Jobs, o.Quiet = 0, false // which have no say
	o.Memory = 0               // what did not fit into it is named, and then the reading is not complete
	text, err := json.Marshal([]any{formatVersion, searched, configured, o, r.AssumeProvider, w.Rules})
	if err != nil {
		return "", fmt.Errorf("naming the rules: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// inCommon finds out what all repositories elsewhere have in common.
func (w *Worker) inCommon() common {
	w.once.Do(func() {
		r, err := w.Run(run.Plan{})
		if err == nil {
			w.common.asks, w.common.memory = r.Ask != nil, r.Memory
			w.common.rules, err = w.rulesOf(r)
		}
		w.common.err = err
	})
	return w.common
}

// stands tells whether the last reading still holds: nothing has changed, nothing was left unread that another reading
// could read, and no provider is to be asked again about what leaks.
func (t *try) stands(tips string, is mark) bool {
	last := t.job.Last
	return last != nil && last.Tips == tips && last.Rules == t.rules && (!t.asks || last.Leaks == 0) && !is.Unread &&
		(last.Complete || is.Lasting && is.Memory == t.memory && is.At.Equal(last.At))
}

// say tells a person something about the repository.
func (t *try) say(format string, args ...any) {
	if t.Say != nil {
		t.Say("%s: %s", t.job.Repository.Name, fmt.Sprintf(format, args...))
	}
}
