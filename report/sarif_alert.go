package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"skleak/report/escape"
	"skleak/report/sarif"
	"skleak/scanner"
)

// sarifAlert is one key at one path: what becomes a result.
type sarifAlert struct {
	leak  *Leak
	first bool            // the leak's first alert
	place scanner.Finding // the finding that stands for the path
	uri   string
	own   []sarifSpot  // the spots at this path
	share []sarifSpot  // what it tells of the spots at paths that have no alert
	limit int          // of its related locations
	all   *[]sarifSpot // every spot of the leak, shared by its alerts
}

// sarifSpot is one region of one path.
type sarifSpot struct {
	uri    string
	name   string // for people
	region scanner.Place
}

// alertsOf groups a leak's spots by path. Of the findings at one path the first stands for it, in
// the collector's order: the working tree's before history's; but of those in history, one that is
// still at HEAD goes first. Findings that only tell how a spot came to be are no places of their
// own: their lines are those of an old version.
func alertsOf(l *Leak) []sarifAlert {
	var alerts []sarifAlert
	var all []sarifSpot
	seen := map[sarifSpot]bool{}
	byURI := map[string]int{}
	for _, s := range spotsOf(*l) {
		name := sarifName(s.Finding)
		here := sarifSpot{escape.Percent(name), name, regionOf(s.Finding)}
		at, known := byURI[here.uri]
		if !known {
			at = len(alerts)
			byURI[here.uri] = at
			alerts = append(alerts, sarifAlert{leak: l, first: at == 0, place: s.Finding, uri: here.uri, all: &all})
		}
		a := &alerts[at]
		if a.place.Source == scanner.SourceHistory && !a.place.AtHead && s.AtHead {
			a.place = s.Finding
		}
		if !seen[here] {
			seen[here] = true
			all = append(all, here)
			a.own = append(a.own, here)
		}
	}
	return alerts
}

// result makes the SARIF result, with up to limit related locations.
func (a sarifAlert) result(limit int) sarif.Result {
	rule, related := sarif.IndexOf(a.leak.Environment), a.related(limit)
	out := sarif.Result{Kind: "fail", Level: levelOf(a.leak), RuleID: sarif.Rules[rule].ID, RuleIndex: rule,
		Message: sarif.Text{Text: a.message(related)}, PartialFingerprints: a.fingerprints(),
		Locations: []sarif.Location{{PhysicalLocation: physicalLocation(a.uri, regionOf(a.place))}}}
	for i, s := range related {
		out.RelatedLocations = append(out.RelatedLocations,
			sarif.Location{ID: i + 1, Message: &sarif.Text{Text: "the same key"},
				PhysicalLocation: physicalLocation(s.uri, s.region)})
	}
	if h := a.place.Hidden; h != nil {
		out.Properties = &sarif.Place{Hidden: sarif.Hidden{Date: rfc3339(h.Date.UTC()), Event: h.Event}}
	}
	if a.leak.Suppressed != "" {
		out.Suppressions = []sarif.Suppression{suppressionOf(a.leak)}
	}
	return out
}

// suppressionOf says where a leak is allowed: in the source if comments beside all of its places do it.
func suppressionOf(l *Leak) sarif.Suppression {
	kind := "inSource"
	if l.Suppressed != scanner.SuppressedAllowed || slices.ContainsFunc(l.Findings,
		func(f scanner.Finding) bool { return f.Allowed == "" }) {
		kind = "external"
	}
	why := "skleak: " + l.Suppressed
	if l.Suppressed == scanner.SuppressedAllowed && l.SuppressedBy != "" {
		why += " by " + plainMessage(l.SuppressedBy)
	}
	return sarif.Suppression{Kind: kind, Status: "accepted", Justification: why}
}

