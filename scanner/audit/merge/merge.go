// Package merge makes one report of the reports of many repositories: a key that lies in several of them is one leak.
// What comes out depends on nothing but what is put in, in the order of the repositories' names.
package merge

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/audit/job"
)

// Report is the report of one repository, or of many.
type Report struct {
	ReadAt       time.Time // zero where that is not known
	Repositories []scanner.Repository
	Coverage     scanner.Totals
	Leaks        []scanner.Leak
}

// Merger puts reports together.
type Merger struct {
	Since   time.Time // when the run began: what was read before has its date
	Mirrors string    // the folder with the mirrors of this machine, "" for none
	// Listed are the names of all repositories that have a report of their own: what another one's report tells of them,
	// since they lie in it, is left out there.
	Listed map[string]bool

	report Report
	leaks  map[rules.Key]*scanner.Leak
}

// Add adds the report of a repository: call it in the order of their names.
func (m *Merger) Add(r job.Repository, report Report) {
	report = m.withoutOthers(r, report)
	for _, one := range report.Repositories {
		one.Name = nameIn(r.Name, one.Name)
		if r.URL != "" {
			one.Remote = r.URL
		}
		if one.Name == r.Name {
			one.Mirror = m.mirrorOf(r)
		}
		if one.ReadAt = report.ReadAt; !one.ReadAt.Before(m.Since.Truncate(time.Second)) {
			one.ReadAt = time.Time{}
		}
		m.report.Repositories = append(m.report.Repositories, one)
	}
	m.report.Coverage.Add(report.Coverage, r.Name+"/")
	if m.leaks == nil {
		m.leaks = map[rules.Key]*scanner.Leak{}
	}
	for _, l := range report.Leaks {
		l.Findings = findingsIn(r.Name, l.Findings)
		if known := m.leaks[l.Key]; known != nil {
			*known = together(*known, l)
		} else {
			m.leaks[l.Key] = &l
		}
	}
}

// withoutOthers is a report without what it tells of repositories inside that have one of their own.
func (m *Merger) withoutOthers(r job.Repository, report Report) Report {
	isOther := func(name string) bool { full := nameIn(r.Name, name); return full != r.Name && m.Listed[full] }
	if !slices.ContainsFunc(report.Repositories, func(one scanner.Repository) bool { return isOther(one.Name) }) {
		return report
	}
	own := Report{ReadAt: report.ReadAt}
	for _, one := range report.Repositories {
		if !isOther(one.Name) {
			own.Repositories = append(own.Repositories, one)
			own.Coverage.Add(one.Coverage, "")
		}
	}
	for _, l := range report.Leaks {
		l.Findings = slices.DeleteFunc(slices.Clone(l.Findings), func(f scanner.Finding) bool { return isOther(f.Repository) })
		if len(l.Findings) > 0 {
			own.Leaks = append(own.Leaks, l)
		}
	}
	return own
}

// mirrorOf is where a repository of another machine lies on this one; "" where it does not.
func (m *Merger) mirrorOf(r job.Repository) string {
	if r.URL == "" || m.Mirrors == "" {
		return ""
	}
	mirror := filepath.Join(m.Mirrors, r.ID()+".git")
	if info, err := os.Stat(mirror); err != nil || !info.IsDir() {
		return ""
	}
	return mirror
}

// AddStale adds the report of a repository that was made before, and could not be made again.
func (m *Merger) AddStale(r job.Repository, report Report, reason string) {
	from := len(m.report.Repositories)
	m.Add(r, report)
	unread := unreadable(r.Name, reason)
	m.report.Coverage.Add(unread, "")
	for i := range m.report.Repositories[from:] {
		if one := &m.report.Repositories[from+i]; one.Name == r.Name {
			one.Coverage.Add(unread, "")
		}
	}
}

// AddLeftOut notes a number of repositories that were not wanted.
func (m *Merger) AddLeftOut(n int64, reason string) {
	left := scanner.Totals{Skipped: []scanner.Skipped{{Reason: "left out (" + reason + ")", Count: n}}}
	m.report.Coverage.Add(left, "")
}

