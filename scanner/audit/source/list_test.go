package source

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skleak/scanner/audit/hosts"
	"skleak/scanner/audit/hosttest"
	"skleak/scanner/audit/job"
	"skleak/scanner/git/fetch"
)

// token is one that no host knows the look of.
const token = "a-token-that-nobody-may-see"

// around are hosts of which one is a server of a test.
func around(t testing.TB, s *hosttest.Server, change func(*hosts.Options)) *hosts.Hosts {
	t.Helper()
	o := hosts.Options{Credentials: fetch.Credentials{Env: map[string]string{}}}
	if s != nil {
		switch s.Kind {
		case hosts.GitHub:
			o.GitHubURL = s.URL
		case hosts.GitLab:
			o.GitLabURL = s.URL
		case hosts.Gitea:
			o.GiteaURLs = []string{s.URL}
		}
		if s.Token != "" {
			o.Credentials.Env[strings.ToUpper(s.Kind)+"_TOKEN"] = s.Token
		}
	}
	if change != nil {
		change(&o)
	}
	h, err := hosts.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// result is what a listing came to.
type result struct {
	all          []job.Repository
	left, missed map[string]int64
	said         []string
	err          error
}

func (r result) names() (names []string) {
	for _, one := range r.all {
		names = append(names, one.Name)
	}
	return names
}

func run(t testing.TB, text string, o Options) (r result) {
	t.Helper()
	s, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	r.left, r.missed = map[string]int64{}, map[string]int64{}
	o.Left, o.Missed = r.left, r.missed
	o.Say = func(format string, args ...any) { r.said = append(r.said, fmt.Sprintf(format, args...)) }
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	r.err = s.List(ctx, o, func(one job.Repository) error { r.all = append(r.all, one); return nil })
	return r
}

// many are repositories of an owner.
func many(owner string, n int) (list []*hosttest.Repository) {
	for i := range n {
		list = append(list, &hosttest.Repository{Name: fmt.Sprintf("%s/project-%03d", owner, i)})
	}
	return list
}

// named is where a server's source begins.
func sourceAt(s *hosttest.Server, path string) string {
	if s.Kind == hosts.Gitea {
		return "gitea:" + s.URL + "/" + path
	}
	return s.Kind + ":" + path
}

var kinds = []string{hosts.GitHub, hosts.GitLab, hosts.Gitea}

// TestPages: all pages are listed, each repository once, and it is asked for as little as can be.
func TestPages(t *testing.T) {
	for _, kind := range kinds {
		s := hosttest.New(t, kind, many("acme", 230)...)
		s.Add(many("other", 3)...)
		s.Token = token
		r := run(t, sourceAt(s, "acme"), Options{Hosts: around(t, s, nil)})
		if r.err != nil || len(r.all) != 230 || len(slices.Compact(r.names())) != 230 {
			t.Errorf("%s: %d repositories, %v", kind, len(r.all), r.err)
		}
		if most := map[string]int{hosts.GitHub: 4, hosts.GitLab: 3, hosts.Gitea: 6}[kind]; len(s.Asked()) > most {
			t.Errorf("%s was asked %q", kind, s.Asked())
		}
	}
}

// TestPagesBehindProxies: where a proxy takes the links to other pages out of the answers, nothing is missed.
func TestPagesBehindProxies(t *testing.T) {
	for _, kind := range kinds {
		for _, n := range []int{0, 99, 100, 200, 250} {
			s := hosttest.New(t, kind, many("acme", n)...)
			s.Users = []string{"acme"}
			s.Odd = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("X-Forwarded") != "" {
					return false
				}
				r.Header.Set("X-Forwarded", "yes")
				s.ServeHTTP(&proxied{w}, r)
				return true
			}
			r := run(t, sourceAt(s, "acme"), Options{Hosts: around(t, s, nil)})
			if len(r.all) != n || (r.err == nil) != (n > 0) {
				t.Errorf("%s: %d of %d, %v", kind, len(r.all), n, r.err)
			}
		}
	}
}