// levelOf is the rule's level, unless the provider was asked: what is active is an error whatever it
// opens, what is inactive a note. A live key of which nothing could be learned stays an error.
func levelOf(l *Leak) string {
	switch l.Status {
	case scanner.StatusActive:
		return sarif.LevelError
	case scanner.StatusInactive:
		return sarif.LevelNote
	}
	return sarif.Rules[sarif.IndexOf(l.Environment)].Level
}

// related returns the other spots of the key, those at the same path first.
func (a sarifAlert) related(limit int) []sarifSpot {
	place := regionOf(a.place)
	var out []sarifSpot
	for _, s := range a.own {
		if s.region != place && len(out) < limit {
			out = append(out, s)
		}
	}
	if len(a.share) > 0 {
		return append(out, a.share[:min(len(a.share), limit-len(out))]...)
	}
	for _, s := range *a.all {
		if len(out) >= limit {
			break
		}
		if s.uri != a.uri {
			out = append(out, s)
		}
	}
	return out
}

// fingerprints identify the result over runs. See the mapping at the head of sarif.go.
func (a sarifAlert) fingerprints() map[string]string {
	print := a.leak.Key.Fingerprint()
	out := map[string]string{"skleakFingerprint/v1": print}
	if !isCheckedOut(a.place) {
		sum := sha256.Sum256([]byte("skleak/sarif/v1\x00" + print + "\x00" + a.uri))
		out["primaryLocationLineHash"] = hex.EncodeToString(sum[:8]) + ":1"
	}
	return out
}

// redactedInName finds a key that was redacted in a path, whose file then has another name.
var redactedInName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`sk_(live|test)_[^/]*…|…\(\d+ characters\)`)
})

// isCheckedOut is true where the upload action can be expected to find the file, and so to compute
// the line's hash. It decodes the URI as UTF-8 and gives up where that fails.
func isCheckedOut(f scanner.Finding) bool {
	if f.Path == "" || !utf8.ValidString(f.Path) || redactedInName().MatchString(f.Path) {
		return false
	}
	switch f.Source {
	case scanner.SourceFile, scanner.SourceIndex:
		return true
	case scanner.SourceHistory:
		return f.AtHead
	}
	return false
}

// message says what was found, of whom, how it came to be there and what to do. GitHub shows the
// first sentence where space is short, and takes the links for related locations.
func (a sarifAlert) message(related []sarifSpot) string {
	l := a.leak
	text := fmt.Sprintf("Leaked %s key %s", plainMessage(string(l.Environment)), plainMessage(l.Key.Redacted()))
	if l.Provider != "" && l.Provider != scanner.ProviderUnknown {
		text += " of " + plainMessage(l.Provider)
	}
	text += "."
	if f := a.place; f.Container != "" {
		text += fmt.Sprintf(" It lies in the %s, %s, line %d.", plainMessage(f.Container),
			plainMessage(cmp.Or(strings.TrimPrefix(f.Inside, "!"), "unpacked")), f.Line)
	}
	switch l.Status {
	case scanner.StatusActive:
		text += " It is active."
	case scanner.StatusInactive:
		text += " The provider does not accept it."
	case scanner.StatusUnknown:
		text += " Whether it is active could not be told."
	}
	text += originOf(a.place)
	if l.Status != scanner.StatusInactive {
		text += " Revoke it at its provider; removing it from the file is not enough."
	}
	if len(related) > 0 {
		text += " Also at " + a.links(related) + "."
	}
	return text + " Fingerprint: " + l.Key.Fingerprint() + "."
}

// originOf tells how the key came there, without naming an author.
func originOf(f scanner.Finding) string {
	text := ""
	switch f.Source {
	case scanner.SourceIndex:
		text = " It is staged."
	case scanner.SourceCommit, scanner.SourceTag:
		text = fmt.Sprintf(" It stands in %s itself: its message or a header.", plainMessage(nameOf(f)))
	case scanner.SourceHistory:
		if f.Commit != nil {
			text = fmt.Sprintf(" It came with commit %s.", plainMessage(shortID(f.Commit.Hash)))
		}
		if f.Reachable && !f.AtHead {
			text += " It is no longer at HEAD, but the history has it."
		}
	}
	if f.Hidden != nil {
		text += " No ref leads to it, but the host still serves it by its id."
	} else if isHistory(f) && !f.Reachable {
		text += " Only unreachable objects hold it."
	}
	if f.Line == 0 {
		text += " It is in the name itself."
	}
	return text
}

