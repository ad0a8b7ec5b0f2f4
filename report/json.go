package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"skleak/report/escape"
	"skleak/rules"
	"skleak/scanner"
)

// The wire types below are the JSON report, version 1, described field by field in
// docs/report.schema.json and, for JSON lines, docs/report-line.schema.json. A field may be added
// within a version; none is renamed, removed or given another meaning. Lists are never null.

const schemaVersion = 1

type jsonReport struct {
	SchemaVersion int         `json:"schemaVersion"`
	Tool          jsonTool    `json:"tool"`
	Scan          jsonScan    `json:"scan"`
	Summary       jsonSummary `json:"summary"`
	Leaks         []jsonLeak  `json:"leaks"`
}

// jsonSummary counts leaks; the maps, those that count.
type jsonSummary struct {
	Leaks         int64                       `json:"leaks"`
	Placeholders  int64                       `json:"placeholders"`
	Allowed       int64                       `json:"allowed"`
	Baselined     int64                       `json:"baselined"`
	ByEnvironment map[rules.Environment]int64 `json:"byEnvironment"`
	ByStatus      map[string]int64            `json:"byStatus"`
	ByProvider    map[string]int64            `json:"byProvider"`
	ByRepository  map[string]int64            `json:"byRepository"`
	Requests      map[string]int64            `json:"requests"` // sent, by provider
}

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type jsonScan struct {
	StartedAt  string       `json:"startedAt"`
	DurationMs int64        `json:"durationMs"`
	Targets    []string     `json:"targets"`
	Complete   bool         `json:"complete"`
	Coverage   jsonCoverage `json:"coverage"`
	// What the run was about. Reports of older versions have none of it.
	Folder        string           `json:"folder,omitempty"`
	Rules         string           `json:"rules,omitempty"`
	Configuration string           `json:"configuration,omitempty"`
	Repositories  []jsonRepository `json:"repositories"`
	Compared      *jsonTrend       `json:"compared,omitempty"`
	Audit         bool             `json:"audit,omitempty"`
}

// jsonTrend has the fingerprints of what changed since an earlier report.
type jsonTrend struct {
	StartedAt string   `json:"startedAt"`
	New       []string `json:"new"`
	Gone      []string `json:"gone"`
	Still     []string `json:"still"`
	Doubt     string   `json:"doubt"`
}

type jsonRepository struct {
	Name     string       `json:"name"`
	Path     string       `json:"path"`
	Git      bool         `json:"git"`
	Remote   string       `json:"remote"`
	Head     string       `json:"head"`
	Branch   string       `json:"branch"`
	Complete bool         `json:"complete"`
	Coverage jsonCoverage `json:"coverage"`
	Leaks    int64        `json:"leaks"`
	// ReadAt is there only for what was read in an earlier run.
	ReadAt string `json:"readAt,omitempty"`
	// Mirror is there only where a copy was kept that was fetched to be read.
	Mirror string `json:"mirror,omitempty"`
}

type jsonCoverage struct {
	Files      int64            `json:"files"`
	Bytes      int64            `json:"bytes"`
	Objects    int64            `json:"objects"`
	Blobs      int64            `json:"blobs"`
	Commits    int64            `json:"commits"`
	Tags       int64            `json:"tags"`
	Skipped    []jsonSkipped    `json:"skipped"`
	Unreadable []jsonUnreadable `json:"unreadable"`
}

type jsonSkipped struct {
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
}

type jsonUnreadable struct {
	Reason string `json:"reason"`
	Place  string `json:"place"`
	Detail string `json:"detail"`
}

// jsonKey is what the report says of a leak apart from its findings.
type jsonKey struct {
	Fingerprint  string            `json:"fingerprint"`
	Key          string            `json:"key"`
	Environment  rules.Environment `json:"environment"`
	Provider     string            `json:"provider"`
	Evidence     string            `json:"evidence"`
	Placeholder  bool              `json:"placeholder"`
	Suppressed   string            `json:"suppressed"`
	SuppressedBy string            `json:"suppressedBy"`
	Status       string            `json:"status"`
	StatusDetail string            `json:"statusDetail"`
	CheckedAt    string            `json:"checkedAt"`
	Revoked      bool              `json:"revoked"`
}

type jsonLeak struct {
	jsonKey
	Findings []jsonFinding `json:"findings"`
}

