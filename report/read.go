package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/cause"
)

// maxReport bounds, in bytes, the JSON report that Read takes.
const maxReport = 256 << 20

// Saved is a JSON report that was read back. Its keys may be redacted ones, see rules.RedactedKey.
type Saved struct{ Report }

// Whole is true where the report holds every key whole, as --show-secrets writes it.
func (s *Saved) Whole() bool {
	for _, l := range s.Leaks {
		if l.Key.IsRedacted() {
			return false
		}
	}
	return true
}

// Read reads a JSON report, version 1, one leak after another: in memory is what it returns, not the text. An error
// names the leak that is wrong, and never holds a key.
func Read(r io.Reader) (*Saved, error) {
	counted := &io.LimitedReader{R: r, N: maxReport + 1}
	out := &Saved{}
	in, err := readMembers(json.NewDecoder(counted), func(d *json.Decoder) error { return out.readLeak(d) })
	switch {
	case counted.N <= 0:
		return nil, fmt.Errorf("the report is larger than %d MB", maxReport>>20)
	case err != nil:
		return nil, err
	case in.Tool.Name != toolName:
		return nil, errors.New("this is no report of skleak; make one with -f json")
	case in.SchemaVersion != schemaVersion:
		return nil, fmt.Errorf("the report is of version %d, and only version %d is understood", in.SchemaVersion,
			schemaVersion)
	}
	out.Version, out.StartedAt = in.Tool.Version, parseTime(in.Scan.StartedAt)
	out.Duration = time.Duration(in.Scan.DurationMs) * time.Millisecond
	out.Targets, out.Coverage = in.Scan.Targets, in.Scan.Coverage.read()
	out.Folder, out.Searched, out.Configured = in.Scan.Folder, in.Scan.Rules, in.Scan.Configuration
	out.Audit = in.Scan.Audit
	for _, r := range in.Scan.Repositories {
		out.Repositories = append(out.Repositories, scanner.Repository{Name: r.Name, Path: r.Path, IsGit: r.Git,
			Remote: r.Remote, Head: r.Head,
			Branch: r.Branch, Coverage: r.Coverage.read(), ReadAt: parseTime(r.ReadAt), Mirror: r.Mirror})
	}
	for _, id := range slices.Sorted(maps.Keys(in.Summary.Requests)) {
		out.Requests = append(out.Requests, scanner.Requests{Provider: id, Sent: in.Summary.Requests[id]})
	}
	out.Interrupted = !in.Scan.Complete && out.Coverage.Complete()
	return out, nil
}

// ReadFile reads the JSON report in a file.
func ReadFile(path string) (*Saved, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, cause.Of(err)
	}
	defer file.Close() //nolint:errcheck // which was only read
	return Read(file)
}

// readMembers reads the members of a report, in any order. Each leak is left to readLeak.
func readMembers(d *json.Decoder, readLeak func(*json.Decoder) error) (in jsonReport, err error) {
	if err := expect(d, json.Delim('{')); err != nil {
		return in, err
	}
	known := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return in, notJSON(err)
		}
		name, _ := token.(string) // that of a member is nothing else
		if known[name] {
			return in, errors.New("the report has the same field twice: it was changed")
		}
		known[name] = true
		switch name {
		case "schemaVersion":
			err = d.Decode(&in.SchemaVersion)
		case "tool":
			err = d.Decode(&in.Tool)
		case "scan":
			err = d.Decode(&in.Scan)
		case "summary":
			err = d.Decode(&in.Summary)
		case "leaks":
			if err := eachElement(d, readLeak); err != nil {
				return in, err
			}
		default:
			err = d.Decode(new(ignored))
		}
		if err != nil {
			return in, notJSON(err)
		}
	}
	if err := expect(d, json.Delim('}')); err != nil {
		return in, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return in, errors.New("this is no JSON report: there is text after its end")
	}
	return in, nil
}

// ignored takes any value, and keeps nothing of it.
type ignored struct{}

func (ignored) UnmarshalJSON([]byte) error { return nil }