// links names the first related locations, as links, and counts the rest of the key's places.
func (a sarifAlert) links(related []sarifSpot) string {
	const shown = 5
	total := len(*a.all) - 1
	var out []string
	for i, s := range related[:min(shown, len(related))] {
		out = append(out, fmt.Sprintf("[%s](%d)", linkText(s), i+1))
	}
	if more := total - len(out); more > 0 {
		return strings.Join(out, ", ") + fmt.Sprintf(" and %s", scanner.Counted(int64(more), "more place"))
	}
	return joined(out)
}

// linkText is a place as the text of a link in a message: brackets, braces and backslashes mean
// something there, so they are percent-encoded, and so is what cannot be seen.
func linkText(s sarifSpot) string {
	var b strings.Builder
	for _, r := range s.name {
		if one := string(r); escape.With(one, `[]{}()\%`) != one {
			b.WriteString(escape.Percent(one))
		} else {
			b.WriteRune(r)
		}
	}
	return fmt.Sprintf("%s:%d", b.String(), s.region.Line)
}

// plainMessage escapes what would be a placeholder or a link in a SARIF message.
func plainMessage(s string) string { return escape.With(s, "[]{}") }

func physicalLocation(uri string, at scanner.Place) sarif.Physical {
	return sarif.Physical{ArtifactLocation: sarif.Artifact{URI: uri, URIBaseID: "%SRCROOT%"},
		Region: sarif.Region{EndColumn: at.EndColumn, EndLine: at.EndLine, StartColumn: at.Column, StartLine: at.Line}}
}

// regionOf is the finding's place as a region that GitHub takes: from 1, and never empty. A key in
// a name stands at the first character of the file.
func regionOf(f scanner.Finding) scanner.Place {
	if f.Container != "" { // a place within says nothing of the file
		f.Place = scanner.Place{}
	}
	p := scanner.Place{Line: max(1, f.Line), Column: max(1, f.Column), EndColumn: max(1, f.EndColumn)}
	p.EndLine = max(p.Line, f.EndLine)
	if p.EndLine == p.Line {
		p.EndColumn = max(p.EndColumn, p.Column+1)
	}
	return p
}

// sarifName is what holds a finding: its path, or a name under .git for what has none.
func sarifName(f scanner.Finding) string {
	switch {
	case f.Source == scanner.SourceCommit || f.Source == scanner.SourceTag:
		return path.Join(".git", string(f.Source), objectOf(f))
	case strings.HasPrefix(f.Path, "/"):
		return path.Base(f.Path) // a path is relative; one that is not would name the machine
	case f.Path != "":
		return f.File() // the message says where in it
	case f.Blob != "":
		return path.Join(".git", "blob", f.Blob)
	}
	return string(f.Source)
}

// machinePath finds an absolute path, up to its last separator, wherever one can start in an error.
// What stands between two paths of one message goes with them, for want of a sign where the first ends.
var machinePath = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)(^|[\s"'(=:])(?:[A-Za-z]:)?[/\\](?:.*[/\\])?`)
})

// unreadableMessage names what could not be read, without telling where on the machine it lies.
func unreadableMessage(u scanner.Unreadable) string {
	parts := slices.DeleteFunc([]string{u.Place, u.Reason, u.Detail}, func(s string) bool { return s == "" })
	for i := range parts {
		parts[i] = plainMessage(machinePath().ReplaceAllString(parts[i], "${1}…/"))
	}
	return "Could not be read: " + strings.Join(parts, ", ") + "."
}
