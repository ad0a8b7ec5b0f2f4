package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"skleak/scanner/audit/hosts"
	"skleak/scanner/audit/hosttest"
	"skleak/scanner/audit/job"
)

// TestNamesThatAreNone: what a host calls its repositories, and where it says they lie, is taken if it is the host's own.
// Of what is refused, nothing is repeated.
func TestNamesThatAreNone(t *testing.T) {
	for _, kind := range kinds {
		names := []string{"", "acme", "acme/", "/api", "acme/..", "../api", "acme/a b", "acme/\x1b[31mred", "acme/a\nb", "acme/\u202egpj", "acme/api?x", "acme/api#x", "acme/%2e%2e",
			"acme/" + token, "acme/x-" + strings.ToUpper(token), "acme/" + strings.Repeat("a", 300), strings.Repeat("a/", 600) + "b"}
		if kind != hosts.GitLab {
			names = append(names, "acme/sub/api")
		}
		var all []*hosttest.Repository
		for _, name := range names {
			all = append(all, &hosttest.Repository{Name: name})
		}
		s := hosttest.New(t, kind)
		s.Token = token
		for _, address := range []string{"https://evil.example.com/acme/api.git", "file:///etc/acme/api.git", "ext::sh -c x", "git@evil.example.com:acme/api.git", "-oProxyCommand=x:acme/api", "//evil.example.com/acme/api.git",
			s.URL + "/acme/other.git", s.URL + "/acme/api.git?x", s.URL + "/acme/api.git#x", s.URL + "/x/../acme/api.git", strings.Replace(s.URL, "http://", "http://me:"+token+"@", 1) + "/acme/api.git",
			strings.Replace(s.URL, "http:", "https:", 1) + "/acme/api.git", strings.Replace(s.URL, "http:", "git:", 1) + "/acme/api.git", s.URL + "0/acme/api.git", s.URL + ".evil.example.com/acme/api.git", s.URL + "\x1b/acme/api.git", "relative/acme/api.git", "\x00"} {
			all = append(all, &hosttest.Repository{Name: "acme/api", CloneURL: address})
		}
		good := &hosttest.Repository{Name: "acme/good"}
		s.Add(good)
		s.Odd = instead(t, s, append(all, good))
		r := run(t, sourceAt(s, "acme"), Options{Hosts: around(t, s, nil)})
		if r.err != nil || len(r.all) != 1 || r.missed[BadName] != int64(len(all)) {
			t.Errorf("%s: %q of %d, missed %v, %v", kind, r.names(), len(all), r.missed, r.err)
		}
		if len(r.said) != maxSaid+1 {
			t.Errorf("%s: said %q", kind, r.said)
		}
		for _, said := range r.said {
			if strings.Contains(strings.ToLower(said), token) || strings.ContainsAny(said, "\x1b\n\x00") || strings.Contains(said, "evil") || strings.Contains(said, "\u202e") {
				t.Errorf("%s: said %q", kind, said)
			}
		}
	}
}

// TestKeysInNames: a repository whose name is a key is listed, and where its name is said, the key is not.
func TestKeysInNames(t *testing.T) {
	key := strings.Join([]string{"sk", "live", "9fKq2LmZ8xWv4TbN7cRy1HdG"}, "_")
	s := hosttest.New(t, hosts.GitHub, &hosttest.Repository{Name: "acme/" + key}, &hosttest.Repository{Name: "acme/x-" + key, CloneURL: "https://evil.example.com"})
	r := run(t, "github:acme", Options{Hosts: around(t, s, nil)})
	if len(r.all) != 1 || !strings.HasSuffix(r.all[0].URL, "/"+key+".git") || len(r.said) != 1 || strings.Contains(r.said[0], key) || !strings.Contains(r.said[0], "sk_live_9fKq") {
		t.Errorf("%q, said %q, %v", r.names(), r.said, r.err)
	}
}

// instead answers lists of a host with repositories of any names, which no host could look up.
func instead(t testing.TB, s *hosttest.Server, all []*hosttest.Repository) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/repos") && !strings.HasSuffix(r.URL.Path, "/projects") {
			return false
		}
		var list []any
		for _, one := range all {
			list = append(list, s.Describe(one))
		}
		if err := json.NewEncoder(w).Encode(list); err != nil {
			t.Error(err)
		}
		return true
	}
}