// proxied takes out of an answer where other pages are.
type proxied struct{ http.ResponseWriter }

func (p *proxied) Write(b []byte) (int, error) {
	for _, name := range []string{"Link", "X-Next-Page", "X-Total", "X-Total-Count"} {
		p.Header().Del(name)
	}
	return p.ResponseWriter.Write(b)
}

// TestWhatIsListed holds what is told of a repository.
func TestWhatIsListed(t *testing.T) {
	pushed := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, kind := range kinds {
		s := hosttest.New(t, kind, &hosttest.Repository{Name: "acme/api", Private: true, Fork: true, Archived: true, Kilobyte: 7,
			PushedAt: pushed})
		r := run(t, sourceAt(s, "acme/api"), Options{Hosts: around(t, s, nil)})
		host := strings.TrimPrefix(s.URL, "http://")
		api := map[string]string{hosts.GitHub: "/api/v3/", hosts.GitLab: "/api/v4/", hosts.Gitea: "/api/v1/"}[kind]
		want := job.Repository{
			Name: host + "/acme/api", URL: s.URL + "/acme/api.git", Host: job.Host{Kind: kind, API: s.URL + api, Project: "acme/api"},
			Bytes: 7 << 10, Visibility: "private", Fork: true, Archived: true, PushedAt: pushed,
		}
		if kind == hosts.GitLab { // it tells its size to nobody but a member
			want.Bytes = 0
		}
		if diff := cmp.Diff([]job.Repository{want}, r.all); diff != "" || r.err != nil {
			t.Errorf("%s: %v\n%s", kind, r.err, diff)
		}
	}
}

// TestGiteaBelowAPath: a Gitea need not be at the root of its host, and what is at the root may answer in any way.
func TestGiteaBelowAPath(t *testing.T) {
	for name, root := range map[string]http.HandlerFunc{
		"nothing": http.NotFound, "a page": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.com/", http.StatusFound)
		},
	} {
		s := hosttest.New(t, hosts.Gitea, many("acme", 3)...)
		mux := http.NewServeMux()
		mux.Handle("/git/", http.StripPrefix("/git", s))
		mux.Handle("/", root)
		outer := httptest.NewServer(mux)
		defer outer.Close()
		s.URL = outer.URL + "/git"
		for path, want := range map[string]int{"/acme": 3, "/acme/project-001": 1} {
			r := run(t, "gitea:"+s.URL+path, Options{Hosts: around(t, s, nil)})
			if r.err != nil || len(r.all) != want || !strings.HasPrefix(r.all[0].URL, s.URL+"/acme/") {
				t.Errorf("%s, %s: %q, %v", name, path, r.names(), r.err)
			}
		}
	}
}

func TestUsersAndGroups(t *testing.T) {
	for _, kind := range kinds {
		s := hosttest.New(t, kind, &hosttest.Repository{Name: "ann/public"}, &hosttest.Repository{Name: "ann/secret", Private: true},
			&hosttest.Repository{Name: "acme/api"})
		s.Token, s.Users = token, []string{"ann"}
		if kind == hosts.GitLab {
			s.Add(&hosttest.Repository{Name: "acme/sub/deep/tool"})
		}
		if r := run(t, sourceAt(s, "ann"), Options{Hosts: around(t, s, nil)}); r.err != nil || len(r.all) == 0 {
			t.Errorf("%s: a user: %q, %v", kind, r.names(), r.err)
		}
		r := run(t, sourceAt(s, "acme"), Options{Hosts: around(t, s, nil)})
		if want := map[bool]int{true: 2, false: 1}[kind == hosts.GitLab]; len(r.all) != want || r.err != nil {
			t.Errorf("%s: an organisation: %q, %v", kind, r.names(), r.err)
		}
	}
}

