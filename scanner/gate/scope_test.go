package gate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// graph is a checkout made of the parents of its commits.
type graph struct {
	commits map[string][]string
	cut     bool
}

func (g graph) parents(id string) ([]string, bool) {
	parents, here := g.commits[id]
	return parents, here
}

func (g graph) shallow() bool { return g.cut }

// id is the full id of a commit with a short name.
func id(name string) string { return strings.Repeat(name, 40) }

// whole is a repository in which e was proposed on top of b and merged as f, on trial, into c.
var whole = graph{commits: map[string][]string{
	id("a"): nil, id("b"): {id("a")}, id("c"): {id("b")}, id("e"): {id("b")}, id("f"): {id("c"), id("e")},
}}

func proposal(name, base, head, sha string) event {
	return event{name: name, sha: sha, PullRequest: &pullRequest{Base: side{SHA: base}, Head: side{SHA: head}}}
}

func TestAssign(t *testing.T) {
	one := graph{commits: map[string][]string{id("f"): {id("c"), id("e")}}, cut: true}
	two := graph{commits: map[string][]string{id("f"): {id("c"), id("e")}, id("c"): {id("b")}, id("e"): {id("b")}},
		cut: true}
	group := event{name: "merge_group", sha: id("f")}
	group.MergeGroup = &mergeGroup{Base: id("c"), Head: id("f")}
	trial := proposal("pull_request", id("b"), id("e"), id("f"))
	merged := proposal("pull_request", id("b"), id("9"), id("c"))
	merged.PullRequest.Merged = true
	for _, c := range []struct {
		name    string
		event   event
		scope   string
		in      checkout
		want    string // the range
		base    string
		guarded bool
		absent  string
		says    string // parts of the notes, with a | between them
	}{
		{"trial merge", trial, "", whole, id("c") + ".." + id("f"), id("c"), true, "", ""},
		{"head checked out", proposal("pull_request", id("b"), id("e"), id("9")), "", whole, id("b") + ".." + id("e"), id("b"), true, "", ""},
		{"a merge that is no trial", proposal("pull_request", id("b"), id("c"), id("f")), "", whole, id("b") + ".." + id("c"), id("b"), true, "", ""},
		{"review", proposal("pull_request_review", id("b"), id("e"), id("f")), "", whole, id("c") + ".." + id("f"), id("c"), true, "", ""},
		{"target", proposal("pull_request_target", id("b"), id("e"), id("f")), "", whole, id("b") + ".." + id("e"), id("b"), true, "", ""},
		{"target without head", proposal("pull_request_target", id("b"), id("9"), id("b")), "", whole, "", id("b"), true, id("9"), "not in the checkout|use the event pull_request"},
		{"merged and squashed", merged, "", whole, id("b") + ".." + id("c"), id("b"), true, "", ""},
		{"depth 1", trial, "", one, "", "", true, "", "does not have the commit that the change starts from|fetch-depth: 0"},
		{"depth 2", trial, "", two, id("c") + ".." + id("f"), id("c"), true, "", "fetch-depth: 0"},
		{"no repository", trial, "", nil, "", "", true, "", "no git repository"},
		{"no payload", event{name: "pull_request", sha: id("f")}, "", whole, "", "", true, "", "does not say"},
		{"everything", trial, ScopeEverything, whole, "", id("c"), true, "", ""},
		{"merge group", group, "", whole, id("c") + ".." + id("f"), id("c"), true, "", ""},
		{"push", event{name: "push", Before: id("a"), After: id("c")}, "", whole, id("a") + ".." + id("c"), "", false, "", ""},
		{"new branch", event{name: "push", After: id("c")}, "", whole, id("c"), "", false, "", ""},
		{"tag object elsewhere", event{name: "push", After: id("9"), sha: id("c")}, "", whole, id("c"), "", false, "", ""},
		{"forced", event{name: "push", Before: id("9"), After: id("c")}, "", whole, id("c"), "", false, "", "is gone"},
		{"push, depth 1", event{name: "push", Before: id("9"), After: id("f")}, "", one, "", "", false, "", "was at before|fetch-depth: 0"},
		{"push that is not here", event{name: "push", Before: id("a"), After: id("9")}, "", whole, "", "", false, id("9"), "not in the checkout"},
		{"push, no repository", event{name: "push", Before: id("a"), After: id("c")}, "", nil, "", "", false, "", "no git repository"},
		{"deleted", event{name: "push", Deleted: true, Before: id("a")}, ScopeEverything, one, "", "", false, "", "was deleted"},
		{"schedule", event{name: "schedule", sha: id("c")}, "", whole, "", "", false, "", ""},
		{"schedule, depth 1", event{name: "schedule", sha: id("f")}, "", one, "", "", false, "", "fetch-depth: 0"},
		{"no changes", event{name: "release"}, ScopeChanges, whole, "", "", false, "", "everything is scanned although"},
		{"unknown", event{name: "issue_comment", sha: id("c")}, "", whole, "", id("c"), true, "", "not one that skleak knows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := assign(c.event, c.scope, c.in)
			if commitsOf(got) != c.want || got.base != c.base || got.guarded != c.guarded || got.absent != c.absent {
				t.Errorf("%+v; want range %q, base %q, guarded %v, absent %q", got, c.want, c.base, c.guarded, c.absent)
			}
			if got.nothing != (c.name == "deleted") {
				t.Errorf("nothing to do: %v", got.nothing)
			}
			checkNotes(t, got.notes, c.says)
		})
	}
}

