package hidden

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skleak/scanner/audit/hosts"
	"skleak/scanner/audit/hosttest"
	"skleak/scanner/audit/job"
	"skleak/scanner/git/fetch"
)

const token = "a-token-that-nobody-may-see"

var kinds = []string{hosts.GitHub, hosts.GitLab, hosts.Gitea}

// around are hosts of which one is a server, and the repository that is asked for.
func around(t testing.TB, s *hosttest.Server, project string) (*hosts.Hosts, job.Repository) {
	t.Helper()
	o := hosts.Options{Credentials: fetch.Credentials{Env: map[string]string{strings.ToUpper(s.Kind) + "_TOKEN": s.Token}}}
	api := s.URL + "/api/v3/"
	switch s.Kind {
	case hosts.GitHub:
		o.GitHubURL = s.URL
	case hosts.GitLab:
		o.GitLabURL, api = s.URL, s.URL+"/api/v4/"
	case hosts.Gitea:
		o.GiteaURLs, api = []string{s.URL}, s.URL+"/api/v1/"
	}
	all, err := hosts.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return all, job.Repository{Host: job.Host{Kind: s.Kind, API: api, Project: project}}
}

// commit is the id of a commit that is called by a number.
func commit(n int) string { return fmt.Sprintf("%040x", n) }

func at(day int) time.Time { return time.Date(2026, 6, day, 12, 0, 0, 0, time.UTC) }

// pushes are a force-push, a branch that was deleted after two pushes, and an old force-push; the newest come first.
func pushes() []hosttest.Push {
	return []hosttest.Push{
		{Type: "force_push", Branch: "main", By: "ann", Before: commit(1), After: commit(2), When: at(9)},
		{Type: "branch_deletion", Branch: "topic/x", By: "bob", Before: commit(4), After: commit(0), When: at(8)},
		{Type: "push", Branch: "topic/x", By: "bob", Before: commit(3), After: commit(4), When: at(7)},
		{Type: "push", Branch: "topic/x", By: "bob", Before: commit(0), After: commit(3), When: at(6)},
		{Type: "force_push", Branch: "main", By: "ann", Before: commit(5), After: commit(1), When: at(2)},
	}
}

func TestList(t *testing.T) {
	for _, kind := range kinds {
		s := hosttest.New(t, kind, &hosttest.Repository{Name: "acme/api", Pushes: pushes()})
		s.Token = token
		all, r := around(t, s, "acme/api")
		got, err := List(t.Context(), r, all, Options{})
		want := []job.Hidden{
			{ID: commit(1), Ref: "main", Why: ForcePush, By: "ann", When: at(9)},
			{ID: commit(4), Ref: "topic/x", Why: DeletedBranch, By: "bob", When: at(8)},
			{ID: commit(5), Ref: "main", Why: ForcePush, By: "ann", When: at(2)},
		}
		if kind != hosts.GitHub { // any push may have been forced
			want = append(want[:1], append([]job.Hidden{{ID: commit(3), Ref: "topic/x", Why: ForcePush, By: "bob", When: at(7)}}, want[1:]...)...)
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", kind, err, diff)
		}
		got, err = List(t.Context(), r, all, Options{Since: at(9).Add(-time.Hour)})
		if len(got) != 1 || got[0].ID != commit(1) || err != nil {
			t.Errorf("%s: since then: %v, %v", kind, got, err)
		}
	}
}

