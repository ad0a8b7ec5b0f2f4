// Package report turns what a scan found into leaks and writes them as text, JSON, JSON lines,
// SARIF or Markdown.
//
// A [Report] is the leaks of a run with what was read to find them. The Write
// functions put one format each on a writer; [WriteFile] puts any of them into a file, whole or not
// at all.
//
// Two promises hold in every format. No whole key is written unless [Options.ShowSecrets] asks for
// it: not as the key of a leak, and nowhere else, nor ten characters of one (see [rules.Redactor]). And
// a scan that could not read everything never looks like one that found nothing.
package report

import (
	"time"

	"skleak/report/escape"
	"skleak/rules"
	"skleak/scanner"
)

// visible and code are what nearly every foreign text passes through: on its way to a terminal, a page or a log, and on
// its way to Markdown.
var visible, code = escape.Visible, escape.Code

// toolName is what every format calls the tool that wrote it.
const toolName = "skleak"

// Report is everything a run found out.
type Report struct {
	Version    string    // the tool's
	StartedAt  time.Time // zero where it is not known
	Duration   time.Duration
	Targets    []string // as the user gave them
	Folder     string   // absolute: where the run was started, which targets are relative to; "" where it is not known
	Searched   string   // digest of the rules, "" where it is not known
	Configured string   // digest of what configuration says of what counts, "" where it is not known
	// Repositories are what the leaks lie in; none where that is not known.
	Repositories []scanner.Repository
	Earlier      *Earlier // an earlier report to compare this one with; nil for none
	Coverage     Coverage
	Interrupted  bool // the run ended before it had read everything it meant to read
	Audit        bool // skleak-audit made it: targets are sources, and the repositories are what was read
	Leaks        []Leak
	Requests     []scanner.Requests // that were sent to providers, by the provider's ID
	// Redactor takes keys out of all texts. It gets to know those of Leaks; nil for one that searches for no others
	// than the built-in rules do.
	Redactor *rules.Redactor
}

// Complete is true where everything that should have been read was read.
func (r *Report) Complete() bool { return !r.Interrupted && r.Coverage.Complete() }

// What a report is made of lives in package scanner, where a run makes it.
type (
	Leak     = scanner.Leak
	Coverage = scanner.Totals
)

// Options say how a report is written. The zero value is right for a file.
type Options struct {
	ShowSecrets bool // whole keys in place of redacted ones; SARIF never holds them, whatever this says
	Color       bool // ANSI colours, in text only
	Verbose     bool // text and Markdown: every place, and what does not count as well
	Beside      []Digest
	Width       int // columns of the terminal, in which text keeps its lines; 0 breaks none
}

// Digest names another report of the same run, in a page.
type Digest struct{ Name, SHA256 string }

// keyOf is the form in which the leak's key may be written.
func (o Options) keyOf(l Leak) string {
	if o.ShowSecrets && !l.Key.IsRedacted() {
		return l.Key.Reveal()
	}
	return l.Key.Redacted()
}
