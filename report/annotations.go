package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"skleak/report/escape"
	"skleak/scanner"
)

// maxAnnotations is how many errors GitHub shows of one step; what comes behind them is dropped
// without a word.
const maxAnnotations = 10

// AnnotationOptions say how leaks are annotated.
type AnnotationOptions struct {
	// Fails tells the leaks that fail the run, which become errors, from those that become warnings.
	Fails func(Leak) bool
	// OwnAllow returns the comment by which the change that is checked allows its own leak, which
	// therefore counts; "" for all other leaks. Nil stands for a function that always returns "".
	OwnAllow func(Leak) string
}

// WriteAnnotations writes GitHub's workflow commands that show leaks beside the lines they are on, at
// most ten, those first that fail the run, and of these the most urgent, as in all reports; and the first place of
// each leak before the second of any. Only leaks that count are shown, and only what lies in a file
// of the working tree, since GitHub has nowhere else to show it. It returns how many were written.
func WriteAnnotations(w io.Writer, report *Report, o AnnotationOptions) (written int, err error) {
	r := report.shown()
	out := bufio.NewWriter(w) // keeps the first error for Flush
	if own := o.OwnAllow; own != nil {
		o.OwnAllow = func(l Leak) string { return r.redactor.Redact(own(l)) }
	}
	for _, a := range annotationsOf(r, o) {
		fmt.Fprintln(out, a.command(o))
		written++
	}
	if err := out.Flush(); err != nil {
		return written, fmt.Errorf("writing annotations: %w", err)
	}
	return written, nil
}

// annotation is one leak at one place.
type annotation struct {
	leak  *Leak
	at    scanner.Finding
	fails bool
	place int // which of the leak's places it is
}

func annotationsOf(r *shown, o AnnotationOptions) []annotation {
	var all []annotation
	for i := range r.Leaks {
		l := &r.Leaks[i]
		if !l.Counts() {
			continue
		}
		place := 0
		for _, s := range spotsOf(*l) {
			if s.Source == scanner.SourceFile && isCheckedOut(s.Finding) {
				all = append(all, annotation{l, s.Finding, o.Fails(*l), place})
				place++
			}
		}
	}
	slices.SortStableFunc(all, func(a, b annotation) int {
		return cmp.Or(scanner.FalseFirst(!a.fails, !b.fails), cmp.Compare(min(a.place, 1), min(b.place, 1)))
	})
	return all[:min(len(all), maxAnnotations)]
}

func (a annotation) command(o AnnotationOptions) string {
	name := "warning"
	if a.fails {
		name = "error"
	}
	at := regionOf(a.at)
	return WorkflowCommand(name, a.message(o),
		"file", annotatedPath(a.at.Path),
		"line", strconv.Itoa(at.Line), "endLine", strconv.Itoa(at.EndLine),
		"col", strconv.Itoa(at.Column), "endColumn", strconv.Itoa(at.EndColumn),
		"title", fmt.Sprintf("Leaked %s key", visible(string(a.leak.Environment))))
}

// annotatedPath is the path by which GitHub finds the file. One with characters that are not to be
// shown is escaped, so that it is told, though not linked; the command's own escapes do for all else.
func annotatedPath(path string) string {
	for _, r := range path {
		if !escape.IsShown(r) {
			return visible(path)
		}
	}
	return path
}

// message says what was found and what to do, in the order of what cannot wait.
func (a annotation) message(o AnnotationOptions) string {
	l := a.leak
	text := visible(l.Key.Redacted())
	if l.Provider != "" && l.Provider != scanner.ProviderUnknown {
		text += " of " + visible(l.Provider)
	}
	switch l.Status {
	case scanner.StatusActive:
		text += " is active"
	case scanner.StatusInactive:
		text += " is no longer accepted by its provider"
	}
	text += ". Revoke it at its provider: everyone who can read the repository has it, and removing it does not take " +
		"that back."
	if o.OwnAllow != nil {
		if mark := o.OwnAllow(*l); mark != "" {
			text += fmt.Sprintf(" The comment %s beside it is part of the change that is checked, so it does not count.",
				visible(mark))
		}
	}
	return text + " Fingerprint: " + l.Key.Fingerprint()
}

// WorkflowCommand is a line that GitHub's runner takes for an order instead of printing it, without
// the line end. properties are names and values by turns; those with an empty value are left out. The
// escapes are the runner's own: none of the texts can end the command, or begin another.
func WorkflowCommand(name, data string, properties ...string) string {
	var b strings.Builder
	b.WriteString("::" + name)
	separator := " "
	for i := 0; i+1 < len(properties); i += 2 {
		if properties[i+1] == "" {
			continue
		}
		b.WriteString(separator + properties[i] + "=" + escapeProperty.Replace(properties[i+1]))
		separator = ","
	}
	b.WriteString("::" + escapeData.Replace(data))
	return b.String()
}

var (
	escapeData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
