package report

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/fatih/color"

	"skleak/report/escape"
	"skleak/report/wrap"
	"skleak/rules"
	"skleak/scanner"
)

const (
	shownPlaces  = 10 // of a leak, and of what could not be read, unless the report is verbose
	shownRefs    = 3
	summaryWidth = 72 // columns a commit's summary may take where the width of the terminal is not known
)

// text writes a report for people.
type text struct {
	*bufio.Writer
	o                      Options
	live, test, name, fade *color.Color
	dead                   *color.Color
	trend                  *trend // nil without an earlier report
	ways                   ways
}

// writeText writes the report for people: a block per leak, what could not be read, the verdict,
// and coverage as the last line. Every place starts with path:line:column, so that terminals and
// editors link it; no foreign text reaches the terminal unescaped.
func writeText(w *bufio.Writer, r *shown, o Options) error {
	t := &text{Writer: w, o: o,
		live: o.color(color.FgRed, color.Bold), test: o.color(color.FgYellow, color.Bold),
		name: o.color(color.FgCyan), fade: o.color(color.Faint), dead: o.color(color.FgGreen),
		trend: trendOf(r), ways: waysOf(r)}
	for _, l := range r.Leaks {
		if l.Counts() || o.Verbose {
			t.leak(l)
		}
	}
	t.unreadable(r.Coverage)
	t.repositories(r)
	t.verdict(r)
	t.line("%s", r.summary(visible))
	for _, warning := range r.Coverage.Warnings() {
		t.line("warning: %s", warning)
	}
	return nil
}

// line writes a line, and breaks it between words where the terminal ends.
func (t *text) line(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	indent := len(line) - len(strings.TrimLeft(line, " "))
	fmt.Fprintln(t, wrap.Line(line, t.o.Width, indent+2))
}

// color makes a colour that only these options switch: the library's own switch is global, and set
// by what standard output is, which is not what is written to here.
func (o Options) color(attributes ...color.Attribute) *color.Color {
	c := color.New(attributes...)
	if o.Color {
		c.EnableColor()
	} else {
		c.DisableColor()
	}
	return c
}

func (t *text) leak(l Leak) {
	paint := t.test
	if l.Environment == rules.Live {
		paint = t.live
	}
	kind := visible(string(l.Environment))
	switch {
	case l.Placeholder:
		paint, kind = t.fade, kind+" placeholder"
	case !l.Counts():
		paint, kind = t.fade, kind+", "+suppression(l, visible)
	}
	t.line("%s  %s, %s%s", paint.Sprint(visible(t.o.keyOf(l))), kind, providerText(l), t.status(l))
	print := "fingerprint " + l.Key.Fingerprint()
	if t.trend != nil && t.trend.fresh[l.Key.Fingerprint()] {
		print += ", new"
	}
	t.line("  %s", t.fade.Sprint(print))
	spots := spotsOf(l)
	for i, s := range spots {
		if i == shownPlaces && !t.o.Verbose {
			t.line("  and %s (-v lists all)", scanner.Counted(int64(len(spots)-i), "more place"))
			break
		}
		t.spot(s)
	}
	fmt.Fprintln(t)
}

// suppression says why a leak does not count: "allowed by comment skleak:allow".
func suppression(l Leak, quote func(string) string) string {
	switch {
	case l.Suppressed == scanner.SuppressedBaseline:
		return "known by the baseline"
	case l.SuppressedBy == "":
		return escape.WordOr(quote, l.Suppressed)
	}
	return escape.WordOr(quote, l.Suppressed) + " by " + quote(l.SuppressedBy)
}

func providerText(l Leak) string {
	if l.Provider == "" || l.Provider == scanner.ProviderUnknown {
		return "provider unknown"
	}
	if l.Evidence == "" {
		return visible(l.Provider)
	}
	return visible(l.Provider) + " (" + visible(l.Evidence) + ")"
}

// status says in words and in colour what the provider says of the key, or why it was not asked.
func (t *text) status(l Leak) string {
	if l.Status == "" || l.Status == scanner.StatusUnchecked {
		if l.StatusDetail == "" {
			return ""
		}
		return ", not checked: " + visible(l.StatusDetail)
	}
	out := ", " + t.statusWord(l)
	if l.StatusDetail != "" {
		out += ": " + visible(l.StatusDetail)
	}
	if !l.CheckedAt.IsZero() {
		out += l.CheckedAt.UTC().Format(" (checked 2006-01-02 15:04 UTC)")
	}
	return out
}

func (t *text) statusWord(l Leak) string {
	switch {
	case l.Revoked:
		return t.dead.Sprint("revoked")
	case l.Status == scanner.StatusActive:
		return t.live.Sprint(scanner.StatusActive)
	case l.Status == scanner.StatusInactive:
		return t.dead.Sprint(scanner.StatusInactive)
	case l.Status == scanner.StatusUnknown:
		return t.test.Sprint("status unknown")
	}
	return visible(l.Status)
}

// spot writes a place in one piece, whatever blanks are in it: terminals and editors link it.
func (t *text) spot(s spot) {
	place, notes := visible(placeOf(t.ways.open(s.Finding))), strings.Join(notesOf(s.Finding), ", ")
	fmt.Fprintf(t, "  %s", t.name.Sprint(place))
	switch {
	case notes == "":
		fmt.Fprintln(t)
	case t.o.Width > 0 && wrap.Width(place+notes)+4 > t.o.Width:
		fmt.Fprintln(t)
		t.line("    %s", notes)
	default:
		fmt.Fprintf(t, "  %s\n", notes)
	}
	t.provenance(t.ways.open(s.Finding))
	for _, h := range s.history {
		t.provenance(t.ways.open(h))
	}
}

