package report

import (
	"cmp"
	"slices"
	"strings"

	"skleak/report/page"
	"skleak/report/wrap"
	"skleak/scanner"
)

// keyPages makes the cards of a page: what is known of one key, and what to do about it.
type keyPages struct {
	r     *shown
	o     Options
	trend *trend
	links links
}

func newKeyPages(r *shown, o Options, t *trend) *keyPages {
	return &keyPages{r: r, o: o, trend: t, links: linksOf(r)}
}

func (k *keyPages) repositories() (all []page.Repository) {
	for _, one := range verdictsOf(k.r) {
		all = append(all, page.Repository{Name: visible(one.Name), Path: visible(one.Path), Remote: visible(one.Remote),
			Branch: visible(one.Branch),
			Head:   visible(one.Head), HeadLink: k.links.sites[one.Name].Commit(one.Head), Verdict: one.word,
			Leaks: one.leaks, Gaps: one.Coverage.Unread(), Read: readOf(one.Coverage)})
	}
	return all
}

func (k *keyPages) key(l Leak) page.Key {
	out := page.Key{Fingerprint: l.Key.Fingerprint(), Shown: visible(k.o.keyOf(l)),
		Environment: visible(string(l.Environment)),
		Provider: visible(cmp.Or(l.Provider,
			scanner.ProviderUnknown)), Evidence: visible(l.Evidence), Detail: visible(l.StatusDetail),
		State: stateOfKey(l), Open: isOpen(l)}
	out.Status, out.Class = pageStatus(l)
	if !l.CheckedAt.IsZero() {
		out.Checked = l.CheckedAt.UTC().Format("2006-01-02 15:04 UTC")
	}
	out.IsNew = k.trend != nil && k.trend.fresh[out.Fingerprint]
	out.Events = eventsOf(l)
	for _, s := range spotsOf(l) {
		out.Places++
		k.add(&out, s)
	}
	out.Refs, out.LastRef = refsOf(l), k.lastRef(l)
	for _, f := range l.Findings {
		if c := f.Commit; c != nil && c.Author != "" && !slices.Contains(out.Authors, visible(c.Author)) &&
			len(out.Authors) < maxAuthors {
			out.Authors = append(out.Authors, visible(c.Author))
		}
	}
	for _, name := range repositoriesOf(l) {
		out.InRepositories = append(out.InRepositories, visible(name))
	}
	out.Next = k.steps(l)
	return out
}

// maxAuthors is by how many authors a card can be found. A key that hundreds of commits brought is nobody's.
const maxAuthors = 50

// add puts a place into the group of the commit that brought it there.
func (k *keyPages) add(out *page.Key, s spot) {
	f := s.Finding
	if len(s.history) > 0 {
		f.Commit = s.history[0].Commit
	}
	g := k.group(f)
	i := slices.IndexFunc(out.Groups, func(other page.Group) bool {
		return other.Commit == g.Commit && other.Link == g.Link && other.Author == g.Author && other.Summary == g.Summary
	})
	if i < 0 {
		i = len(out.Groups)
		out.Groups = append(out.Groups, g)
	}
	place := page.Place{Text: visible(placeOf(s.Finding)), Note: strings.Join(pageNotes(s), ", "), Link: k.links.line(s)}
	out.Groups[i].Places = append(out.Groups[i].Places, place)
}

func (k *keyPages) group(f scanner.Finding) page.Group {
	c := f.Commit
	if c == nil {
		return page.Group{}
	}
	g := page.Group{Commit: visible(shortID(c.Hash)), Link: k.links.commit(f), Author: visible(c.Author)}
	if !c.Date.IsZero() {
		g.Date = c.Date.Format("2006-01-02")
	}
	g.Summary = wrap.Cut(visible(c.Summary), summaryWidth, "…")
	return g
}

// pageNotes say what is unusual about a place, and whether it is still there.
func pageNotes(s spot) []string {
	notes := notesOf(s.Finding)
	switch f := s.Finding; {
	case len(s.history) > 0:
		notes = append(notes, "in the working tree and at HEAD")
	case f.Source == scanner.SourceHistory:
		notes = append(notes, stateWord(f, visible))
	case !isHistory(f) && f.Source != scanner.SourceIndex:
		notes = append(notes, "in a file")
	}
	return notes
}

// stateOfKey says in a few words where a key can still be reached.
func stateOfKey(l Leak) string {
	reachable, hidden, refs := false, false, refsOf(l)
	for _, f := range l.Findings {
		if f.AtHead {
			return "still at HEAD"
		}
		reachable, hidden = reachable || f.Reachable, hidden || f.Hidden != nil
	}
	switch {
	case isOpen(l):
		return "in a file"
	case len(refs) == 1 && refs[0] == "stash":
		return "only in the stash"
	case len(refs) > 0:
		return "not at HEAD; held by " + firstOf(refs, 1)
	case reachable:
		return "removed, and still in the history"
	case hidden:
		return hiddenWords
	}
	return "only in unreachable objects"
}

// refsOf are the refs that still have the key.
func refsOf(l Leak) (names []string) {
	for _, f := range l.Findings {
		for _, ref := range f.Refs {
			if name := visible(strings.TrimPrefix(ref, "refs/")); !slices.Contains(names, name) && len(names) < maxRefs {
				names = append(names, name)
			}
		}
	}
	return names
}

// maxRefs is how many refs a card names.
const maxRefs = 10

