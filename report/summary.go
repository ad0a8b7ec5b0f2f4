package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"skleak/report/escape"
)

// maxSummary bounds a job summary, in bytes. GitHub takes a megabyte from a step, and nothing of what
// is longer.
const maxSummary = 1_000_000

// SummaryOptions say what a job summary holds besides the report.
type SummaryOptions struct {
	// Notes are sentences about the run itself, such as that the checkout is shallow.
	Notes []string
	// OwnAllow is that of AnnotationOptions.
	OwnAllow func(Leak) string
}

// WriteSummary writes the report as the summary of a GitHub job, in Markdown: the verdict, the table
// of leaks, what could not be read, coverage, notes, and what to do now. A report too long for GitHub
// comes without its table and lists; the reports in files have it all.
func WriteSummary(w io.Writer, report *Report, o SummaryOptions) error {
	var b bytes.Buffer
	if err := Write(&b, report, FormatMarkdown, Options{}); err != nil {
		return err
	}
	r := report.shown()
	if b.Len() > maxSummary-summaryReserve {
		b.Reset()
		fmt.Fprintf(&b,
			"## Leaked keys\n\n**%s.** The list is too long for this page: see the JSON report.\n\nCoverage: %s.\n",
			capitalised(r.verdict(code)), r.summary(code))
	}
	writeNotes(&b, r, o)
	if tallyOf(r).found() > 0 {
		fmt.Fprint(&b, whatToDo)
	}
	fmt.Fprintln(&b) // the runner puts the summaries of a job's steps one behind the other
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing the job summary: %w", err)
	}
	return nil
}

// summaryReserve is what notes and advice may take, in bytes; notes are cut to it.
const summaryReserve = 50_000

const whatToDo = `
### What to do

1. **Revoke each key at its provider** and put a new one where it is used. Whoever could read the
   repository has the old one, and removing it from a file, a branch or the history takes it from nobody.
2. Keep the new one out of the repository: in the environment, a secret store, or the secrets of GitHub Actions.
3. If a value is no secret, allow it with a reason: a comment ` + "`skleak:allow`" + ` beside it, or its fingerprint in
   ` + "`.skleakignore`" + `. In a pull request this counts once it is in the base branch.
`

func writeNotes(b *bytes.Buffer, r *shown, o SummaryOptions) {
	clean := r.redactor.Redact
	lines := make([]string, 0, len(o.Notes))
	for _, note := range o.Notes {
		lines = append(lines, escape.Prose(clean(note)))
	}
	for _, l := range r.Leaks {
		if o.OwnAllow == nil || !l.Counts() {
			continue
		}
		if mark := o.OwnAllow(l); mark != "" {
			lines = append(lines,
				fmt.Sprintf("%s counts although the comment %s stands beside it: the comment is part of the change that is "+
					"checked.",
					code(l.Key.Redacted()), code(clean(mark))))
		}
	}
	if len(lines) == 0 {
		return
	}
	text := "\n- " + strings.Join(lines, "\n- ") + "\n"
	if len(text) > summaryReserve/2 {
		text = text[:strings.LastIndexByte(text[:summaryReserve/2], '\n')] + "\n- and more\n"
	}
	b.WriteString(text)
}
