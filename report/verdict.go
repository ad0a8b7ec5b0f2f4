package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"skleak/report/escape"
	"skleak/rules"
	"skleak/scanner"
)

// tally counts leaks by what a person has to do about them.
type tally struct {
	live, test                      int64 // real and not suppressed
	placeholders, allowed, baseline int64 // do not count

	// of those that count, where any provider was asked
	active, inactive, unknown, unchecked int64
}

func tallyOf(r *shown) tally {
	var t tally
	for _, l := range r.Leaks {
		switch {
		case l.Placeholder:
			t.placeholders++
		case l.Suppressed == scanner.SuppressedBaseline:
			t.baseline++
		case l.Suppressed != "":
			t.allowed++
		default:
			t.add(l)
		}
	}
	return t
}

// add counts a leak that counts.
func (t *tally) add(l Leak) {
	if l.Environment == rules.Live {
		t.live++
	} else {
		t.test++
	}
	switch l.Status {
	case scanner.StatusActive:
		t.active++
	case scanner.StatusInactive:
		t.inactive++
	case scanner.StatusUnknown:
		t.unknown++
	default:
		t.unchecked++
	}
}

// verdict is what the run comes to, in a sentence without its full stop. It never says that nothing
// was found without saying what it could not read. Targets in it pass through quote.
func (r *shown) verdict(quote func(string) string) string {
	t := tallyOf(r)
	switch {
	case t.found() > 0 && r.Complete():
		return t.keys()
	case t.found() > 0:
		return t.keys() + ", and perhaps more: " + r.gap()
	case !r.Complete():
		return "nothing found in what was read, which tells little of the rest: " + r.gap()
	}
	clean := "no leaked keys found"
	switch ignored := t.aside(); {
	case r.Coverage.Empty():
		clean = "nothing to read at " + r.targets(quote)
	case ignored == "":
	case t.allowed+t.baseline > 0: // which are leaked
		clean += " that count (" + ignored + " ignored)"
	default:
		clean = "no leaks found (" + ignored + " ignored)"
	}
	return strings.Join(append([]string{clean}, r.hiding(quote)...), "; ")
}

// besides is what the verdict does not say of what was found and does not count.
func (r *shown) besides() string {
	t := tallyOf(r)
	if t.found() == 0 && r.Complete() && !r.Coverage.Empty() {
		return ""
	}
	return t.aside()
}

// hiding names what the target itself kept from being found, or from counting: a clean verdict is worth no more than
// that.
func (r *shown) hiding(quote func(string) string) (parts []string) {
	for _, l := range r.Coverage.LeftOut {
		l.By = quote(l.By)
		parts = append(parts, l.String())
	}
	for _, s := range r.Coverage.Skipped {
		if s.Reason == scanner.SkippedIgnored {
			parts = append(parts, scanner.LeftOut{By: quote(".gitignore"), Files: s.Count}.String())
		}
	}
	allowed := map[string]int64{}
	for _, l := range r.Leaks {
		by, _, _ := strings.Cut(l.SuppressedBy, ":")
		if strings.HasPrefix(by, "comment ") {
			by = "comments"
		}
		if l.Suppressed == scanner.SuppressedAllowed && (by == "comments" || strings.HasPrefix(by, ".skleak")) {
			allowed[escape.WordOr(quote, by)]++
		}
	}
	for _, by := range slices.Sorted(maps.Keys(allowed)) {
		parts = append(parts, scanner.Counted(allowed[by], "key")+" allowed by "+by)
	}
	return parts
}

// found is how many leaks count.
func (t tally) found() int64 { return t.live + t.test }

// keys writes "3 leaked keys: 1 live and 2 test", and behind it, where a provider was asked, "(1 active,
// 2 inactive)".
func (t tally) keys() string {
	var kinds []string
	if t.live > 0 {
		kinds = append(kinds, scanner.Thousands(t.live)+" live")
	}
	if t.test > 0 {
		kinds = append(kinds, scanner.Thousands(t.test)+" test")
	}
	return scanner.Counted(t.found(), "leaked key") + ": " + joined(kinds) + t.states()
}

func (t tally) states() string {
	if t.active+t.inactive+t.unknown == 0 {
		return ""
	}
	var parts []string
	for _, state := range []struct {
		n    int64
		word string
	}{{t.active, "active"}, {t.inactive, "inactive"}, {t.unknown, "of unknown status"}, {t.unchecked, "unchecked"}} {
		if state.n > 0 {
			parts = append(parts, scanner.Thousands(state.n)+" "+state.word)
		}
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// gap says why the run is not complete.
func (r *shown) gap() string {
	var why []string
	if r.Interrupted {
		why = append(why, "the scan was interrupted")
	}
	if n := r.Coverage.Unread(); n > 0 {
		why = append(why, scanner.Counted(n, "place")+" could not be read")
	}
	return joined(why)
}

// aside says what was found and does not count, "" where there is nothing of the kind.
func (t tally) aside() string {
	var parts []string
	if t.placeholders > 0 {
		parts = append(parts, scanner.Counted(t.placeholders, "placeholder"))
	}
	if t.allowed > 0 {
		parts = append(parts, scanner.Counted(t.allowed, "allowed key"))
	}
	if t.baseline > 0 {
		parts = append(parts, scanner.Counted(t.baseline, "key")+" in the baseline")
	}
	return joined(parts)
}

func (r *shown) targets(quote func(string) string) string {
	if len(r.Targets) == 0 {
		return "the target"
	}
	names := make([]string, len(r.Targets))
	for i, t := range r.Targets {
		names[i] = quote(t)
	}
	return firstOf(names, 5)
}

// summary is coverage in one line: what was read and how long it took, what was left out, what
// could not be read. Foreign text in it passes through quote.
func (r *shown) summary(quote func(string) string) string {
	c := r.Coverage
	line := "read " + readOf(c) + " in " + elapsed(r.Duration)
	if len(c.Skipped) > 0 {
		var parts []string
		for _, s := range c.Skipped {
			parts = append(parts, fmt.Sprintf("%s %s", scanner.Thousands(s.Count), escape.WordOr(quote, s.Reason)))
		}
		line += "; skipped: " + strings.Join(parts, ", ")
	}
	line += "; could not be read: "
	if n := c.Unread(); n > 0 {
		line += scanner.Thousands(n)
	} else {
		line += "none"
	}
	if r.Interrupted {
		line += "; interrupted"
	}
	return line
}

// readOf says how much was read.
func readOf(c Coverage) string {
	var read []string
	if c.Files > 0 {
		read = append(read, scanner.Counted(c.Files, "file"))
	}
	if c.Objects > 0 {
		read = append(read, fmt.Sprintf("%s (%s, %s, %s)", scanner.Counted(c.Objects, "object"),
			scanner.Counted(c.Blobs, "blob"), scanner.Counted(c.Commits, "commit"), scanner.Counted(c.Tags, "tag")))
	}
	return strings.Join(append(read, scanner.ByteSize(c.Bytes)), ", ")
}

// elapsed writes d as people time things: "4 ms", "2.3 s", "3 min 20 s".
func elapsed(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 59950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	d = d.Round(time.Second)
	return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
}

// joined writes a list as a sentence has it: "a, b and c".
func joined(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// firstOf writes the first limit of parts and how many more there are.
func firstOf(parts []string, limit int) string {
	if more := len(parts) - limit; more > 0 {
		return strings.Join(parts[:limit], ", ") + fmt.Sprintf(" and %s more", scanner.Thousands(int64(more)))
	}
	return joined(parts)
}