type jsonFinding struct {
	Repository string         `json:"repository,omitempty"`
	Source     scanner.Source `json:"source"`
	Path       string         `json:"path"`
	Line       int            `json:"line"`
	Column     int            `json:"column"`
	EndLine    int            `json:"endLine"`
	EndColumn  int            `json:"endColumn"`
	Form       string         `json:"form"`
	// Container is there only where the key lies in one: the path then has the names of its members.
	Container string `json:"container,omitempty"`
	Inside    string `json:"inside,omitempty"`
	// LongPrefix is for who checks the keys of a saved report: such a key is never sent to anybody.
	LongPrefix bool        `json:"longPrefix"`
	Blob       string      `json:"blob"`
	Commit     *jsonCommit `json:"commit"`
	Reachable  bool        `json:"reachable"`
	AtHead     bool        `json:"atHead"`
	// RenamedFrom is there only where the commit moved the key to the path from another one.
	RenamedFrom string   `json:"renamedFrom,omitempty"`
	Refs        []string `json:"refs"`
	// Removed is there only where HEAD has the key no more at the path, and it is known how it went.
	Removed *jsonRemoval `json:"removed,omitempty"`
	// Hidden is there only where the host serves the commit though no ref leads to it.
	Hidden *jsonHidden `json:"hidden,omitempty"`
}

type jsonRemoval struct {
	Commit  *jsonCommit `json:"commit"`
	Ref     string      `json:"ref"`
	MovedTo string      `json:"movedTo,omitempty"`
}

type jsonHidden struct {
	Event scanner.HiddenBy `json:"event"`
	Ref   string           `json:"ref"`
	By    string           `json:"by"`
	Date  string           `json:"date"`
}

type jsonCommit struct {
	Hash    string `json:"hash"`
	Author  string `json:"author"`
	Email   string `json:"email"`
	Date    string `json:"date"`
	Summary string `json:"summary"`
}

// writeJSON writes the whole report as one JSON document, version 1 of docs/report.schema.json.
// Bytes that are no UTF-8 come out as U+FFFD, since JSON has no other way to write them.
//
// Leaks and findings are encoded one by one: with hundreds of thousands of them, the whole document would be in memory
// several times over.
func writeJSON(w *bufio.Writer, r *shown, o Options) error {
	text, err := encoded(jsonOf(r), "", "  ")
	if err != nil || len(r.Leaks) == 0 {
		fmt.Fprintf(w, "%s\n", text)
		return err
	}
	w.Write(bytes.TrimSuffix(text, []byte("]\n}"))) // the list of leaks is the last, and still empty
	err = writeElements(w, len(r.Leaks), "    ", func(i int) error { return writeJSONLeak(w, r.Leaks[i], o) })
	fmt.Fprint(w, "\n  ]\n}\n")
	return err
}

// writeJSONLeak writes a leak as an element of their list.
func writeJSONLeak(w *bufio.Writer, l Leak, o Options) error {
	text, err := encoded(jsonLeak{jsonKeyOf(l, o), []jsonFinding{}}, "    ", "  ")
	if err != nil || len(l.Findings) == 0 {
		w.Write(text)
		return err
	}
	w.Write(bytes.TrimSuffix(text, []byte("]\n    }")))
	err = writeElements(w, len(l.Findings), "        ", func(i int) error {
		text, err := encoded(jsonFindingOf(l.Findings[i]), "        ", "  ")
		w.Write(text)
		return err
	})
	fmt.Fprint(w, "\n      ]\n    }")
	return err
}

// writeElements writes the elements of a list with so much in front of each, until one fails.
func writeElements(w *bufio.Writer, n int, indent string, write func(i int) error) error {
	for i := range n {
		if i > 0 {
			w.WriteByte(',')
		}
		fmt.Fprint(w, "\n", indent)
		if err := write(i); err != nil {
			return err
		}
	}
	return nil
}

// jsonOf is the document with an empty list of leaks.
func jsonOf(r *shown) jsonReport {
	out := jsonReport{
		SchemaVersion: schemaVersion,
		Tool:          jsonTool{toolName, r.Version},
		Scan: jsonScan{
			StartedAt:  rfc3339(r.StartedAt.UTC()),
			DurationMs: r.Duration.Milliseconds(),
			Targets:    r.Targets,
			Complete:   r.Complete(),
			Coverage:   jsonCoverageOf(r.Coverage),
			Audit:      r.Audit,
			Folder:     r.Folder, Rules: r.Searched, Configuration: r.Configured,
			Repositories: make([]jsonRepository, len(r.Repositories)),
		},
		Summary: jsonSummaryOf(r),
		Leaks:   []jsonLeak{},
	}
	for i, one := range r.Repositories {
		out.Scan.Repositories[i] = jsonRepository{one.Name, one.Path, one.IsGit, one.Remote, one.Head, one.Branch,
			one.Coverage.Complete(),
			jsonCoverageOf(one.Coverage), out.Summary.ByRepository[one.Name], rfc3339(one.ReadAt.UTC()), one.Mirror}
	}
	out.Scan.Compared = jsonTrendOf(trendOf(r))
	return out
}

func jsonTrendOf(t *trend) *jsonTrend {
	if t == nil {
		return nil
	}
	out := &jsonTrend{rfc3339(t.earlier.StartedAt.UTC()), sorted(t.fresh), []string{}, sorted(t.still), t.doubt}
	for _, l := range t.gone {
		out.Gone = append(out.Gone, l.Fingerprint)
	}
	return out
}

