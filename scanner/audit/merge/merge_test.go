package merge

import (
	"strings"
	"testing"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/audit/job"
)

func one(name string, leaks ...scanner.Leak) (job.Repository, Report) {
	unread := scanner.Totals{Objects: 3, UnreadableCount: 1, Unreadable: []scanner.Unreadable{{Reason: "corrupt", Place: "p"}},
		Skipped: []scanner.Skipped{{Reason: "ignored", Count: 2}}}
	return job.Repository{Name: "host/" + name, URL: "https://host/" + name},
		Report{Repositories: []scanner.Repository{{Name: ".", IsGit: true, Coverage: unread}}, Coverage: unread, Leaks: leaks}
}

func leak(provider, status string) scanner.Leak {
	return scanner.Leak{Key: rules.NewKey("sk_" + "live_" + strings.Repeat("Q7x", 8)), Provider: provider, Status: status,
		Findings: []scanner.Finding{{Repository: ".", Path: "a.env", Source: scanner.SourceHistory}}}
}

func merged(t *testing.T, leaks ...scanner.Leak) scanner.Leak {
	t.Helper()
	var m Merger
	for i, l := range leaks {
		m.Add(one(string(rune('a'+i)), l))
	}
	all := m.Report().Leaks
	if len(all) != 1 {
		t.Fatalf("%d leaks", len(all))
	}
	return all[0]
}

func TestMerge(t *testing.T) {
	var m Merger
	m.Add(one("a", leak("laminr", scanner.StatusInactive)))
	m.Add(one("b", leak("unknown", scanner.StatusActive)))
	m.AddUnread(job.Repository{Name: "host/c", URL: "https://host/c"}, "it is gone")
	r := m.Report()
	if len(r.Leaks) != 1 || r.Coverage.Objects != 6 || r.Coverage.UnreadableCount != 3 || r.Coverage.Skipped[0].Count != 4 {
		t.Errorf("%+v", r)
	}
	l := r.Leaks[0]
	if l.Provider != "laminr" || l.Status != scanner.StatusActive || len(l.Findings) != 2 {
		t.Errorf("%+v", l)
	}
	if f := l.Findings[1]; f.Path != "host/b/a.env" || f.Repository != "host/b" {
		t.Errorf("%+v", f)
	}
	if len(r.Repositories) != 3 || r.Repositories[2].Coverage.Complete() || r.Repositories[0].Remote != "https://host/a" {
		t.Errorf("%+v", r.Repositories)
	}
	places := ""
	for _, u := range r.Coverage.Unreadable {
		places += u.Place + " "
	}
	if places != "host/a/p host/b/p host/c " {
		t.Errorf("unreadable: %s", places)
	}
}

// TestInside: a repository inside another one that is listed, too, is told of once.
func TestInside(t *testing.T) {
	inner := leak("laminr", "")
	inner.Findings[0].Repository = "inner"
	outer, report := one("outer", inner)
	report.Repositories = append(report.Repositories, scanner.Repository{Name: "inner", Coverage: scanner.Totals{Objects: 7}})
	report.Coverage.Objects += 7
	m := Merger{Listed: map[string]bool{"host/outer": true, "host/outer/inner": true}}
	m.Add(outer, report)
	m.Add(one("outer/inner", leak("laminr", "")))
	r := m.Report()
	if len(r.Leaks) != 1 || len(r.Leaks[0].Findings) != 1 || len(r.Repositories) != 2 || r.Coverage.Objects != 6 {
		t.Errorf("%+v", r)
	}
}

// TestExcuses: a key that counts in one repository counts.
func TestExcuses(t *testing.T) {
	counts := leak("laminr", "")
	allowed, sample := counts, counts
	allowed.Suppressed, sample.Placeholder = scanner.SuppressedAllowed, true
	for _, c := range []struct {
		name  string
		leaks []scanner.Leak
		want  bool
	}{
		{"allowed in one", []scanner.Leak{allowed, counts}, true},
		{"allowed in the other", []scanner.Leak{counts, allowed}, true},
		{"a sample in one", []scanner.Leak{sample, counts}, true},
		{"a sample, and allowed", []scanner.Leak{sample, allowed}, false},
		{"allowed, and a sample", []scanner.Leak{allowed, sample}, false},
		{"allowed in both", []scanner.Leak{allowed, allowed}, false},
	} {
		if l := merged(t, c.leaks...); l.Counts() != c.want {
			t.Errorf("%s: counts %v, want %v", c.name, l.Counts(), c.want)
		}
	}
	if l := merged(t, leak("laminr", ""), leak("stripe", "")); l.Provider != scanner.ProviderUnknown || l.Evidence != "" {
		t.Errorf("two providers: %s, %s", l.Provider, l.Evidence)
	}
}
