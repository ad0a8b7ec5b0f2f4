package report

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"fmt"
	"time"

	"skleak/report/escape"
	"skleak/report/sarif"
	"skleak/rules"
	"skleak/scanner"
)

// The types below are what is written of GitLab's secret detection report. As in SARIF, one entry is one key at one
// path. GitLab tells entries apart by the first identifier and the place, so that one is the key's fingerprint: two
// keys on one line are two things to do. It has no way to mark an entry as suppressed: only leaks that count are
// there.

// gitlabVersion is that of the schema which the report follows.
const gitlabVersion = "15.0.7"

type gitlabReport struct {
	Version         string        `json:"version"`
	Scan            gitlabScan    `json:"scan"`
	Vulnerabilities []gitlabEntry `json:"vulnerabilities"`
}

type gitlabScan struct {
	Analyzer  gitlabTool      `json:"analyzer"`
	Scanner   gitlabTool      `json:"scanner"`
	Type      string          `json:"type"`
	StartTime string          `json:"start_time"`
	EndTime   string          `json:"end_time"`
	Status    string          `json:"status"`
	Messages  []gitlabMessage `json:"messages,omitempty"`
}

type gitlabTool struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Version string     `json:"version"`
	Vendor  gitlabName `json:"vendor"`
}

type gitlabName struct {
	Name string `json:"name"`
}

type gitlabMessage struct {
	Level string `json:"level"`
	Value string `json:"value"`
}

type gitlabEntry struct {
	ID          string             `json:"id"`
	Name        string             `json:"name"`
	Description string             `json:"description"`
	Severity    string             `json:"severity"`
	Solution    string             `json:"solution"`
	Location    gitlabLocation     `json:"location"`
	Identifiers []gitlabIdentifier `json:"identifiers"`
}

type gitlabLocation struct {
	File      string       `json:"file"`
	Commit    gitlabCommit `json:"commit"`
	StartLine int          `json:"start_line"`
	EndLine   int          `json:"end_line"`
}

type gitlabCommit struct {
	SHA string `json:"sha"`
}

type gitlabIdentifier struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

func writeGitLab(w *bufio.Writer, r *shown, _ Options) error {
	out := gitlabReport{Version: gitlabVersion, Scan: gitlabScanOf(r), Vulnerabilities: []gitlabEntry{}}
	for i := range r.Leaks {
		if !r.Leaks[i].Counts() {
			continue
		}
		for _, a := range alertsOf(&r.Leaks[i]) {
			out.Vulnerabilities = append(out.Vulnerabilities, a.gitlab())
		}
	}
	text, err := encoded(out, "", "  ")
	fmt.Fprintf(w, "%s\n", text)
	return err
}

func gitlabScanOf(r *shown) gitlabScan {
	const layout = "2006-01-02T15:04:05" // which has to have four digits for the year
	tool := gitlabTool{toolName, toolName, cmp.Or(r.Version, "unknown"), gitlabName{toolName}}
	start := r.StartedAt.UTC()
	if rfc3339(start) == "" {
		start = time.Unix(0, 0).UTC()
	}
	scan := gitlabScan{Analyzer: tool, Scanner: tool, Type: "secret_detection", Status: "success",
		StartTime: start.Format(layout), EndTime: start.Add(r.Duration).Format(layout)}
	if r.Complete() {
		return scan
	}
	scan.Status = "failure"
	scan.Messages = append(scan.Messages, gitlabMessage{"fatal",
		capitalised(r.gap()) + ", so this run may have missed keys."})
	for _, line := range unreadableLines(r.Coverage, true, visible) {
		scan.Messages = append(scan.Messages, gitlabMessage{"warn", "Could not be read: " + line})
	}
	return scan
}

func (a sarifAlert) gitlab() gitlabEntry {
	l, rule, print := a.leak, sarif.Rules[sarif.IndexOf(a.leak.Environment)], a.leak.Key.Fingerprint()
	text := fmt.Sprintf("%s of %s at %s", code(l.Key.Redacted()),
		escape.WordOr(code, cmp.Or(l.Provider, scanner.ProviderUnknown)), code(placeOf(a.place)))
	switch l.Status {
	case scanner.StatusActive:
		text += ". It is active"
	case scanner.StatusInactive:
		text += ". The provider does not accept it"
	}
	sha, region := "0000000", regionOf(a.place) // as GitLab's own scanner has it where there is no commit
	if c := a.place.Commit; c != nil && c.Hash != "" {
		sha = c.Hash
	}
	return gitlabEntry{ID: gitlabID(print, a.uri), Name: rule.Short, Severity: gitlabSeverity(l),
		Solution: sarif.HelpSteps[0], Description: text + ". Fingerprint: " + print + ".",
		Location: gitlabLocation{File: sarifName(a.place), Commit: gitlabCommit{sha}, StartLine: region.Line,
			EndLine: region.EndLine},
		Identifiers: []gitlabIdentifier{{"skleak_key", "skleak " + print, print},
			{"skleak_rule", "skleak " + rule.ID, rule.ID}, {"cwe", "CWE-798", "798"}}}
}

func gitlabSeverity(l *Leak) string {
	switch {
	case l.Status == scanner.StatusInactive:
		return "Info"
	case l.Status == scanner.StatusActive || l.Environment == rules.Live:
		return "Critical"
	}
	return "Medium"
}

// gitlabID has the shape of a UUID, and is the same for one key at one path in every run.
func gitlabID(print, uri string) string {
	id := sha256.Sum256([]byte("skleak/gitlab/v1\x00" + print + "\x00" + uri))
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8, made by rules of one's own
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16])
}
