// Package hosttest is a server on this machine that answers as the APIs of GitHub, GitLab and Gitea document, and serves
// clones as they do. Tests make it refuse, stumble and lie.
package hosttest

import (
	"crypto/subtle"
	"fmt"
	"maps"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Repository is one that the server has.
type Repository struct {
	Name     string // owner/name, or the path of a project
	Git      string // the folder of a bare repository that is served for clones; "": none
	Private  bool
	Archived bool
	Fork     bool
	Empty    bool
	Kilobyte int64
	PushedAt time.Time
	Pushes   []Push // the newest first
	CloneURL string // what the API says, if not the truth
}

// Push is something that was done to a branch.
type Push struct {
	Type          string // force_push, branch_deletion or push
	Branch, By    string
	Before, After string
	When          time.Time
}

// Server is one host.
type Server struct {
	URL   string
	Kind  string                                               // github, gitlab or gitea
	Token string                                               // that is wanted for everything; "": none
	Users []string                                             // owners that are no organisations or groups
	Me    string                                               // the user that the token is of
	Odd   func(http.ResponseWriter, *http.Request) (done bool) // answers in place of the server; may be nil

	tb      testing.TB
	mu      sync.Mutex
	all     []*Repository
	asked   []string
	headers []http.Header
}

// New starts a server that ends with the test.
func New(tb testing.TB, kind string, repositories ...*Repository) *Server {
	tb.Helper()
	s := &Server{Kind: kind, tb: tb, all: repositories}
	h := httptest.NewServer(s)
	tb.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// Add gives the server more repositories.
func (s *Server) Add(repositories ...*Repository) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, repositories...)
}

// Asked are the paths, with their queries, that were asked for.
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// Headers are those of all requests.
func (s *Server) Headers() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.headers)
}

// repositories are those that a test of names lets through.
func (s *Server) repositories(is func(*Repository) bool) (list []*Repository) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.all {
		if is(r) {
			list = append(list, r)
		}
	}
	return list
}

func (s *Server) find(name string) *Repository {
	for _, r := range s.repositories(func(r *Repository) bool { return strings.EqualFold(r.Name, name) }) {
		return r
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.RequestURI())
	s.headers = append(s.headers, maps.Clone(r.Header))
	s.mu.Unlock()
	if s.Odd != nil && s.Odd(w, r) {
		return
	}
	if name, _, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), ".git/"); ok {
		s.clone(w, r, name)
		return
	}
	if !s.isIn(r) {
		Refuse(w, http.StatusUnauthorized)
		return
	}
	switch path, of, _ := cutAPI(r.URL); of {
	case s.Kind:
		map[string]func(http.ResponseWriter, *http.Request, []string){
			"github": s.github, "gitlab": s.gitlab, "gitea": s.gitea,
		}[of](w, r, path)
	default:
		Refuse(w, http.StatusNotFound)
	}
}

// isIn is true for who brings the token, in whatever way the hosts take it.
func (s *Server) isIn(r *http.Request) bool {
	if s.Token == "" {
		return true
	}
	_, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if _, password, ok := r.BasicAuth(); ok {
		given = password
	}
	return subtle.ConstantTimeCompare([]byte(given), []byte(s.Token)) == 1
}

// Refuse answers with a status, and a text as hosts have it.
func Refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"message": %q, "status": "%d"}`, http.StatusText(status), status)
}

// clone serves a repository with git, which gives away what it is asked for by id, as hosts do.
func (s *Server) clone(w http.ResponseWriter, r *http.Request, name string) {
	repository := s.find(name)
	switch {
	case !s.isIn(r):
		w.Header().Set("WWW-Authenticate", `Basic realm="host"`)
		Refuse(w, http.StatusUnauthorized)
		return
	case repository == nil || repository.Git == "":
		Refuse(w, http.StatusNotFound)
		return
	}
	(&cgi.Handler{
		Path: filepath.Join(execPath(), "git-http-backend"),
		Root: "/" + name + ".git",
		Env: append([]string{
			"GIT_PROJECT_ROOT=" + repository.Git, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		}, config("safe.directory", "*", "uploadpack.allowAnySHA1InWant", "true")...),
	}).ServeHTTP(w, r)
}

// config is what git reads as its configuration from the environment.
func config(pairs ...string) []string {
	list := []string{"GIT_CONFIG_COUNT=" + strconv.Itoa(len(pairs)/2)}
	for i := 0; i < len(pairs); i += 2 {
		n := strconv.Itoa(i / 2)
		list = append(list, "GIT_CONFIG_KEY_"+n+"="+pairs[i], "GIT_CONFIG_VALUE_"+n+"="+pairs[i+1])
	}
	return list
}

var execPath = sync.OnceValue(func() string {
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
})