// TestEndlessPages: a host that lists without end is left at some time, and it is said.
func TestEndlessPages(t *testing.T) {
	for _, kind := range kinds {
		for name, next := range map[string]func(page int) int{
			"the same again": func(int) int { return 1 }, "backwards": func(page int) int { return page - 1 }, "forwards": func(page int) int { return page + 1 }, "far": func(int) int { return 1 << 40 }, "negative": func(int) int { return -5 },
		} {
			s := hosttest.New(t, kind, many("acme", 1)...)
			n := 0
			s.Odd = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/repos") && !strings.HasSuffix(r.URL.Path, "/projects") {
					return false
				}
				n++
				page := max(1, number(r.URL.Query().Get("page")))
				w.Header().Set("Link", fmt.Sprintf(`<http://%s/?page=%d>; rel="next"`, r.Host, next(page)))
				w.Header().Set("X-Next-Page", fmt.Sprint(next(page)))
				w.Header().Set("X-Total-Count", "9999999999")
				var list []any
				for i := range 20 {
					list = append(list, s.Describe(&hosttest.Repository{Name: fmt.Sprintf("acme/project-%d-%d", page, i)}))
				}
				if err := json.NewEncoder(w).Encode(list); err != nil {
					t.Error(err)
				}
				return true
			}
			r := run(t, sourceAt(s, "acme"), Options{Hosts: around(t, s, nil), most: 1000})
			if r.err == nil && name != "backwards" || len(r.all) > 1000 || n > 60 || r.err != nil && !strings.Contains(r.err.Error(), "is it well?") {
				t.Errorf("%s, %s: asked %d times, %d repositories, %v", kind, name, n, len(r.all), r.err)
			}
		}
		s := hosttest.New(t, kind, many("acme", 1)...)
		n := 0
		s.Odd = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/repos") && !strings.HasSuffix(r.URL.Path, "/projects") {
				return false
			}
			n++
			w.Header().Set("Link", fmt.Sprintf(`<http://%s/?page=%d>; rel="next"`, r.Host, n+1))
			w.Header().Set("X-Next-Page", fmt.Sprint(n+1))
			fmt.Fprint(w, "[]")
			return true
		}
		if r := run(t, sourceAt(s, "acme"), Options{Hosts: around(t, s, nil)}); r.err == nil || n > maxBarren+1 {
			t.Errorf("%s: empty pages: asked %d times, %v", kind, n, r.err)
		}
	}
}

func number(text string) (n int) {
	if _, err := fmt.Sscan(text, &n); err != nil {
		return 0
	}
	return n
}

// TestAnswersThatAreNone: an answer that is none is told as one, without a word of it.
func TestAnswersThatAreNone(t *testing.T) {
	for _, kind := range kinds {
		for name, body := range map[string]string{
			"text": "<html>" + token, "null": "null", "of null": "[null, null]", "an object": `{"message": "` + token + `"}`, "half": `[{"full_name": "acme/a`, "deep": strings.Repeat("[", 100_000), "nothing": "",
			"other types": `[{"full_name": 7, "path_with_namespace": ["` + token + `"], "size": "` + token + `"}]`, "a time": `[{"full_name": "acme/a", "pushed_at": "` + token + `\u001b[31m", "updated_at": "` + token + `", "last_activity_at": "` + token + `"}]`,
			"sizes": `[{"full_name": "acme/a", "size": 99999999999999999999}]`,
		} {
			s := hosttest.New(t, kind, many("acme", 1)...)
			s.Token = token
			s.Odd = func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, body); return true }
			r := run(t, sourceAt(s, "acme"), Options{Hosts: around(t, s, nil)})
			said := strings.Join(r.said, "\n")
			if r.err == nil && len(r.missed) == 0 || len(r.all) != 0 || strings.Contains(fmt.Sprint(r.err, said), token) || strings.ContainsAny(fmt.Sprint(r.err, said), "\x1b") {
				t.Errorf("%s, %s: %q, %v, %v", kind, name, r.names(), r.err, r.said)
			}
		}
	}
}

// TestRenamed: what was renamed is followed on its host, and told under the name that it has now.
func TestRenamed(t *testing.T) {
	other := hosttest.New(t, hosts.GitHub, many("acme", 1)...)
	s := hosttest.New(t, hosts.GitHub, &hosttest.Repository{Name: "acme/new"})
	s.Token = token
	base := s.URL
	s.Odd = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/old") {
			return false
		}
		http.Redirect(w, r, base+"/api/v3/repos/acme/new", http.StatusMovedPermanently)
		return true
	}
	r := run(t, "github:acme/old", Options{Hosts: around(t, s, nil)})
	if r.err != nil || len(r.all) != 1 || !strings.HasSuffix(r.all[0].Name, "/acme/new") {
		t.Errorf("%q, %v", r.names(), r.err)
	}
	base = other.URL
	r = run(t, "github:acme/old", Options{Hosts: around(t, s, nil)})
	if r.err == nil || !strings.Contains(r.err.Error(), "another place") || len(other.Asked()) != 0 {
		t.Errorf("%q, %v, the other was asked %q", r.names(), r.err, other.Asked())
	}
}

