package hosttest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"skleak/scanner/audit/hidden"
	"skleak/scanner/audit/hosts"
	"skleak/scanner/audit/hosttest"
	"skleak/scanner/audit/job"
	"skleak/scanner/audit/source"
	"skleak/scanner/git/fetch"
	"skleak/scanner/git/oid"
)

const token = "a-token-that-nobody-may-see"

// TestWholeWay: what a host lists is cloned with the same token, and what it says is hidden is served by its id.
func TestWholeWay(t *testing.T) {
	dir, shownID, hiddenID := hosttest.Project(t, "config.env", "a=1\n", "a=2\n")
	for _, kind := range []string{hosts.GitHub, hosts.GitLab, hosts.Gitea} {
		s := hosttest.New(t, kind, &hosttest.Repository{Name: "acme/api", Git: dir, Private: true, Pushes: []hosttest.Push{
			{Type: "force_push", Branch: "main", By: "ann", Before: hiddenID, After: shownID, When: time.Now()}}})
		s.Token = token
		o := hosts.Options{Credentials: fetch.Credentials{Token: token, Env: map[string]string{"PATH": os.Getenv("PATH")}}}
		text := kind + ":acme"
		switch kind {
		case hosts.GitHub:
			o.GitHubURL = s.URL
		case hosts.GitLab:
			o.GitLabURL = s.URL
		case hosts.Gitea:
			text = "gitea:" + s.URL + "/acme"
		}
		from, err := source.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		o.GiteaURLs = from.GiteaURLs()
		all, err := hosts.New(o)
		if err != nil {
			t.Fatal(err)
		}
		var list []job.Repository
		err = from.List(t.Context(), source.Options{Hosts: all}, func(r job.Repository) error { list = append(list, r); return nil })
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %v, %v", kind, list, err)
		}
		u, _, err := fetch.ParseURL(list[0].URL)
		if err != nil {
			t.Fatal(err)
		}
		r := fetch.Request{URL: u, Dir: t.TempDir(), Credentials: all.Credentials()}
		if err := fetch.Fetch(t.Context(), r); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		commits, err := hidden.List(t.Context(), list[0], all, hidden.Options{})
		if err != nil || len(commits) != 1 || commits[0].ID != hiddenID {
			t.Fatalf("%s: %v, %v", kind, commits, err)
		}
		id, err := oid.Parse(commits[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		asked, err := fetch.ByID(t.Context(), r, []oid.ID{id})
		if err != nil || len(asked.Served) != 1 {
			t.Errorf("%s: %+v, %v", kind, asked, err)
		}
		holdsNot(t, r.Dir, token)
		r.Dir, r.Credentials = t.TempDir(), fetch.Credentials{Env: map[string]string{"PATH": os.Getenv("PATH"), "GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1"}}
		if err := fetch.Fetch(t.Context(), r); err == nil {
			t.Errorf("%s: cloned without a token", kind)
		}
	}
}

// holdsNot holds that a text is in no file of a folder.
func holdsNot(t *testing.T, dir, text string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) {
			t.Errorf("%s holds it", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
