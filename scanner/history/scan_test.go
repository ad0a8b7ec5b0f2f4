package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/git/pack"
)

// builtIn are the rules that all tests share: to compile a set takes longer than to scan a small repository.
var builtIn = provider.Default()

// collector keeps findings.
type collector struct{ found []scanner.Finding }

func (c *collector) Finding(f scanner.Finding) error {
	c.found = append(c.found, f)
	return nil
}

// result is what a scan told.
type result struct {
	found    []scanner.Finding
	coverage *scanner.Coverage
	hits     map[string]bool // "ID key" for each key in an object that is no tree
}

// scan searches the repository at path with the default rules.
func scan(t testing.TB, path string, o Options) result {
	t.Helper()
	r, err := tryScan(t.Context(), path, o)
	if err != nil {
		t.Fatalf("scanning: %v", err)
	}
	return r
}

func tryScan(ctx context.Context, path string, o Options) (result, error) {
	repo, err := Open(gitdir.Reach{Elsewhere: true}, path, false)
	if err != nil {
		return result{}, err
	}
	if o.Rules == nil {
		o.Rules = builtIn
	}
	if o.Jobs == 0 {
		o.Jobs = 2
	}
	o.Coverage = &scanner.Coverage{}
	var c collector
	err = repo.Scan(ctx, o, &c)
	return result{found: c.found, coverage: o.Coverage}, errors.Join(err, repo.Close())
}

// scanRange searches a range of the repository at path with the default rules.
func scanRange(t testing.TB, path, revisions string, o Options) result {
	t.Helper()
	return changesOf(t, path, Change{Range: revisions}, o)
}

