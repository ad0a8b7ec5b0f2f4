package report

import (
	"bufio"
	"fmt"
	"slices"

	"skleak/report/sarif"
	"skleak/rules"
	"skleak/scanner"
)

// How a report maps to SARIF 2.1.0, and why: GitHub's code scanning is the reader that counts.
//
//   - Rules are the environments. Severity sits on the rule there, so a live and a test key need two.
//   - A result's level is the rule's, or error where the provider calls the key active, note where it
//     calls it inactive. Rule and so identity stay: an alert must not close because nobody was asked.
//   - A result is one key at one path: GitHub identifies an alert by rule, path and fingerprint, and
//     a key twice in a file is one thing to do. Its place is the working tree's where the key lies
//     there, else HEAD's, else the one in history. All other places of the key are related locations.
//   - Placeholders are left out. Suppressed leaks are there with SARIF's own suppressions.
//   - primaryLocationLineHash is the one fingerprint GitHub reads. Its upload action computes it from
//     the file that is checked out, and warns where a tool's own differs; so it is given only where
//     that file or line does not exist. It is made of key and path and survives every commit.
//   - A commit, a tag or a blob that no tree names has no path, and GitHub refuses a result without
//     one. They get .git/commit/ID, .git/tag/ID and .git/blob/ID: constant over runs, and no tracked
//     file can have that name. GitHub shows the alert, without a preview.
//   - uriBaseId is %SRCROOT%, as CodeQL has it, and nothing says where that was on this machine.
//     No path of the machine, e-mail address or author is in the file, nor ever a whole key.
//   - automationDetails.id ends in a slash: category skleak, no id of the run.
const sarifCategory = toolName + "/"

// sarifLimits bound a document.
type sarifLimits struct {
	results      int // per run
	ofKey        int // results of one key; its other places become related locations, shared out evenly
	relatedOfKey int // locations over all results of a key
	related      int // locations per result
	relatedTotal int // locations over all results, which share them evenly
	unreadable   int // notifications that name a place
}

// githubLimits are what code scanning takes: 25,000 results in a run, and of a result's locations it
// keeps a hundred. Without a bound on the sum these would be 2.5 million; with it, a full run comes
// to 37 MB, 0.25 MB gzipped, of the 10 MB that may be uploaded.
//
// Nobody works through 5,000 alerts of one key. With the bounds on a key, that many paths come to 1.6 MB, and all of
// them are told.
var githubLimits = sarifLimits{results: 25_000, ofKey: 500, relatedOfKey: 5_000, related: 100,
	relatedTotal: 100_000, unreadable: 100}

// writeSARIF writes the report as SARIF 2.1.0 for GitHub's code scanning. It holds no whole key,
// whatever the options say. Where there are more results than GitHub takes, those of suppressed
// leaks go first, then those of a key that has another result, test before live; a notification
// says how many went.
func writeSARIF(w *bufio.Writer, r *shown, o Options) error {
	return writeSARIFWithin(githubLimits, w, r)
}

func writeSARIFWithin(limits sarifLimits, w *bufio.Writer, r *shown) error {
	all, lost := alertsOfReport(r, limits)
	kept := mostSevere(all, limits.results)
	fmt.Fprintf(w, "{\n \"$schema\": %q,\n \"version\": \"2.1.0\",\n \"runs\": [\n  {\n", sarif.Schema)
	for _, property := range []struct {
		name  string
		value any
	}{
		{"automationDetails", map[string]string{"id": sarifCategory}},
		{"columnKind", "unicodeCodePoints"},
		{"invocations", []sarif.Invocation{sarifInvocationOf(r, limits, len(all)-len(kept), lost)}},
		{"language", sarif.Language},
		{"newlineSequences", []string{"\r\n", "\n"}},
		{"tool", sarif.Tool{Driver: sarif.DriverOf(toolName, r.Version)}},
	} {
		text, err := encoded(property.value, "   ", " ")
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "   %q: %s,\n", property.name, text)
	}
	if err := writeResults(w, kept, min(limits.related, limits.relatedTotal/max(1, len(kept)))); err != nil {
		return err
	}
	fmt.Fprint(w, "  }\n ]\n}\n")
	return nil
}

