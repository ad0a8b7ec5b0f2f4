package report

import (
	"bufio"
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"skleak/report/page"
	"skleak/scanner"
)

// writeHTML writes the report as one page. Package page knows how it looks; what is in it is put together here, and
// every text passes through visible.
func writeHTML(w *bufio.Writer, r *shown, o Options) error {
	p := &page.Page{
		Title:   "Audit of " + r.subject(),
		Verdict: capitalised(r.verdict(visible)) + ".",
		Good:    tallyOf(r).found() == 0 && r.Complete() && !r.Coverage.Empty(),
		Made:    r.StartedAt,
		Record:  recordOf(r, o), Asked: askedOf(r),
		Warnings: r.Coverage.Warnings(), Unreadable: unreadableLines(r.Coverage, true, visible),
	}
	if aside := r.besides(); aside != "" {
		p.Verdict += " Besides: " + aside + "."
	}
	for _, s := range r.Coverage.Skipped {
		p.Skipped = append(p.Skipped, page.Row{Name: visible(s.Reason), Value: scanner.Thousands(s.Count)})
	}
	for _, l := range r.Coverage.LeftOut {
		l.By = visible(l.By)
		p.LeftOut = append(p.LeftOut, l.String())
	}
	t := trendOf(r)
	k := newKeyPages(r, o, t)
	for _, l := range r.Leaks {
		if l.Counts() && len(p.Keys) == mostCards {
			p.MoreKeys++
		} else if l.Counts() {
			p.Keys = append(p.Keys, k.key(l))
		} else {
			p.Silenced = append(p.Silenced, silencedOf(l, o))
		}
	}
	p.Repositories = k.repositories()
	p.Tiles = tilesOf(r, p.Keys)
	p.Trend = pageTrend(t)
	return page.Write(w, p)
}

// subject is what the report is about: the name of the folder, if that is all that was scanned.
func (r *shown) subject() string {
	if len(r.Targets) == 1 && filepath.Clean(r.Targets[0]) == "." && r.Folder != "" {
		return visible(filepath.Base(r.Folder))
	}
	return r.targets(visible)
}

// mostCards is how many keys a page shows, the most urgent ones: browsers open no page of a million.
const mostCards = 10_000

// tilesOf are the figures for who has a minute.
func tilesOf(r *shown, keys []page.Key) []page.Row {
	t := tallyOf(r)
	rows := []page.Row{{Name: "Leaked keys", Value: scanner.Thousands(t.found()),
		Note: fmt.Sprintf("%s live, %s test", scanner.Thousands(t.live), scanner.Thousands(t.test))}}
	if t.found() > 0 {
		rows = append(rows,
			page.Row{Name: "Active", Value: scanner.Thousands(t.active), Note: "accepted by their provider"},
			page.Row{Name: "Inactive", Value: scanner.Thousands(t.inactive)},
			page.Row{Name: "Not known", Value: scanner.Thousands(t.unknown + t.unchecked),
				Note: fmt.Sprintf("%s not checked", scanner.Thousands(t.unchecked))})
	}
	open, oldest := 0, time.Time{}
	for _, k := range keys {
		if k.Open {
			open++
		}
		for _, e := range k.Events {
			if e.IsBegin() && (oldest.IsZero() || e.At.Before(oldest)) {
				oldest = e.At
			}
		}
	}
	if t.found() > 0 {
		rows = append(rows, page.Row{Name: "In a file or at HEAD", Value: scanner.Thousands(int64(open)),
			Note: "found without digging"})
	}
	if !oldest.IsZero() {
		row := page.Row{Name: "Longest exposed", Value: "since " + oldest.UTC().Format("2006-01-02")}
		if days := int64(r.StartedAt.Sub(oldest) / (24 * time.Hour)); days > 0 && !r.StartedAt.IsZero() {
			row.Value, row.Note = scanner.Counted(days, "day"), row.Value
		}
		rows = append(rows, row)
	}
	if n := int64(len(r.Repositories)); n > 1 {
		rows = append(rows, page.Row{Name: "Repositories", Value: scanner.Thousands(n)})
	}
	if n := r.Coverage.Unread(); n > 0 {
		rows = append(rows, page.Row{Name: "Could not be read", Value: scanner.Thousands(n), Note: "see the record below"})
	}
	return rows
}