// TestOneself: what is private is shown to its owner alone, and in another list.
func TestOneself(t *testing.T) {
	s := hosttest.New(t, hosts.GitHub, &hosttest.Repository{Name: "ann/public"}, &hosttest.Repository{Name: "ann/secret", Private: true})
	s.Token, s.Me = token, "Ann"
	for _, text := range []string{"github:ann", "github:"} {
		if r := run(t, text, Options{Hosts: around(t, s, nil)}); r.err != nil || len(r.all) != 2 {
			t.Errorf("%s: %q, %v", text, r.names(), r.err)
		}
	}
}

// TestInstallation: an app sees what it was given, and what is public besides.
func TestInstallation(t *testing.T) {
	s := hosttest.New(t, hosts.GitHub, &hosttest.Repository{Name: "acme/api", Private: true}, &hosttest.Repository{Name: "other/tool"})
	s.Token = "ghs" + "_" + strings.Repeat("x", 30)
	if r := run(t, "github:", Options{Hosts: around(t, s, nil)}); r.err != nil || len(r.all) != 2 {
		t.Errorf("all: %q, %v", r.names(), r.err)
	}
	if r := run(t, "github:acme", Options{Hosts: around(t, s, nil)}); r.err != nil || len(r.all) != 1 {
		t.Errorf("one owner: %q, %v", r.names(), r.err)
	}
	if asked := strings.Join(s.Asked(), " "); !strings.Contains(asked, "/installation/repositories") {
		t.Errorf("asked %s", asked)
	}
}

func TestFilters(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 5, n, 0, 0, 0, 0, time.UTC) }
	s := hosttest.New(t, hosts.GitHub,
		&hosttest.Repository{Name: "acme/api", PushedAt: day(9)}, &hosttest.Repository{Name: "acme/Website", PushedAt: day(3)},
		&hosttest.Repository{Name: "acme/fork", Fork: true}, &hosttest.Repository{Name: "acme/old", Archived: true},
		&hosttest.Repository{Name: "acme/empty"})
	for text, test := range map[string]struct {
		o    Options
		want string
		left map[string]int64
	}{
		"nothing said":  {Options{}, "api Website empty", map[string]int64{Fork: 1, Archived: 1}},
		"all":           {Options{Forks: true, Archived: true}, "api Website fork old empty", map[string]int64{}},
		"since":         {Options{Since: day(5)}, "api empty", map[string]int64{Fork: 1, Archived: 1, NotPushed: 1}},
		"include":       {Options{Include: []string{"A*"}}, "api", map[string]int64{NotIncluded: 4}},
		"owner":         {Options{Include: []string{"acme/{api,website}"}}, "api Website", map[string]int64{NotIncluded: 3}},
		"other owner":   {Options{Include: []string{"cme/*", "a/**"}}, "", map[string]int64{NotIncluded: 5}},
		"exclude":       {Options{Exclude: []string{"**/website", "[ef]*"}}, "api", map[string]int64{Excluded: 3, Archived: 1}},
		"the whole one": {Options{Include: []string{strings.TrimPrefix(s.URL, "http://") + "/**"}}, "api Website empty", map[string]int64{Fork: 1, Archived: 1}},
	} {
		test.o.Hosts = around(t, s, nil)
		r := run(t, "github:acme", test.o)
		var names []string
		for _, name := range r.names() {
			names = append(names, name[strings.LastIndex(name, "/")+1:])
		}
		if got := strings.Join(names, " "); got != test.want || !maps.Equal(r.left, test.left) || r.err != nil {
			t.Errorf("%s: %q, left out %v, %v", text, got, r.left, r.err)
		}
		if said := strings.Join(r.said, "\n"); (test.want == "") != strings.Contains(said, "5 not included") {
			t.Errorf("%s: said %q", text, said)
		}
	}
	if r := run(t, "github:acme/fork", Options{Hosts: around(t, s, nil)}); len(r.all) != 1 {
		t.Errorf("a fork that was named: %q, %v", r.names(), r.err)
	}
	if r := run(t, "github:acme", Options{Hosts: around(t, s, nil), Include: []string{"["}}); r.err == nil {
		t.Error("no error for a glob that is none")
	}
}

