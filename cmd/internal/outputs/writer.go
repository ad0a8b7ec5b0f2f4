package outputs

import (
	"bufio"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"skleak/cmd/internal/build"
	"skleak/cmd/internal/console"
	"skleak/cmd/internal/process"
	"skleak/cmd/internal/terminal"
	"skleak/report"
	"skleak/scanner/run"
)

// About is what is known of a report before the run: by what and where it is made, and compared with which one. That
// one, if compare names it, is read now, since afterwards it may be written over. The digests of what is searched for
// are left to whoever writes the report: they take a tenth of a commit hook, which seldom writes one.
func About(s *run.Settings, compare string) (r report.Report, err error) {
	r = report.Report{Version: build.Version(), Redactor: s.Redactor}
	if compare != "" {
		saved, err := report.ReadFile(compare)
		if err != nil {
			return r, fmt.Errorf("--compare %s: %w", compare, err)
		}
		r.Earlier = saved.Earlier()
	}
	if r.Folder, err = filepath.Abs("."); err != nil {
		r.Folder = "" // it was taken away
	}
	return r, nil
}

// Writer writes one report into all outputs.
type Writer struct {
	Console *console.Console
	Outputs []Output
	Options report.Options // but for the width and the reports beside; Color is what the user allows
}

// Write writes every report, also behind one that fails, and returns what failed.
func (w *Writer) Write(r *report.Report) error {
	var failed []error
	var beside []report.Digest
	for _, o := range pagesLast(w.Outputs) {
		if err := w.writeOne(r, o, beside); err != nil {
			failed = append(failed, err)
			continue
		}
		if o.Format == report.FormatJSON && o.Path != "" {
			if sum, err := report.DigestOf(o.Path); err == nil { // a pipe has none
				beside = append(beside, sum)
			}
		}
	}
	return errors.Join(failed...)
}

// PrintsText is true where a person gets the text on standard output.
func (w *Writer) PrintsText() bool { return slices.Contains(w.Outputs, Terminal) }

// pagesLast puts pages behind the reports in files, whose digests they name. Standard output stays the last.
func pagesLast(outputs []Output) []Output {
	sorted := slices.Clone(outputs)
	slices.SortStableFunc(sorted, func(a, b Output) int {
		rank := func(o Output) int {
			switch {
			case o.Path == "":
				return 2
			case o.Format == report.FormatHTML:
				return 1
			}
			return 0
		}
		return rank(a) - rank(b)
	})
	return sorted
}

func (w *Writer) writeOne(r *report.Report, o Output, beside []report.Digest) error {
	options, out := w.Options, w.Console.Out
	options.Beside = beside
	if o.Path != "" {
		options.Color = false
		return report.WriteFile(o.Path, r, o.Format, options)
	}
	options.Color = options.Color && w.Console.WantsColor()
	options.Width = terminal.Columns(out)
	buffered := bufio.NewWriter(out)
	err := report.Write(buffered, r, o.Format, options)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil || process.ReaderGone(err) {
		return nil // whoever closed the pipe has read what they wanted
	}
	return fmt.Errorf("writing the report to standard output: %w", err)
}
