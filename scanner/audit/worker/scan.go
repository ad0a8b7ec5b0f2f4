package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/sourcegraph/conc"

	"skleak/scanner"
	"skleak/scanner/audit/job"
	"skleak/scanner/run"
)

// scan carries out a plan.
func (t *try) scan(p run.Plan) (*run.Run, *run.Result, error) {
	r, err := t.Run(p)
	if err != nil { // a configuration that is none, which stays so
		return nil, nil, job.PermanentError{Err: err}
	}
	r.Quiet = true
	r.Report = func(*run.Result) error { return nil }
	r.Say = t.say
	r.Watch = t.watch
	result, err := r.Do(t.ctx)
	switch {
	case t.ctx.Err() != nil:
		return nil, nil, t.ctx.Err()
	case err != nil:
		return nil, nil, err
	case result.Interrupted:
		return nil, nil, errors.New("the scan was interrupted")
	}
	t.objects += result.Coverage.Objects
	return r, result, nil
}

const (
	// watchEvery is how often a run is looked at.
	watchEvery = 200 * time.Millisecond
	// slowest is how many bytes of packs are gone through in a second, at least. Who makes an idx, or looks for the commits
	// that brought a key, counts nothing meanwhile: for as long as that may take, it counts that something happens.
	slowest = 2 << 20
	// patience is how long a run may count nothing, whatever it reads.
	patience = 5 * time.Minute
)

// watch counts what a run does.
func (t *try) watch(s *run.Stages) (stop func()) {
	end := make(chan struct{})
	var watching conc.WaitGroup // which hands on a panic
	watching.Go(func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		var of *scanner.Progress
		var before int64
		last := time.Now()
		for {
			select {
			case <-end:
				return
			case <-tick.C:
			}
			walk, _ := s.Current()
			if walk != of {
				of, before, last = walk, 0, time.Now()
			}
			now := int64(0)
			if walk != nil {
				now = walk.Done.Load() + walk.Bytes.Load()
			}
			switch {
			case now > before:
				t.moved.Add(now - before)
				before, last = now, time.Now()
			case time.Since(last) < patience+time.Duration(t.size/slowest)*time.Second:
				t.moved.Add(1)
			}
		}
	})
	return func() { close(end); watching.Wait() }
}

// conclude makes a reading of a result, and its report.
func (t *try) conclude(tips string, r *run.Run, result *run.Result, hidden []job.Hidden) (job.Reading, error) {
	report, err := t.Encode(result)
	if err != nil {
		return job.Reading{}, fmt.Errorf("writing the report: %w", err)
	}
	sum := sha256.Sum256(report)
	t.report = report
	reading := job.Reading{At: t.began.UTC(), Tips: tips, Rules: t.rules, PushedAt: t.job.Repository.PushedAt,
		Report: hex.EncodeToString(sum[:]), Complete: result.Complete(), Hidden: redacted(hidden, r)}
	for _, l := range result.Leaks {
		if l.Counts() {
			reading.Leaks++
		}
	}
	return reading, nil
}

// mostRemembered bounds the hidden commits that a reading holds, which is sent from machine to machine. Others are asked for
// again when something was pushed.
const mostRemembered = 1000

// redacted takes keys out of what a host says of commits, and the oldest commits off where there are too many.
func redacted(hidden []job.Hidden, r *run.Run) []job.Hidden {
	hidden = hidden[max(0, len(hidden)-mostRemembered):]
	out := make([]job.Hidden, 0, len(hidden))
	for _, h := range hidden {
		h.Ref, h.By, h.Why = r.Settings.Redactor.Redact(h.Ref), r.Settings.Redactor.Redact(h.By), r.Settings.Redactor.Redact(h.Why)
		out = append(out, h)
	}
	return out
}