// TestContentsOfGitea: Gitea tells of a push in several ways.
func TestContentsOfGitea(t *testing.T) {
	activity := func(kind, content string) string {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(`{"op_type": %q, "ref_name": "refs/heads/topic", "content": %s, "created": "2026-06-01T12:00:00Z"}`, kind, text)
	}
	const head = `"HeadCommit": {"Sha1": "%s", "Message": "x"}`
	for name, test := range map[string]struct{ content, want string }{
		"of a branch":   {`{"CompareURL": "acme/api/compare/main...` + commit(1) + `", ` + fmt.Sprintf(head, commit(1)) + `}`, commit(1)},
		"of a commit":   {`{"CompareURL": "sub/acme/api/compare/` + commit(0) + `...` + commit(1) + `"}`, commit(1)},
		"head alone":    {`{"CompareURL": "", ` + fmt.Sprintf(head, commit(1)) + `}`, commit(1)},
		"no head":       {`{"CompareURL": "", "HeadCommit": null}`, ""},
		"short id":      {`{` + fmt.Sprintf(head, "69554a6") + `}`, ""},
		"nothing":       {``, ""},
		"other options": {`{"CompareURL": "acme/api/compare/--x...` + commit(1) + `"}`, commit(1)},
	} {
		s := hosttest.New(t, hosts.Gitea, &hosttest.Repository{Name: "acme/api"})
		s.Odd = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("page") == "1" {
				fmt.Fprintf(w, "[%s, %s, %s, %s]", activity("delete_branch", `{"Len": 0}`), activity("delete_branch", ""), activity("commit_repo", ""), activity("commit_repo", test.content))
			} else {
				fmt.Fprint(w, "[]")
			}
			return true
		}
		all, r := around(t, s, "acme/api")
		got, err := List(t.Context(), r, all, Options{})
		if err != nil || len(got) > 1 || (test.want == "") != (len(got) == 0) || len(got) == 1 && (got[0].ID != test.want || got[0].Why != DeletedBranch) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestManyPages: all pages are read, and none of what is older than what was asked for.
func TestManyPages(t *testing.T) {
	var many []hosttest.Push
	for i := range 450 {
		many = append(many, hosttest.Push{Type: "force_push", Branch: "main", Before: commit(i + 1), After: commit(i), When: at(28).Add(-time.Duration(i) * time.Hour)})
	}
	for _, kind := range kinds {
		s := hosttest.New(t, kind, &hosttest.Repository{Name: "acme/api", Pushes: many})
		all, r := around(t, s, "acme/api")
		if got, err := List(t.Context(), r, all, Options{}); len(got) != 450 || err != nil {
			t.Errorf("%s: %d, %v", kind, len(got), err)
		}
		before := len(s.Asked())
		got, err := List(t.Context(), r, all, Options{Since: at(28).Add(-30 * time.Minute)})
		if len(got) != 1 || err != nil || kind != hosts.GitLab && len(s.Asked())-before > 2 {
			t.Errorf("%s: since then: %d, %v, asked %q", kind, len(got), err, s.Asked()[before:])
		}
	}
}

// TestManyAtOnce: workers ask for many repositories at once.
func TestManyAtOnce(t *testing.T) {
	for _, kind := range kinds {
		s := hosttest.New(t, kind, &hosttest.Repository{Name: "acme/api", Pushes: pushes()})
		all, r := around(t, s, "acme/api")
		var group sync.WaitGroup
		for range 16 {
			group.Go(func() {
				if got, err := List(t.Context(), r, all, Options{}); len(got) < 3 || err != nil {
					t.Errorf("%s: %v, %v", kind, got, err)
				}
			})
		}
		group.Wait()
	}
}

// TestNotAsked: a host that does not tell is noted, with the reason.
func TestNotAsked(t *testing.T) {
	for _, kind := range kinds {
		for status, want := range map[int]string{401: "refuses", 403: "lacks the right", 404: "knows nothing", 429: "left alone"} {
			s := hosttest.New(t, kind, &hosttest.Repository{Name: "acme/api", Pushes: pushes()})
			s.Token = token
			s.Odd = func(w http.ResponseWriter, _ *http.Request) bool {
				w.Header().Set("Retry-After", "300")
				hosttest.Refuse(w, status)
				return true
			}
			if status == 403 {
				s.Odd = func(w http.ResponseWriter, _ *http.Request) bool { hosttest.Refuse(w, status); return true }
			}
			all, r := around(t, s, "acme/api")
			start := time.Now()
			_, err := List(t.Context(), r, all, Options{})
			var not *NotAskedError
			if !errors.As(err, &not) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), token) || time.Since(start) > time.Minute {
				t.Errorf("%s, %d: %v", kind, status, err)
			}
		}
	}
	all, err := hosts.New(hosts.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := List(t.Context(), job.Repository{Path: "/srv/git/api"}, all, Options{}); len(got) != 0 || err != nil {
		t.Errorf("a path: %v, %v", got, err)
	}
	for _, project := range []string{"", "acme", "../user", "acme/../../user", "acme/api?x=1", "acme/api#", "a/b/c", "acme/api\n"} {
		r := job.Repository{Host: job.Host{Kind: hosts.GitHub, API: "https://api.github.com/", Project: project}}
		if _, err := List(t.Context(), r, all, Options{}); !errors.As(err, new(*NotAskedError)) {
			t.Errorf("%q: %v", project, err)
		}
	}
	r := job.Repository{Host: job.Host{Kind: hosts.GitHub, API: "https://evil.example.com/", Project: "acme/api"}}
	if _, err := List(t.Context(), r, all, Options{}); !errors.As(err, new(*NotAskedError)) {
		t.Errorf("another host: %v", err)
	}
}

