package report

import (
	"fmt"

	"skleak/report/wrap"
	"skleak/scanner"
)

// verdict is what a repository of several comes to.
type verdict struct {
	scanner.Repository
	word  string // leaks, incomplete or clean
	leaks int    // those that count
}

// verdictsOf are the verdicts on all repositories.
func verdictsOf(r *shown) (all []verdict) {
	leaks := map[string]int{}
	for _, l := range r.Leaks {
		if l.Counts() {
			for _, name := range repositoriesOf(l) {
				leaks[name]++
			}
		}
	}
	for _, one := range r.Repositories {
		v := verdict{one, "clean", leaks[one.Name]}
		switch {
		case v.leaks > 0:
			v.word = "leaks"
		case !one.Coverage.Complete():
			v.word = "incomplete"
		}
		all = append(all, v)
	}
	return all
}

// reason says what the word does not.
func (v verdict) reason() string {
	text := ""
	if v.leaks > 0 {
		text = scanner.Counted(int64(v.leaks), "leaked key")
	}
	if n := v.Coverage.Unread(); n > 0 {
		if text != "" {
			text += ", "
		}
		text += scanner.Counted(n, "place") + " could not be read"
	}
	return text
}

// shownVerdicts is how many repositories text and Markdown list.
const shownVerdicts = 50

// listed are the verdicts that have room, those that are not clean first, and how many are left out.
func listedVerdicts(r *shown, all bool) (listed []verdict, more int) {
	var clean []verdict
	for _, v := range verdictsOf(r) {
		if v.word == "clean" {
			clean = append(clean, v)
		} else {
			listed = append(listed, v)
		}
	}
	listed = append(listed, clean...)
	if len(listed) > shownVerdicts && !all {
		return listed[:shownVerdicts], len(listed) - shownVerdicts
	}
	return listed, 0
}

// repositories writes the verdicts on several repositories, one a line.
func (t *text) repositories(r *shown) {
	if len(r.Repositories) < 2 {
		return
	}
	fmt.Fprintln(t, "repositories:")
	listed, more := listedVerdicts(r, t.o.Verbose)
	width := 0
	for _, v := range listed {
		width = max(width, wrap.Width(visible(v.Name)))
	}
	for _, v := range listed {
		paint := map[string]interface{ Sprint(...any) string }{"clean": t.dead, "leaks": t.live, "incomplete": t.test}[v.word]
		line := fmt.Sprintf("  %s  %s", wrap.Fill(visible(v.Name), min(width, widestName)), paint.Sprint(v.word))
		if reason := v.reason(); reason != "" {
			line += ": " + reason
		}
		t.line("%s", line)
	}
	if more > 0 {
		t.line("  and %s more (-v lists all)", scanner.Thousands(int64(more)))
	}
	fmt.Fprintln(t)
}

// widestName is the columns that names are filled up to, so that the verdicts stand below each other.
const widestName = 40