// changesOf searches what is new in the repository at path with the default rules.
func changesOf(t testing.TB, path string, c Change, o Options) result {
	t.Helper()
	repo, err := Open(gitdir.Reach{Elsewhere: true}, path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	o.Coverage, o.Rules, o.Jobs = &scanner.Coverage{}, cmp.Or(o.Rules, builtIn), cmp.Or(o.Jobs, 2)
	var got collector
	if _, err := repo.Changes(t.Context(), c, o, &got); err != nil {
		t.Fatalf("searching what is new: %v", err)
	}
	return result{found: got.found, coverage: o.Coverage}
}

// searchOnly runs the first half of a scan.
func searchOnly(t testing.TB, path string) result {
	t.Helper()
	repo, err := open(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	repo.list()
	o := Options{Rules: builtIn, Coverage: &scanner.Coverage{}, Jobs: 2, Progress: &scanner.Progress{}}
	s := newSearch(repo, o)
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := result{coverage: o.Coverage, hits: map[string]bool{}}
	for number, h := range s.hits {
		for key := range h.keys.All() {
			if h.kind != pack.Tree {
				r.hits[repo.hex(repo.db.ID(number))+" "+s.keys.Key(key).Reveal()] = true
			}
		}
	}
	return r
}

// unreadable is the list of what could not be read, one in a line.
func (r result) unreadable() string {
	var lines []string
	for _, u := range r.coverage.UnreadableList() {
		lines = append(lines, fmt.Sprintf("%s %s: %s", u.Reason, u.Place, u.Detail))
	}
	return strings.Join(lines, "\n")
}

func (r result) skipped() string {
	var parts []string
	for _, s := range r.coverage.SkippedList() {
		parts = append(parts, fmt.Sprintf("%s %d", s.Reason, s.Count))
	}
	return strings.Join(parts, ", ")
}

// checkComplete fails the test if anything was not read, and if the counts are not git's own.
func (r result) checkComplete(t testing.TB, objects []gitObject) {
	t.Helper()
	if !r.coverage.Complete() {
		t.Errorf("not everything was read:\n%s", r.unreadable())
	}
	kinds := map[string]int64{}
	for _, o := range objects {
		kinds[o.kind]++
	}
	c := r.coverage
	got := fmt.Sprint(c.Objects.Load(), c.Blobs.Load(), c.Commits.Load(), c.Tags.Load())
	want := fmt.Sprint(len(objects), kinds["blob"], kinds["commit"], kinds["tag"])
	if got != want {
		t.Errorf("objects, blobs, commits, tags: %s, git counts %s", got, want)
	}
}

// checkPlaces fails the test where a finding's object does not have its key at its place.
func (r result) checkPlaces(t testing.TB, objects []gitObject) {
	t.Helper()
	content := map[string]string{}
	for _, o := range objects {
		content[o.id] = o.content
	}
	for _, f := range r.found {
		id := f.Blob
		if f.Source != scanner.SourceHistory {
			id = f.Commit.Hash
		}
		if id == "" {
			continue // the key is in a name
		}
		text := textAt(content[id], f.Place)
		if f.Form == "joined" {
			text = strings.ReplaceAll(text, `"`, "") // between the pieces
		}
		if text != f.Key.Reveal() {
			t.Errorf("%s does not have %v at %+v", id, f.Key, f.Place)
		}
	}
}

// textAt is what stands at a place, without the ends of lines: a key may go on in the next one. It is empty where there
// is no such place.
func textAt(content string, at scanner.Place) string {
	lines := strings.Split(content, "\n")
	if at.Line < 1 || at.EndLine < at.Line || at.EndLine > len(lines) {
		return ""
	}
	var text []rune
	for number := at.Line; number <= at.EndLine; number++ {
		line := []rune(lines[number-1])
		from, to := 1, len(line)+1
		if number == at.EndLine {
			to = at.EndColumn
		}
		if number == at.Line {
			from = at.Column
		}
		if from < 1 || to < from || to > len(line)+1 {
			return ""
		}
		text = append(text, line[from-1:to-1]...)
	}
	return string(text)
}

// lines writes findings in a form that is easy to read and to compare: names stand for ids.
//
//	SOURCE [PATH] [LINE:COLUMN] [by COMMIT] [reachable] [head] [refs…]
//
// Refs of other worktrees are left out: they come and go with the way in which a repository is stored.
func (r result) lines(key string, names map[string]string) (lines []string) {
	for _, f := range r.found {
		if f.Key.Reveal() != key {
			continue
		}
		parts := []string{string(f.Source)}
		if f.Path != "" {
			parts = append(parts, nameIDs(f.Path, names))
		}
		if f.RenamedFrom != "" {
			parts = append(parts, "from "+f.RenamedFrom)
		}
		if f.Line > 0 {
			parts = append(parts, fmt.Sprintf("%d:%d", f.Line, f.Column))
		}
		if f.Commit != nil {
			parts = append(parts, "by "+nameIDs(f.Commit.Hash, names))
		}
		if f.Reachable {
			parts = append(parts, "reachable")
		}
		if f.AtHead {
			parts = append(parts, "head")
		}
		for _, ref := range f.Refs {
			if !strings.HasPrefix(ref, "worktrees/") && !strings.HasPrefix(ref, "main-worktree/") {
				parts = append(parts, ref)
			}
		}
		lines = append(lines, strings.Join(parts, " "))
	}
	slices.Sort(lines)
	return lines
}

func nameIDs(text string, names map[string]string) string {
	for id, name := range names {
		text = strings.ReplaceAll(text, id, "<"+name+">")
	}
	return text
}

// plainKeys searches every object by itself and whole, which is the slow way to the same keys: "ID key".
func plainKeys(objects []gitObject) map[string]bool {
	keys := map[string]bool{}
	for _, o := range objects {
		if o.kind == "tree" {
			continue // names in trees have no object in their findings
		}
		builtIn.Scan([]byte(o.content), func(m rules.Match) { keys[o.id+" "+m.Key.Reveal()] = true })
	}
	return keys
}

// checkKeys compares the keys that the search finds with those of a plain one. Findings tell only of the object that
// introduced a key, so it looks at what the search has noted.
func checkKeys(t testing.TB, r result, want map[string]bool) {
	t.Helper()
	for key := range want {
		if !r.hits[key] {
			t.Errorf("missed: %.40s", key)
		}
	}
	for key := range r.hits {
		if !want[key] {
			t.Errorf("not there: %.40s", key)
		}
	}
}

// open opens a repository out of which nothing leads.
func open(path string, discover bool) (*Repo, error) { return Open(gitdir.Reach{}, path, discover) }