// TestHostileActivity: what a host makes up is passed over, and ends.
func TestHostileActivity(t *testing.T) {
	odd := []hosttest.Push{
		{Type: "force_push", Before: "--upload-pack=touch x", Branch: "a"}, {Type: "force_push", Before: strings.Repeat("0", 40), Branch: "b"},
		{Type: "force_push", Before: commit(1) + "\n", Branch: "c"}, {Type: "force_push", Before: strings.ToUpper(commit(0xabc)), Branch: "d"},
		{Type: "force_push", Before: commit(2), After: commit(9), Branch: "e\x1b[31m", By: token, When: at(1)},
		{Type: "force_push", Before: commit(3), After: commit(9), Branch: strings.Repeat("f", 5000), By: "\u009b31m", When: at(1)},
	}
	for _, kind := range kinds {
		s := hosttest.New(t, kind, &hosttest.Repository{Name: "acme/api", Pushes: odd})
		s.Token = token
		all, r := around(t, s, "acme/api")
		got, err := List(t.Context(), r, all, Options{})
		want := []job.Hidden{{ID: commit(2), Why: ForcePush, When: at(1)}, {ID: commit(3), Why: ForcePush, When: at(1)}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", kind, err, diff)
		}
		for name, body := range map[string]string{"null": "null", "of null": "[null]", "object": `{"a": 1}`, "text": "<html>" + token, "deep": strings.Repeat("[", 100_000), "time": `[{"timestamp": "` + token + `", "created_at": 7}]`} {
			s.Odd = func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, body); return true }
			got, err := List(t.Context(), r, all, Options{})
			if len(got) != 0 || err != nil && (!errors.As(err, new(*NotAskedError)) || strings.Contains(err.Error(), token)) {
				t.Errorf("%s, %s: %v, %v", kind, name, got, err)
			}
		}
	}
}

// TestEndlessActivity: pages without end are read up to a bound.
func TestEndlessActivity(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of pages")
	}
	for _, kind := range kinds {
		s := hosttest.New(t, kind, &hosttest.Repository{Name: "acme/api", Pushes: pushes()})
		n := 0
		s.Odd = func(w http.ResponseWriter, r *http.Request) bool {
			n++
			w.Header().Set("Link", fmt.Sprintf(`<http://%s/?after=%d&page=%d>; rel="next"`, r.Host, n, n+1))
			w.Header().Set("X-Next-Page", fmt.Sprint(n+1))
			fmt.Fprint(w, `[{"before": "`+commit(n)+`"}]`)
			return true
		}
		all, r := around(t, s, "acme/api")
		if _, err := List(t.Context(), r, all, Options{}); !errors.As(err, new(*NotAskedError)) || n > maxPages+1 {
			t.Errorf("%s: asked %d times, %v", kind, n, err)
		}
	}
}