func sorted(set map[string]bool) []string {
	return append([]string{}, slices.Sorted(maps.Keys(set))...)
}

func jsonSummaryOf(r *shown) jsonSummary {
	t := tallyOf(r)
	out := jsonSummary{Leaks: t.found(), Placeholders: t.placeholders, Allowed: t.allowed, Baselined: t.baseline,
		ByEnvironment: map[rules.Environment]int64{}, ByStatus: map[string]int64{}, ByProvider: map[string]int64{},
		ByRepository: map[string]int64{}, Requests: map[string]int64{}}
	for _, to := range r.Requests {
		out.Requests[to.Provider] = to.Sent
	}
	for _, l := range r.Leaks {
		if l.Counts() {
			out.ByEnvironment[l.Environment]++
			out.ByStatus[cmp.Or(l.Status, scanner.StatusUnchecked)]++
			out.ByProvider[cmp.Or(l.Provider, scanner.ProviderUnknown)]++
			for _, name := range repositoriesOf(l) {
				out.ByRepository[name]++
			}
		}
	}
	return out
}

func jsonCoverageOf(c Coverage) jsonCoverage {
	out := jsonCoverage{
		Files: c.Files, Bytes: c.Bytes, Objects: c.Objects, Blobs: c.Blobs, Commits: c.Commits, Tags: c.Tags,
		Skipped:    make([]jsonSkipped, len(c.Skipped)),
		Unreadable: make([]jsonUnreadable, len(c.Unreadable)),
	}
	for i, s := range c.Skipped {
		out.Skipped[i] = jsonSkipped(s)
	}
	for i, u := range c.Unreadable {
		out.Unreadable[i] = jsonUnreadable(u)
	}
	return out
}

func jsonKeyOf(l Leak, o Options) jsonKey {
	return jsonKey{
		Fingerprint: l.Key.Fingerprint(),
		Key:         o.keyOf(l),
		Environment: l.Environment,
		Provider:    l.Provider, Evidence: l.Evidence,
		Placeholder: l.Placeholder, Suppressed: l.Suppressed, SuppressedBy: l.SuppressedBy,
		Status: l.Status, StatusDetail: l.StatusDetail, CheckedAt: rfc3339(l.CheckedAt.UTC()), Revoked: l.Revoked,
	}
}

func jsonFindingOf(f scanner.Finding) jsonFinding {
	out := jsonFinding{Repository: f.Repository, Source: f.Source, Path: f.Path, Line: f.Line, Column: f.Column,
		EndLine: f.EndLine, EndColumn: f.EndColumn, Form: f.Form, Container: f.Container, Inside: f.Inside,
		LongPrefix: f.LongPrefix, Blob: f.Blob, Commit: jsonCommitOf(f.Commit), Reachable: f.Reachable, AtHead: f.AtHead,
		RenamedFrom: f.RenamedFrom, Refs: append([]string{}, f.Refs...)}
	if r := f.Removed; r != nil {
		out.Removed = &jsonRemoval{jsonCommitOf(r.Commit), r.Ref, r.MovedTo}
	}
	if h := f.Hidden; h != nil {
		out.Hidden = &jsonHidden{h.Event, h.Ref, h.By, rfc3339(h.Date.UTC())}
	}
	return out
}

func jsonCommitOf(c *scanner.Commit) *jsonCommit {
	if c == nil {
		return nil
	}
	return &jsonCommit{c.Hash, c.Author, c.Email, rfc3339(c.Date), c.Summary}
}

// rfc3339 writes t in its own zone, and "" where there is no date. Commits come with any number of
// seconds and any offset; RFC 3339 has four digits for the year and less than a day for the zone.
func rfc3339(t time.Time) string {
	const day = 24 * 60 * 60
	if _, offset := t.Zone(); offset%60 != 0 || offset <= -day || offset >= day {
		t = t.UTC()
	}
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return ""
	}
	return t.Format(time.RFC3339)
}

// encoded writes v as JSON, indented as [json.Encoder.SetIndent] has it, without a newline at the end
// and with nothing in it that a terminal or a CI system would obey.
func encoded(v any, prefix, indent string) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(prefix, indent)
	err := encoder.Encode(v)
	return escape.JSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), err
}

// jsonLine is one finding with what is known of its leak, as docs/report-line.schema.json has it.
type jsonLine struct {
	SchemaVersion int `json:"schemaVersion"`
	jsonKey
	jsonFinding
}

// writeJSONL writes one finding a line, each with the fields of its leak: what a log collector or a
// line-wise filter wants. Coverage has no line, so that every line is a finding; whether everything
// was read is told by the exit status and by the other formats.
func writeJSONL(w *bufio.Writer, r *shown, o Options) error {
	for _, l := range r.Leaks {
		key := jsonKeyOf(l, o)
		for _, f := range l.Findings {
			line, err := encoded(jsonLine{schemaVersion, key, jsonFindingOf(f)}, "", "")
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s\n", line)
		}
	}
	return nil
}