// eachElement reads an array; null is an empty one.
func eachElement(d *json.Decoder, read func(*json.Decoder) error) error {
	switch token, err := d.Token(); {
	case err != nil:
		return notJSON(err)
	case token == nil:
		return nil
	case token != json.Delim('['):
		return notJSON(&json.UnmarshalTypeError{Offset: d.InputOffset()})
	}
	for d.More() {
		if err := read(d); err != nil {
			return err
		}
	}
	return expect(d, json.Delim(']'))
}

func expect(d *json.Decoder, want json.Delim) error {
	switch token, err := d.Token(); {
	case err != nil:
		return notJSON(err)
	case token != want:
		return notJSON(&json.UnmarshalTypeError{Offset: d.InputOffset()})
	}
	return nil
}

func (s *Saved) readLeak(d *json.Decoder) error {
	var l jsonLeak
	if err := d.Decode(&l); err != nil {
		return notJSON(err)
	}
	leak, err := l.read()
	if err != nil {
		return fmt.Errorf("leak %d: %w", len(s.Leaks)+1, err)
	}
	s.Leaks = append(s.Leaks, leak)
	return nil
}

// notJSON replaces the library's text, which quotes what it could not read.
func notJSON(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("this is no JSON, or it was cut short: byte %d", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Errorf("this is no report of skleak: wrong kind of value at byte %d", kind.Offset)
	}
	return errors.New("this is no JSON report of skleak, or it was cut short")
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
		Suppressed: l.Suppressed, SuppressedBy: l.SuppressedBy, Revoked: l.Revoked,
		Status: statusOf(l.Status), StatusDetail: l.StatusDetail, CheckedAt: parseTime(l.CheckedAt)}
	switch key := rules.NewKey(l.Key); {
	case key.Fingerprint() == l.Fingerprint:
		out.Key, out.Environment = key, key.Environment()
	case isRedacted(l.Key) && rules.IsFingerprint(l.Fingerprint):
		out.Key = rules.RedactedKey(l.Fingerprint, l.Key)
	default:
		return out, errors.New("the key does not match its fingerprint: the report was changed")
	}
	for _, f := range l.Findings {
		finding := f.read()
		finding.Key, finding.Placeholder, finding.Provider, finding.Evidence = out.Key, l.Placeholder, l.Provider, l.Evidence
		out.Findings = append(out.Findings, finding)
	}
	return out, nil
}

// maxRedacted is more than any redacted form has, in bytes.
const maxRedacted = 64

// isRedacted tells whether a text can be the redacted form of a key. It is shown as it is.
func isRedacted(text string) bool {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }
	return len(text) <= maxRedacted && strings.Count(text, "…") == 1 && !strings.ContainsFunc(text, odd)
}

// statusOf takes no other words than a provider's answers have.
func statusOf(word string) string {
	if slices.Contains([]string{scanner.StatusActive, scanner.StatusInactive, scanner.StatusUnknown}, word) {
		return word
	}
	return scanner.StatusUnchecked
}

func (f jsonFinding) read() scanner.Finding {
	out := scanner.Finding{Repository: f.Repository, Source: f.Source, Path: f.Path, Container: f.Container,
		Place: scanner.Place{Line: f.Line, Column: f.Column, EndLine: f.EndLine, EndColumn: f.EndColumn},
		Form:  f.Form, LongPrefix: f.LongPrefix, Blob: f.Blob, Reachable: f.Reachable, AtHead: f.AtHead, Refs: f.Refs,
		RenamedFrom: f.RenamedFrom}
	if f.Container != "" && strings.HasSuffix(f.Path, f.Inside) {
		out.Inside = f.Inside
	}
	out.Commit = f.Commit.read()
	if r := f.Removed; r != nil {
		out.Removed = &scanner.Removal{Commit: r.Commit.read(), Ref: r.Ref, MovedTo: r.MovedTo}
	}
	if h := f.Hidden; h != nil {
		out.Hidden = &scanner.Hidden{Event: h.Event, Ref: h.Ref, By: h.By, Date: parseTime(h.Date)}
	}
	return out
}

func (c *jsonCommit) read() *scanner.Commit {
	if c == nil {
		return nil
	}
	return &scanner.Commit{Hash: c.Hash, Author: c.Author, Email: c.Email, Date: parseTime(c.Date), Summary: c.Summary}
}

// parseTime is the zero time for what is no date: it is shown, and nothing hangs on it.
func parseTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