// AddMissed notes a number of repositories that nobody could even list.
func (m *Merger) AddMissed(n int64, reason string) {
	m.report.Coverage.Add(unreadable("the list of repositories", scanner.Thousands(n)+" not listed: "+reason), "")
}

func unreadable(place, reason string) scanner.Totals {
	return scanner.Totals{UnreadableCount: 1,
		Unreadable: []scanner.Unreadable{{Reason: scanner.UnreadableRepo, Place: place, Detail: reason}}}
}

// AddUnread adds a repository of which there is no report.
func (m *Merger) AddUnread(r job.Repository, reason string) {
	unread := unreadable(r.Name, reason)
	m.report.Repositories = append(m.report.Repositories,
		scanner.Repository{Name: r.Name, Path: r.Path, IsGit: true, Remote: r.URL, Coverage: unread})
	m.report.Coverage.Add(unread, "")
}

// Report is all that was added.
func (m *Merger) Report() Report {
	m.report.Leaks = make([]scanner.Leak, 0, len(m.leaks))
	for _, l := range m.leaks {
		m.report.Leaks = append(m.report.Leaks, *l)
	}
	scanner.SortLeaks(m.report.Leaks)
	return m.report
}

// nameIn is the name of a repository that lies in another one, or is that one itself.
func nameIn(outer, inner string) string {
	if inner == "." || inner == "" {
		return outer
	}
	return outer + "/" + inner
}

func findingsIn(name string, all []scanner.Finding) []scanner.Finding {
	out := make([]scanner.Finding, len(all))
	for i, f := range all {
		f.Repository = nameIn(name, f.Repository)
		if f.Path != "" {
			f.Path = name + "/" + f.Path
		}
		out[i] = f
	}
	return out
}

// together is one leak of what two reports say of one key. What excuses it in one repository does not in another.
func together(a, b scanner.Leak) scanner.Leak {
	out := a
	out.Findings = slices.Concat(a.Findings, b.Findings)
	out.Placeholder = a.Placeholder && b.Placeholder
	switch {
	case a.Placeholder && !b.Placeholder:
		out.Suppressed, out.SuppressedBy = b.Suppressed, b.SuppressedBy
	case a.Placeholder != b.Placeholder:
	case a.Suppressed == "" || b.Suppressed == "":
		out.Suppressed, out.SuppressedBy = "", ""
	}
	out.Provider, out.Evidence = providerOf(a, b)
	if c := cmp.Compare(statusRank(b), statusRank(a)); c > 0 || c == 0 && b.CheckedAt.After(a.CheckedAt) {
		out.Status, out.StatusDetail, out.CheckedAt = b.Status, b.StatusDetail, b.CheckedAt
	}
	out.Revoked = a.Revoked || b.Revoked
	return out
}

// providerOf agrees or knows none, as for places in one repository: a key must not be sent to the wrong provider.
func providerOf(a, b scanner.Leak) (provider, evidence string) {
	unknown := func(l scanner.Leak) bool { return l.Provider == "" || l.Provider == scanner.ProviderUnknown }
	switch {
	case unknown(b) || a.Provider == b.Provider:
		provider, evidence = a.Provider, a.Evidence
	case unknown(a):
		provider, evidence = b.Provider, b.Evidence
	default:
		provider = scanner.ProviderUnknown
	}
	if (a.IsAmbiguous() || b.IsAmbiguous()) && !strings.HasSuffix(evidence, scanner.AmbiguousEnd) {
		evidence = strings.TrimPrefix(evidence+", "+scanner.AmbiguousEnd, ", ")
	}
	return provider, evidence
}

// statusRank puts first what is worth more: an answer before none, and a bad one before a good one.
func statusRank(l scanner.Leak) int {
	ranks := map[string]int{scanner.StatusActive: 3, scanner.StatusUnknown: 2, scanner.StatusInactive: 1}
	return ranks[l.Status]
}

// ByName sorts repositories as Add wants them.
func ByName(all []job.Repository) {
	slices.SortFunc(all, func(a, b job.Repository) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID(), b.ID()))
	})
}
