package main

import (
	"strings"

	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/outputs"
	"skleak/report"
	"skleak/scanner"
	"skleak/scanner/run"
)

// telling is how a command tells what was found.
type telling struct {
	outputs.Writer
	f         *flags.Flags
	about     report.Report // what is known before the run
	digests   func() (searched, configured string)
	revisions string // what of a history is read, "" for the whole
}

// newTelling is how a run is told of that has these settings.
func (w *world) newTelling(f *flags.Flags, asked []outputs.Output, s *run.Settings) (*telling, error) {
	about, err := outputs.About(s, f.Compare)
	options := report.Options{ShowSecrets: f.ShowSecrets, Verbose: f.Verbose, Color: !f.NoColor}
	return &telling{Writer: outputs.Writer{Console: w.Console, Outputs: asked, Options: options}, f: f, about: about,
		digests: s.Digests}, err
}

// all writes the reports, and says what they do not say.
func (t *telling) all(result *run.Result) error {
	t.sayIfEmpty(result)
	if err := t.Write(t.document(result)); err != nil || result.Interrupted {
		return err
	}
	if t.f.Quiet && !result.Complete() {
		t.Console.Say("%s could not be read; a report (-r FILE) names each",
			scanner.Counted(result.Coverage.UnreadableCount, "thing"))
	}
	t.sayAbsent(result)
	t.sayUnlearned(result)
	return nil
}

// sayAbsent says what is not here to be read, if no text on standard output does.
func (t *telling) sayAbsent(result *run.Result) {
	if t.f.Quiet || t.PrintsText() {
		return
	}
	for _, warning := range result.Coverage.Warnings() {
		t.Console.Say("warning: %s", warning)
	}
}

// sayIfEmpty keeps "there was nothing to read" from looking like "nothing was found".
func (t *telling) sayIfEmpty(result *run.Result) {
	if t.f.Quiet || result.Interrupted || !result.Coverage.Empty() {
		return
	}
	if t.PrintsText() {
		return // which says so itself
	}
	if t.revisions != "" {
		t.Console.Say("nothing to read: %s adds nothing to %s", t.revisions, result.Targets[0])
		return
	}
	t.Console.Say("nothing to read in %s", strings.Join(result.Targets, ", "))
}

// sayUnlearned says of which keys --fail-on active does not know, and counts them all the same.
func (t *telling) sayUnlearned(result *run.Result) {
	if t.f.FailOn != run.FailActive {
		return
	}
	n := int64(0)
	for _, l := range result.Leaks {
		if result.Fails(l) && l.Status != scanner.StatusActive {
			n++
		}
	}
	if n > 0 {
		t.Console.Say("the status of %s could not be found out; --fail-on active counts keys that may be active",
			scanner.Counted(n, "key"))
	}
}

// document is what the reports are written from.
func (t *telling) document(result *run.Result) *report.Report {
	r := t.about
	r.Searched, r.Configured = t.digests()
	r.StartedAt, r.Duration, r.Targets = result.StartedAt, result.Duration, result.Targets
	r.Repositories, r.Coverage, r.Leaks = result.Repositories, result.Coverage, result.Leaks
	r.Requests, r.Interrupted = result.Requests, result.Interrupted || result.Partial
	return &r
}
