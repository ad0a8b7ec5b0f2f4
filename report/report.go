// Package report turns what a scan found into leaks and writes them as text, JSON, JSON lines,
// SARIF or Markdown.
//
// A [Collector] takes the findings of a scan and groups them into leaks: one leak per key, with
// every place it was found at. A [Report] is those leaks with what was read to find them. The Write
// functions put one format each on a writer; [WriteFile] puts any of them into a file, whole or not
// at all.
//
// Two promises hold in every format. No whole key is written unless [Options.ShowSecrets] asks for
// it: not as the key of a leak, and not inside a path, a commit's summary, a target or an error. And
// a scan that could not read everything never looks like one that found nothing.
package report

import (
	"time"

	"skleak/rules"
	"skleak/scanner"
)

// toolName is what every format calls the tool that wrote it.
const toolName = "skleak"

// Report is everything a run found out.
type Report struct {
	Version     string    // the tool's
	StartedAt   time.Time // zero where it is not known
	Duration    time.Duration
	Targets     []string // as the user gave them
	Coverage    Coverage
	Interrupted bool // the run ended before it had read everything it meant to read
	Leaks       []Leak
	// Rules find the keys that must stand nowhere but in Leaks; nil for the built-in ones. Keys of
	// rules of one's own can stand in a path or a message as well.
	Rules *rules.Set
}

// Complete is true where everything that should have been read was read.
func (r *Report) Complete() bool { return !r.Interrupted && r.Coverage.Complete() }

// Leak is one key with everything known of it: what a person acts on.
type Leak struct {
	Key          rules.Key
	Environment  rules.Environment
	Provider     string // scanner.Finding's words: an id, or "unknown"
	Evidence     string // what named the provider, "" where nothing did
	Placeholder  bool   // a documentation or dummy value wherever it was found
	Suppressed   string // one of the Suppressed… constants, "" for a leak that counts
	Status       string // one of the Status… constants
	StatusDetail string // why, in words; "" where there is nothing to add
	CheckedAt    time.Time
	Revoked      bool // this tool had it revoked, and its provider has called it inactive since
	Findings     []scanner.Finding
}

// What a provider says of a key.
const (
	StatusUnchecked = "unchecked"
	StatusActive    = "active"
	StatusInactive  = "inactive"
	StatusUnknown   = "unknown" // asked, and the answer did not tell
)

// Why a leak does not count.
const (
	SuppressedAllowed  = "allowed"  // the configuration or a comment allows it
	SuppressedBaseline = "baseline" // it was known before
)

// ProviderUnknown stands where nothing names a key's provider, or where two places name two.
const ProviderUnknown = "unknown"

// Options say how a report is written. The zero value is right for a file.
type Options struct {
	ShowSecrets bool // whole keys in place of redacted ones; SARIF never holds them, whatever this says
	Color       bool // ANSI colours, in text only
	Verbose     bool // text and Markdown: every place, and placeholders as well
	Width       int  // columns of the terminal, to which text cuts a commit's summary; 0 cuts nothing
}

// keyOf is the form in which the leak's key may be written.
func (o Options) keyOf(l Leak) string {
	if o.ShowSecrets {
		return l.Key.Reveal()
	}
	return l.Key.Redacted()
}

// Coverage is what was read, what was left out and what could not be read, as plain values.
type Coverage struct {
	Files, Bytes, Objects, Blobs, Commits, Tags int64

	Skipped         []scanner.Skipped    // sorted by reason
	Unreadable      []scanner.Unreadable // sorted by reason and place; not more than a scan keeps
	UnreadableCount int64                // those that Unreadable has no room for included
}

// FromCoverage copies what a scan counted. Call it when the scan has ended: the numbers are read
// one by one.
func FromCoverage(c *scanner.Coverage) Coverage {
	return Coverage{
		Files: c.Files.Load(), Bytes: c.Bytes.Load(), Objects: c.Objects.Load(),
		Blobs: c.Blobs.Load(), Commits: c.Commits.Load(), Tags: c.Tags.Load(),
		Skipped:         c.SkippedList(),
		Unreadable:      c.UnreadableList(),
		UnreadableCount: c.UnreadableCount(),
	}
}

// Complete is true where nothing was unreadable.
func (c Coverage) Complete() bool { return c.UnreadableCount == 0 && len(c.Unreadable) == 0 }

// empty is true where there was nothing to read at all.
func (c Coverage) empty() bool { return c.Files == 0 && c.Objects == 0 && c.Bytes == 0 && c.Complete() }

// unreadable is how many things could not be read.
func (c Coverage) unreadable() int64 { return max(c.UnreadableCount, int64(len(c.Unreadable))) }