// TestNothing: a source that has nothing is an error that says what to try.
func TestNothing(t *testing.T) {
	for _, kind := range kinds {
		s := hosttest.New(t, kind, many("acme", 1)...)
		r := run(t, sourceAt(s, "acne"), Options{Hosts: around(t, s, nil)})
		if r.err == nil || !strings.Contains(r.err.Error(), "listing "+sourceAt(s, "acne")) || !strings.Contains(r.err.Error(), strings.ToUpper(kind)+"_TOKEN") {
			t.Errorf("%s: %v", kind, r.err)
		}
	}
}

// TestOnce: of several sources that name the same, it is listed once; where one fails, the others are listed.
func TestOnce(t *testing.T) {
	s := hosttest.New(t, hosts.GitHub, many("acme", 3)...)
	var sources []Source
	for _, text := range []string{"github:acme", "github:nobody", "github:acme/project-001", s.URL + "/Acme/Project-001", s.URL + "/acme/project-002.git/"} {
		one, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, one)
	}
	var names []string
	left := map[string]int64{}
	err := Join(sources...).List(t.Context(), Options{Hosts: around(t, s, nil), Left: left}, func(r job.Repository) error {
		names = append(names, r.Name)
		return nil
	})
	if len(names) != 3 || left[Twice] != 3 || err == nil || strings.Count(err.Error(), "\n") != 0 || !strings.Contains(err.Error(), "github:nobody") {
		t.Errorf("%q, %v", names, err)
	}
}

// TestSinceOfGitLab: GitLab notes one activity in an hour, so that a later push may not show.
func TestSinceOfGitLab(t *testing.T) {
	pushed := time.Date(2026, 5, 9, 10, 0, 0, 0, time.UTC)
	s := hosttest.New(t, hosts.GitLab, &hosttest.Repository{Name: "acme/api", PushedAt: pushed})
	for after, want := range map[time.Duration]int{30 * time.Minute: 1, 2 * time.Hour: 0} {
		if r := run(t, "gitlab:acme", Options{Hosts: around(t, s, nil), Since: pushed.Add(after)}); len(r.all) != want || r.err != nil {
			t.Errorf("%v: %q, %v", after, r.names(), r.err)
		}
	}
}

// TestLatestOfGitLab: while GitLab may not have noted the last push, the time of it is not one that stays.
func TestLatestOfGitLab(t *testing.T) {
	for ago, late := range map[time.Duration]bool{30 * time.Minute: true, 2 * time.Hour: false} {
		s := hosttest.New(t, hosts.GitLab, &hosttest.Repository{Name: "acme/api", PushedAt: time.Now().Add(-ago)})
		r := run(t, "gitlab:acme", Options{Hosts: around(t, s, nil)})
		if len(r.all) != 1 || (time.Since(r.all[0].PushedAt) < 10*time.Minute) != late {
			t.Errorf("%v ago: %+v, %v", ago, r.all, r.err)
		}
	}
}

func TestAddFails(t *testing.T) {
	s := hosttest.New(t, hosts.GitHub, many("acme", 250)...)
	full := errors.New("the disk is full")
	one, err := Parse("github:acme")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = one.List(t.Context(), Options{Hosts: around(t, s, nil)}, func(job.Repository) error { n++; return full })
	if err != full || n != 1 || len(s.Asked()) > 2 {
		t.Errorf("%v after %d, asked %d times", err, n, len(s.Asked()))
	}
}

// TestTwins: two URLs that make one name are two repositories.
func TestTwins(t *testing.T) {
	list := filepath.Join(t.TempDir(), "list")
	text := "git@h.example:repo\nalice@h.example:repo\ngit://h.example/twin\ngit://h.example/twin.git\ngit://h.example/twin\n"
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, "@"+list, Options{Hosts: around(t, nil, nil)})
	names := map[string]bool{}
	for _, one := range r.all {
		names[one.Name] = true
	}
	if len(r.all) != 4 || len(names) != 4 || r.err != nil {
		t.Errorf("%q, %v", r.names(), r.err)
	}
}