// writeResults writes each result on a line of its own, without an indent: there can be 25,000.
func writeResults(w *bufio.Writer, alerts []sarifAlert, related int) error {
	anySuppressed := slices.ContainsFunc(alerts, func(a sarifAlert) bool { return a.leak.Suppressed != "" })
	fmt.Fprint(w, "   \"results\": [")
	separator := ""
	for _, a := range alerts {
		result := a.result(min(related, a.limit))
		if anySuppressed && result.Suppressions == nil {
			result.Suppressions = []sarif.Suppression{}
		}
		text, err := encoded(result, "", "")
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n%s", separator, text)
		separator = ","
	}
	fmt.Fprint(w, "\n   ]\n")
	return nil
}

// alertsOfReport are the alerts of all leaks, in the order of the leaks, and how many places none of them has room for.
func alertsOfReport(r *shown, limits sarifLimits) (all []sarifAlert, lost int) {
	for i := range r.Leaks {
		if r.Leaks[i].Placeholder {
			continue
		}
		alerts := alertsOf(&r.Leaks[i])
		kept, rest := alerts[:min(len(alerts), limits.ofKey)], []sarifSpot(nil)
		for _, a := range alerts[len(kept):] {
			rest = append(rest, a.own...)
		}
		for j := range kept {
			a := &kept[j]
			a.limit = min(limits.related, limits.relatedOfKey/len(kept))
			a.share = rest[:min(len(rest), a.limit)]
			rest = rest[len(a.share):]
		}
		all, lost = append(all, kept...), lost+len(rest)
	}
	return all, lost
}

// mostSevere keeps limit alerts, in their order. The first alert of every key goes before the
// second of any: a key at thirty thousand paths must not hide another one.
func mostSevere(all []sarifAlert, limit int) []sarifAlert {
	if len(all) <= limit {
		return all
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := all[i], all[j]
		if d := scanner.FalseFirst(a.leak.Suppressed != "", b.leak.Suppressed != ""); d != 0 {
			return d
		}
		if d := scanner.FalseFirst(!a.first, !b.first); d != 0 {
			return d
		}
		return scanner.FalseFirst(a.leak.Environment != rules.Live, b.leak.Environment != rules.Live)
	})
	order = order[:limit]
	slices.Sort(order)
	kept := make([]sarifAlert, limit)
	for i, at := range order {
		kept[i] = all[at]
	}
	return kept
}

// sarifInvocationOf says whether everything was read, and what was not.
func sarifInvocationOf(r *shown, limits sarifLimits, dropped, lost int) sarif.Invocation {
	in := sarif.Invocation{ExecutionSuccessful: r.Complete()}
	if in.StartTimeUTC = rfc3339(r.StartedAt.UTC()); in.StartTimeUTC != "" {
		in.EndTimeUTC = rfc3339(r.StartedAt.Add(r.Duration).UTC())
	}
	notify := func(level, message string) {
		in.ToolExecutionNotifications = append(in.ToolExecutionNotifications,
			sarif.Notification{Level: level, Message: sarif.Text{Text: message}})
	}
	if r.Interrupted {
		notify(sarif.LevelError, "The scan was interrupted before it had read everything.")
	}
	for _, warning := range r.Coverage.Warnings() {
		notify(sarif.LevelWarning, capitalised(warning)+".")
	}
	for i, u := range r.Coverage.Unreadable {
		if i == limits.unreadable {
			break
		}
		notify(sarif.LevelError, unreadableMessage(u))
	}
	if n := r.Coverage.Unread(); n > 0 {
		notify(sarif.LevelError, scanner.Counted(n, "place")+" could not be read, so this run may have missed keys.")
	}
	if lost > 0 {
		notify(sarif.LevelWarning, fmt.Sprintf("%s left out, of keys at very many places. The JSON report has all places.",
			scanner.Counted(int64(lost), "place")))
	}
	if dropped > 0 {
		notify(sarif.LevelWarning, fmt.Sprintf("%s left out: code scanning takes %s per run. "+
			"The JSON report has them all.", scanner.Counted(int64(dropped),
			"result"), scanner.Thousands(int64(limits.results))))
	}
	return in
}
