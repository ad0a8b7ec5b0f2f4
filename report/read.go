package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"skleak/rules"
	"skleak/scanner"
)

// maxReport bounds, in bytes, the JSON report that Read takes.
const maxReport = 256 << 20

// Saved is a JSON report that was read back.
type Saved struct {
	Report
	// Fingerprints name the leaks of the report, in its order. A leak whose key was redacted has the
	// zero Key.
	Fingerprints []string
}

// Whole is true where the report holds every key whole, as --show-secrets writes it.
func (s *Saved) Whole() bool {
	for _, l := range s.Leaks {
		if l.Key.IsZero() {
			return false
		}
	}
	return true
}

// Read reads a JSON report, version 1. An error names the leak that is wrong, and never holds a key.
func Read(r io.Reader) (*Saved, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxReport+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxReport:
		return nil, fmt.Errorf("it is larger than %d MB", maxReport>>20)
	}
	var in jsonReport
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, notJSON(err)
	}
	if in.Tool.Name != toolName {
		return nil, errors.New("it is no report of skleak; make one with -f json")
	}
	if in.SchemaVersion != schemaVersion {
		return nil, fmt.Errorf("it is of version %d, and only version %d is understood", in.SchemaVersion, schemaVersion)
	}
	out := &Saved{Report: Report{
		Version: in.Tool.Version, StartedAt: parseTime(in.Scan.StartedAt), Duration: time.Duration(in.Scan.DurationMs) * time.Millisecond,
		Targets: in.Scan.Targets, Coverage: in.Scan.Coverage.read(),
		Folder: in.Scan.Folder, Searched: in.Scan.Rules, Configured: in.Scan.Configuration,
	}}
	for _, r := range in.Scan.Repositories {
		out.Repositories = append(out.Repositories, scanner.Repository{Name: r.Name, Path: r.Path, IsGit: r.Git, Remote: r.Remote, Head: r.Head,
			Branch: r.Branch, Coverage: r.Coverage.read()})
	}
	out.Interrupted = !in.Scan.Complete && out.Coverage.Complete()
	for i, l := range in.Leaks {
		leak, err := l.read()
		if err != nil {
			return nil, fmt.Errorf("leak %d: %w", i+1, err)
		}
		out.Leaks = append(out.Leaks, leak)
		out.Fingerprints = append(out.Fingerprints, l.Fingerprint)
	}
	return out, nil
}

// ReadFile reads the JSON report in a file.
func ReadFile(path string) (*Saved, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, scanner.Cause(err)
	}
	defer file.Close() //nolint:errcheck // which was only read
	return Read(file)
}

// notJSON replaces the library's text, which quotes what it could not read.
func notJSON(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("it is no JSON, or cut short: byte %d", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Errorf("it is no report of skleak: another kind of value at byte %d", kind.Offset)
	}
	return errors.New("it is no JSON report of skleak")
}

func (c jsonCoverage) read() Coverage {
	out := Coverage{Files: c.Files, Bytes: c.Bytes, Objects: c.Objects, Blobs: c.Blobs, Commits: c.Commits, Tags: c.Tags,
		UnreadableCount: int64(len(c.Unreadable))}
	for _, s := range c.Skipped {
		out.Skipped = append(out.Skipped, scanner.Skipped(s))
	}
	for _, u := range c.Unreadable {
		out.Unreadable = append(out.Unreadable, scanner.Unreadable(u))
	}
	return out
}

func (l jsonLeak) read() (Leak, error) {
	out := Leak{Environment: l.Environment, Provider: l.Provider, Evidence: l.Evidence, Placeholder: l.Placeholder,
		Suppressed: l.Suppressed, SuppressedBy: l.SuppressedBy, Status: scanner.StatusUnchecked, Revoked: l.Revoked}
	if key := rules.NewKey(l.Key); key.Fingerprint() == l.Fingerprint {
		out.Key, out.Environment = key, key.Environment()
	} else if !strings.Contains(l.Key, "…") {
		return out, errors.New("its key is not the one that its fingerprint names: the report was changed")
	}
	for _, f := range l.Findings {
		finding := f.read()
		finding.Key, finding.Placeholder, finding.Provider, finding.Evidence = out.Key, l.Placeholder, l.Provider, l.Evidence
		out.Findings = append(out.Findings, finding)
	}
	return out, nil
}

func (f jsonFinding) read() scanner.Finding {
	out := scanner.Finding{Repository: f.Repository,
		Source: f.Source, Path: f.Path,
		Place: scanner.Place{Line: f.Line, Column: f.Column, EndLine: f.EndLine, EndColumn: f.EndColumn},
		Form:  f.Form, LongPrefix: f.LongPrefix, Blob: f.Blob, Reachable: f.Reachable, AtHead: f.AtHead, Refs: f.Refs,
		RenamedFrom: f.RenamedFrom,
	}
	if c := f.Commit; c != nil {
		out.Commit = &scanner.Commit{Hash: c.Hash, Author: c.Author, Email: c.Email, Date: parseTime(c.Date), Summary: c.Summary}
	}
	return out
}

// parseTime is the zero time for what is no date: it is shown, and nothing hangs on it.
func parseTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
