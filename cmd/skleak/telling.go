package main

import (
	"bufio"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"skleak/cmd/internal/build"
	"skleak/cmd/internal/process"
	"skleak/cmd/internal/terminal"
	"skleak/report"
	"skleak/scanner"
	"skleak/scanner/run"
)

// telling is how a command tells what was found.
type telling struct {
	w       *world
	f       *flags
	outputs []output
	about   report.Report // what is known before the run: by what, where and with which rules it is made
}

// newTelling is how a run is told of that has these settings.
func (w *world) newTelling(f *flags, outputs []output, s *run.Settings) (*telling, error) {
	about := report.Report{Version: build.Version(), Redactor: s.Redactor}
	about.Searched, about.Configured = s.Digests()
	var err error
	if about.Earlier, err = f.earlier(); err != nil {
		return nil, err
	}
	if about.Folder, err = filepath.Abs("."); err != nil {
		about.Folder = "" // it was taken away
	}
	return &telling{w: w, f: f, outputs: outputs, about: about}, nil
}

// all writes the reports, and says what they do not say.
func (t *telling) all(result *run.Result) error {
	t.sayIfEmpty(result)
	if err := t.write(result); err != nil || result.Interrupted {
		return err
	}
	if t.f.quiet && !result.Complete() {
		t.w.say("%s could not be read; a report (-r FILE) names each",
			scanner.Counted(result.Coverage.UnreadableCount, "thing"))
	}
	t.sayAbsent(result)
	t.sayUnlearned(result)
	return nil
}

// sayAbsent says what is not here to be read, if no text on standard output does.
func (t *telling) sayAbsent(result *run.Result) {
	if t.f.quiet || slices.Contains(t.outputs, output{format: report.FormatText}) {
		return
	}
	for _, warning := range result.Coverage.Warnings() {
		t.w.say("warning: %s", warning)
	}
}

// sayIfEmpty keeps "there was nothing to read" from looking like "nothing was found".
func (t *telling) sayIfEmpty(result *run.Result) {
	if t.f.quiet || result.Interrupted || !result.Coverage.Empty() {
		return
	}
	if slices.Contains(t.outputs, output{format: report.FormatText}) {
		return // which says so itself
	}
	if t.f.revisions != "" {
		t.w.say("nothing to read: %s adds nothing to %s", t.f.revisions, result.Targets[0])
		return
	}
	t.w.say("nothing to read in %s", strings.Join(result.Targets, ", "))
}

// sayUnlearned says of which keys --fail-on active does not know, and counts them all the same.
func (t *telling) sayUnlearned(result *run.Result) {
	if t.f.failOn != run.FailActive {
		return
	}
	n := int64(0)
	for _, l := range result.Leaks {
		if result.Fails(l) && l.Status != scanner.StatusActive {
			n++
		}
	}
	if n > 0 {
		t.w.say("the status of %s could not be learned; --fail-on active counts what may be active",
			scanner.Counted(n, "key"))
	}
}

// write writes every report, also behind one that fails, and returns what failed.
func (t *telling) write(result *run.Result) error {
	var failed []error
	r := t.document(result)
	var beside []report.Digest
	for _, o := range pagesLast(t.outputs) {
		if err := t.writeOne(r, o, beside); err != nil {
			failed = append(failed, err)
			continue
		}
		if o.format == report.FormatJSON && o.path != "" {
			if sum, err := report.DigestOf(o.path); err == nil { // a pipe has none
				beside = append(beside, sum)
			}
		}
	}
	return errors.Join(failed...)
}

// pagesLast puts pages behind the reports in files, whose digests they name. Standard output stays the last.
func pagesLast(outputs []output) []output {
	sorted := slices.Clone(outputs)
	slices.SortStableFunc(sorted, func(a, b output) int {
		rank := func(o output) int {
			switch {
			case o.path == "":
				return 2
			case o.format == report.FormatHTML:
				return 1
			}
			return 0
		}
		return rank(a) - rank(b)
	})
	return sorted
}

// document is what the reports are written from.
func (t *telling) document(result *run.Result) *report.Report {
	r := t.about
	r.StartedAt, r.Duration, r.Targets, r.Repositories = result.StartedAt, result.Duration, result.Targets, result.Repositories
	r.Coverage, r.Interrupted, r.Leaks = result.Coverage, result.Interrupted || result.Partial, result.Leaks
	return &r
}

func (t *telling) writeOne(r *report.Report, o output, beside []report.Digest) error {
	options := report.Options{Beside: beside, ShowSecrets: t.f.showSecrets, Verbose: t.f.verbose}
	if o.path != "" {
		return report.WriteFile(o.path, r, o.format, options)
	}
	options.Color = !t.f.noColor && t.w.wantsColor(t.w.out)
	options.Width = terminal.Columns(t.w.out)
	buffered := bufio.NewWriter(t.w.out)
	err := report.Write(buffered, r, o.format, options)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil || process.ReaderGone(err) {
		return nil // whoever closed the pipe has read what they wanted
	}
	return fmt.Errorf("writing the report to standard output: %w", err)
}