// recordOf says what the run was.
func recordOf(r *shown, o Options) []page.Row {
	rows := []page.Row{{Name: "Scope", Value: visible(strings.Join(r.Targets, ", "))}}
	add := func(name, value, note string) {
		if value != "" {
			rows = append(rows, page.Row{Name: name, Value: value, Note: note})
		}
	}
	add("Run in", visible(r.Folder), "")
	add("Begun", rfc3339(r.StartedAt.UTC()), "took "+elapsed(r.Duration))
	add("Everything read", map[bool]string{true: "yes", false: "no"}[r.Complete()], "")
	add("Made by", toolName+" "+visible(r.Version), "")
	add("Rules", visible(r.Searched), "digest of what was searched for")
	add("Configuration", visible(r.Configured), "digest of what says which paths and keys do not count")
	add("Coverage", r.summary(visible), "")
	for _, f := range o.Beside {
		add("Report beside it", visible(f.Name), "SHA-256 "+f.SHA256)
	}
	return rows
}

// askedOf is about how many keys each provider was asked, and how many requests that took.
func askedOf(r *shown) (rows []page.Row) {
	keys, requests := map[string]int64{}, map[string]int64{}
	for _, l := range r.Leaks {
		if !l.CheckedAt.IsZero() {
			keys[cmp.Or(l.Provider, scanner.ProviderUnknown)]++
		}
	}
	for _, to := range r.Requests {
		requests[to.Provider] = to.Sent
		keys[to.Provider] += 0 // also one that did not answer
	}
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		row := page.Row{Name: visible(id), Value: scanner.Counted(keys[id], "key")}
		if n := requests[id]; n > 0 {
			row.Note = "in " + scanner.Counted(n, "request")
		}
		rows = append(rows, row)
	}
	return rows
}

func silencedOf(l Leak, o Options) page.Silenced {
	why := "placeholder"
	if !l.Placeholder {
		why = suppression(l, visible)
	}
	out := page.Silenced{Fingerprint: l.Key.Fingerprint(), Shown: visible(o.keyOf(l)),
		Environment: visible(string(l.Environment)), Why: why}
	if len(l.Findings) > 0 {
		out.Place = visible(placeOf(l.Findings[0]))
	}
	if more := len(l.Findings) - 1; more > 0 {
		out.Place += fmt.Sprintf(" and %s more", scanner.Thousands(int64(more)))
	}
	return out
}

func pageTrend(t *trend) *page.Trend {
	if t == nil {
		return nil
	}
	out := &page.Trend{Since: t.since(), New: len(t.fresh), Gone: len(t.gone), Still: len(t.still)}
	if t.doubt != "" {
		out.Doubt = capitalised(t.doubt) + "."
	}
	for _, l := range t.gone {
		row := page.Row{Name: visible(l.Fingerprint), Value: visible(l.Environment) + ", " + visible(l.Provider)}
		if l.Place != "" {
			row.Note = "was at " + visible(l.Place)
		}
		out.GoneKeys = append(out.GoneKeys, row)
	}
	return out
}

// pageStatus is the word and the class of a status.
func pageStatus(l Leak) (word, class string) {
	word = visible(cmp.Or(l.Status, scanner.StatusUnchecked))
	switch {
	case l.Revoked:
		return "revoked", "inactive"
	case l.Status == scanner.StatusActive:
		return word, "active"
	case l.Status == scanner.StatusInactive:
		return word, "inactive"
	}
	return word, "open"
}