// notesOf says what is unusual about a finding, in a word or two each.
func notesOf(f scanner.Finding) []string {
	var notes []string
	if f.Line == 0 {
		notes = append(notes, "in the name")
	}
	if f.Form != "" && f.Form != "plain" {
		notes = append(notes, visible(f.Form))
	}
	if f.Container != "" {
		notes = append(notes, "in "+visible(f.Container))
	}
	if f.LongPrefix {
		notes = append(notes, "behind a longer prefix")
	}
	if f.Source == scanner.SourceIndex {
		notes = append(notes, "staged")
	}
	return notes
}

// provenance writes the commit a finding of history came with, and where it is now.
func (t *text) provenance(f scanner.Finding) {
	const indent = "    "
	if c := f.Commit; c != nil {
		head := visible(shortID(c.Hash))
		if f.Source == scanner.SourceHistory {
			head = "added in " + head
		}
		if !c.Date.IsZero() {
			head += c.Date.Format(" on 2006-01-02")
		}
		if c.Author != "" {
			head += " by " + visible(c.Author)
		}
		if c.Summary != "" {
			head += ": "
			head += t.fitted(visible(c.Summary), wrap.Width(indent+head))
		}
		t.line("%s%s", indent, head)
	}
	if state := stateOf(f, visible, t.o.Verbose); state != "" {
		t.line("%s%s", indent, state)
	}
}

// fitted cuts s so that it ends before the right edge of the terminal when it starts in column used.
// It never cuts to less than a third of its usual width: a long author must not hide the summary.
func (t *text) fitted(s string, used int) string {
	width := summaryWidth
	if t.o.Width > 0 {
		width = max(t.o.Width-used, summaryWidth/3)
	}
	return wrap.Cut(s, width, "…")
}

// stateOf says whether a finding of history is still there, and which refs hold it; with details, who removed it.
func stateOf(f scanner.Finding, quote func(string) string, details bool) string {
	var parts []string
	switch {
	case !isHistory(f):
		return ""
	case f.Hidden != nil:
		return hiddenOf(*f.Hidden, quote)
	case !f.Reachable:
		return "only in unreachable objects"
	case f.Source != scanner.SourceHistory: // a message is never changed, so it is not at HEAD or gone
	case f.AtHead:
		parts = append(parts, "still at HEAD")
		if f.RenamedFrom != "" {
			parts = append(parts, "renamed from "+quote(f.RenamedFrom))
		}
	case details && f.Removed != nil && f.Removed.Commit != nil:
		parts = append(parts, removalOf(*f.Removed, quote))
	default:
		parts = append(parts, "removed since")
	}
	if len(f.Refs) > 0 {
		refs := make([]string, len(f.Refs))
		for i, r := range f.Refs {
			refs[i] = quote(strings.TrimPrefix(r, "refs/"))
		}
		parts = append(parts, "in "+firstOf(refs, shownRefs))
	}
	return strings.Join(parts, "; ")
}

func (t *text) unreadable(c Coverage) {
	if c.Complete() {
		return
	}
	fmt.Fprintln(t, "could not be read:")
	for _, line := range unreadableLines(c, t.o.Verbose, visible) {
		t.line("  %s", line)
	}
	fmt.Fprintln(t)
}

// unreadableLines is the list of what could not be read, one line each, shortened unless all is
// asked for. An entry without a place is the scan's own count of those it kept no room for. What a partial clone lacks
// is one line: there can be millions of it.
func unreadableLines(c Coverage, all bool, quote func(string) string) []string {
	listed, more := c.Unreadable, c.Unread()-int64(len(c.Unreadable))
	var lines []string
	if c.Partial && !all {
		rest := slices.DeleteFunc(slices.Clone(listed), isMissing)
		missing := more + int64(len(listed)-len(rest))
		lines = append(lines, scanner.Counted(missing,
			"object")+": missing-object, left on the server, since this is a partial clone")
		listed, more = rest, 0
	}
	cut := len(listed) > shownPlaces && !all
	if cut {
		more += int64(len(listed) - shownPlaces)
		listed = listed[:shownPlaces]
	}
	for _, u := range listed {
		line := escape.WordOr(quote, u.Reason)
		if u.Place != "" {
			line = quote(u.Place) + ": " + line
		}
		if u.Detail != "" {
			line += ", " + quote(u.Detail)
		}
		lines = append(lines, line)
	}
	if cut {
		lines = append(lines, "and "+scanner.Counted(more, "more place"))
	}
	return lines
}

func isMissing(u scanner.Unreadable) bool { return u.Reason == scanner.UnreadableMissing }

func (t *text) verdict(r *shown) {
	line := r.verdict(visible)
	if aside := r.besides(); aside != "" {
		line += "; besides, " + aside
	}
	t.line("%s", line)
	if t.trend == nil {
		return
	}
	t.line("%s", t.trend.sentence())
	for i, l := range t.trend.gone {
		if i == shownPlaces && !t.o.Verbose {
			t.line("  and %s gone (-v lists all)", scanner.Counted(int64(len(t.trend.gone)-i), "more key"))
			break
		}
		line := fmt.Sprintf("  gone: %s, %s, %s", visible(l.Fingerprint), visible(l.Environment), visible(l.Provider))
		if l.Place != "" {
			line += ", was at " + visible(l.Place)
		}
		t.line("%s", line)
	}
}