// eventsOf are the dates in the life of a key, the first commit first.
func eventsOf(l Leak) (events []page.Event) {
	seen := map[string]bool{}
	for _, f := range l.Findings {
		if c := f.Commit; c != nil && !seen[c.Hash] && rfc3339(c.Date) != "" {
			seen[c.Hash] = true
			events = append(events, page.Event{At: c.Date, Kind: page.Copied})
		}
	}
	slices.SortStableFunc(events, func(a, b page.Event) int { return a.At.Compare(b.At) })
	if len(events) > 0 {
		events[0].Kind = page.Introduced
	}
	if !isOpen(l) {
		events = append(events, goneEvents(l)...)
	}
	if !l.CheckedAt.IsZero() {
		events = append(events, page.Event{At: l.CheckedAt, Kind: page.Checked})
	}
	return events
}

// goneEvents are the dates at which a key that is in no file and not at HEAD went from there.
func goneEvents(l Leak) (events []page.Event) {
	seen := map[string]bool{}
	for _, f := range l.Findings {
		if r := f.Removed; r != nil && r.Commit != nil && !seen[r.Commit.Hash] && rfc3339(r.Commit.Date) != "" {
			seen[r.Commit.Hash] = true
			events = append(events, page.Event{At: r.Commit.Date, Kind: page.Removed})
		}
		if h := f.Hidden; h != nil && rfc3339(h.Date) != "" {
			events = append(events, page.Event{At: h.Date, Kind: page.Hidden})
		}
	}
	slices.SortStableFunc(events, func(a, b page.Event) int { return a.At.Compare(b.At) })
	return slices.Compact(events)
}

// lastRef is the ref that had a key last, with the date at which it lost it; "" where a ref has it still, or none is
// known to have had it.
func (k *keyPages) lastRef(l Leak) string {
	var last scanner.Removal
	name := ""
	for _, f := range l.Findings {
		if len(f.Refs) > 0 || !isHistory(f) {
			return ""
		}
		r := f.Removed
		if r == nil || r.Ref == "" || r.Commit == nil || name != "" && !r.Commit.Date.After(last.Commit.Date) {
			continue
		}
		last, name = *r, strings.TrimPrefix(r.Ref, "refs/")
		if branch := k.links.repos[f.Repository].Branch; name == "HEAD" && branch != "" {
			name = "heads/" + branch
		}
	}
	if name == "" || last.Commit.Date.IsZero() {
		return visible(name)
	}
	return visible(name) + last.Commit.Date.Format(", until 2006-01-02")
}

// steps say what to do about a key, with the commands that do it.
func (k *keyPages) steps(l Leak) []page.Step {
	var steps []page.Step
	target := k.target()
	known := l.Provider != "" && l.Provider != scanner.ProviderUnknown
	switch {
	case l.Status == scanner.StatusInactive:
		steps = append(steps, page.Step{Text: "Its provider does not accept it any more: there is nothing to revoke."})
	case l.Status == scanner.StatusActive:
		steps = append(steps, page.Step{Text: "Revoke it at " + visible(l.Provider) +
			" now, and put a new one where it is used.",
			Command: k.command(target, "revoke", "--revoke --dry-run")})
	case known && l.Status == scanner.StatusUnchecked:
		steps = append(steps, page.Step{Text: "Ask " + visible(l.Provider) +
			" whether it is active; revoke it if it is, or if nobody knows.",
			Command: k.command(target, "verify", "--verify")})
	default:
		steps = append(steps,
			page.Step{Text: "Find out whose it is, and revoke it there. It is taken for active till its provider says " +
				"something else."})
	}
	switch {
	case isOpen(l):
		steps = append(steps,
			page.Step{Text: "Take it out of the files above, and read it from the environment or a secret store."})
	case stateOfKey(l) == "only in the stash":
		steps = append(steps, page.Step{Text: "Drop the stash that has it."})
	default:
		steps = append(steps, page.Step{Text: "Once it is revoked, the history may keep it: who has a copy has it anyway."})
	}
	return append(steps, page.Step{Text: "If it is no secret, allow it with a reason.",
		Command: "echo '" + l.Key.Fingerprint() + " # why' >> .skleakignore"})
}

// target is what was scanned as an argument for a shell, "" if it cannot be written as one.
func (k *keyPages) target() string {
	words := make([]string, len(k.r.Targets))
	for i, t := range k.r.Targets {
		if t != visible(t) || strings.HasPrefix(t, "-") || strings.Contains(t, "…") {
			return ""
		}
		words[i] = t
		if strings.Trim(t, allowedInWord) != "" {
			words[i] = "'" + strings.ReplaceAll(t, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// allowedInWord are characters that no shell takes for anything else.
const allowedInWord = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./"

// command joins a command with its target, "" if there is none.
// command is how skleak does something about the key: by a scan with flags, or, of an audit, by the report beside the page.
func (k *keyPages) command(target, again, flags string) string {
	if !k.r.Audit {
		return command("skleak scan", target, flags)
	}
	name := "audit.json"
	if len(k.o.Beside) > 0 && strings.Trim(k.o.Beside[0].Name, allowedInWord) == "" {
		name = k.o.Beside[0].Name
	}
	if again == "revoke" {
		name += " --dry-run"
	}
	return "skleak " + again + " --report " + name
}

func command(name, target, flags string) string {
	if target == "" {
		return ""
	}
	return name + " " + target + " " + flags
}