// commitsOf writes the commits to look at as git does.
func commitsOf(a assignment) string {
	if a.from == "" {
		return a.tip
	}
	return a.from + ".." + a.tip
}

func checkNotes(t *testing.T, notes []Note, says string) {
	t.Helper()
	want := strings.Split(says, "|")
	if says == "" {
		want = nil
	}
	if len(notes) != len(want) {
		t.Fatalf("notes %v, want %d", notes, len(want))
	}
	for i, part := range want {
		if !strings.Contains(notes[i].Text, part) {
			t.Errorf("note %q, want one with %q", notes[i].Text, part)
		}
	}
}

// Whatever an event file holds, nothing but ids of commits may come out of it.
func FuzzEvent(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("../../testdata/events", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("%d events, error %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".json"), "-")
		f.Add(name, text, id("c"))
		f.Add(name, []byte(strings.NewReplacer("{base}", id("a"), "{head}", id("b"), "{before}", id("a"), "{sha}", id("c")).Replace(string(text))), id("c"))
	}
	f.Fuzz(func(t *testing.T, name string, text []byte, sha string) {
		path := filepath.Join(t.TempDir(), "event.json")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := readEvent(map[string]string{"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": path, "GITHUB_SHA": sha})
		if err != nil && (e.PullRequest != nil || e.MergeGroup != nil || e.Before+e.After != "") {
			t.Errorf("an event with the error %v says %+v", err, e)
		}
		for _, in := range []checkout{nil, whole} {
			a := assign(e, ScopeAuto, in)
			for _, revision := range []string{a.tip, a.from, a.base, a.absent} {
				if revision != "" && commitID(revision) == "" {
					t.Errorf("%q came out of the event as a commit", revision)
				}
			}
			if isPullRequest(name) && !a.guarded {
				t.Error("a pull request is believed")
			}
		}
	})
}

func TestCommitID(t *testing.T) {
	for text, want := range map[string]bool{
		id("a"): true, strings.Repeat("0", 39) + "1": true, strings.Repeat("b", 64): true,
		"": false, id("0"): false, id("g"): false, id("A"): false, id("a")[1:]: false, id("a") + "a": false, strings.Repeat("0", 64): false,
		"main": false, id("a") + "..": false, id("a")[2:] + "\n\n": false,
	} {
		if got := commitID(text) != ""; got != want {
			t.Errorf("%q is the id of a commit: %v", text, got)
		}
	}
}