// TestNotShown: that a host has more than it lists is told, and makes the listing incomplete.
func TestNotShown(t *testing.T) {
	s := hosttest.New(t, hosts.GitHub, many("acme", 3)...)
	s.Odd = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/orgs/acme") {
			fmt.Fprint(w, `{"login": "acme", "public_repos": 3, "total_private_repos": 4}`)
			return true
		}
		w.Header().Set("X-GitHub-SSO", "partial-results; organizations="+token)
		return false
	}
	r := run(t, "github:acme", Options{Hosts: around(t, s, nil)})
	if r.err != nil || len(r.all) != 3 || r.missed[NotShown] != 5 || len(r.said) != 2 || strings.Contains(strings.Join(r.said, ""), token) {
		t.Errorf("%q, missed %v, said %q, %v", r.names(), r.missed, r.said, r.err)
	}
}

// TestOneTokenForOneHost: the token of --token-file goes to the one host that the sources name, or nowhere.
func TestOneTokenForOneHost(t *testing.T) {
	hub, tea := hosttest.New(t, hosts.GitHub, many("acme", 1)...), hosttest.New(t, hosts.Gitea, many("acme", 1)...)
	all := around(t, hub, func(o *hosts.Options) { o.GiteaURLs, o.Credentials.Token = []string{tea.URL}, token })
	list := func(texts ...string) error {
		var sources []Source
		for _, text := range texts {
			one, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, one)
		}
		return Join(sources...).List(t.Context(), Options{Hosts: all}, func(job.Repository) error { return nil })
	}
	for _, two := range [][]string{{"github:acme", "gitea:" + tea.URL + "/acme"}, {"github:acme", "gitlab:acme"}, {"github:acme", "https://example.com/a/b"}} {
		if err := list(two...); err == nil || !strings.Contains(err.Error(), "one host") || strings.Contains(err.Error(), token) {
			t.Errorf("%q: %v", two, err)
		}
	}
	if len(hub.Asked())+len(tea.Asked()) != 0 {
		t.Error("a host was asked")
	}
	if err := list("github:acme", hub.URL+"/acme/other", "git@example.com:a/b", "git://example.com/a"); err != nil {
		t.Error(err)
	}
	for _, h := range hub.Headers() {
		if h.Get("Authorization") != "Bearer "+token {
			t.Errorf("sent %q", h)
		}
	}
}

// TestTokenStaysAway: a token is in nothing that is listed, said or refused, and in no URL.
func TestTokenStaysAway(t *testing.T) {
	for _, kind := range kinds {
		for _, status := range []int{200, 401, 403, 404, 451} {
			s := hosttest.New(t, kind, many("acme", 2)...)
			s.Token = token
			if status != 200 {
				s.Odd = func(w http.ResponseWriter, r *http.Request) bool {
					w.Header().Set("Warning", token)
					http.Error(w, r.Header.Get("Authorization"), status)
					return true
				}
			}
			r := run(t, sourceAt(s, "acme"), Options{Hosts: around(t, s, nil)})
			text, err := json.Marshal(r.all)
			if err != nil || strings.Contains(string(text)+fmt.Sprint(r.err, r.said, s.Asked()), token) {
				t.Errorf("%s, %d: %s, %v, %v, asked %v", kind, status, text, r.err, r.said, s.Asked())
			}
			if (r.err == nil) != (status == 200) || len(s.Headers()) == 0 {
				t.Errorf("%s, %d: %v", kind, status, r.err)
			}
		}
	}
}

// TestStopped: a listing that waits for its host ends with its context.
func TestStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s := hosttest.New(t, hosts.GitHub, many("acme", 1)...)
	s.Odd = func(w http.ResponseWriter, _ *http.Request) bool {
		time.AfterFunc(100*time.Millisecond, stop) // the answer is there by then, as a rule
		w.Header().Set("Retry-After", "600")
		hosttest.Refuse(w, http.StatusTooManyRequests)
		return true
	}
	one, err := Parse("github:acme")
	if err != nil {
		t.Fatal(err)
	}
	err = one.List(ctx, Options{Hosts: around(t, s, nil)}, func(job.Repository) error { return nil })
	if !errors.Is(err, context.Canceled) || len(s.Asked()) != 1 {
		t.Errorf("%v, asked %d times", err, len(s.Asked()))
	}
}
