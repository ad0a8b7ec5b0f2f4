// Package source reads what a user names as sources of repositories, and lists these: of an organisation, a group or a
// user at a host, of a list, of a folder. Hosts are asked by package hosts; what they answer is believed about nothing
// but which repositories they have.
//
//	s, err := source.Parse("github:acme")
//	h, err := hosts.New(hosts.Options{GiteaURLs: s.GiteaURLs(), Credentials: fetch.Credentials{Env: env}, Say: say})
//	err = s.List(ctx, source.Options{Hosts: h, Say: say}, func(r job.Repository) error { … })
//	// h.Credentials() are for fetching them.
package source

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"skleak/rules/typo"
	"skleak/scanner/audit/hosts"
	"skleak/scanner/git/fetch"
)

// Source is where repositories are listed.
type Source struct {
	kind  string
	text  string    // for messages
	names []string  // at a host: the parts of a path there
	site  *url.URL  // of a Gitea
	url   fetch.URL // of one repository
	path  string    // on this machine, absolute: of a repository, a folder, or a list
	parts []Source  // of a list
}

// The kinds of sources that are none at a host. Those are called as package hosts calls the hosts.
const (
	clone = "clone"
	local = "path"
	list  = "list"
)

// hosted are the words before the colon of what a host lists, and whose they are.
var hosted = map[string]string{
	"github": hosts.GitHub, "gitlab": hosts.GitLab, "gitea": hosts.Gitea, "forgejo": hosts.Gitea,
}

// String is the source for messages.
func (s Source) String() string { return s.text }

// Meaning is the source as it is called from any folder: two that mean the same have the same.
func (s Source) Meaning() string {
	switch {
	case s.path == "":
		return s.text
	case s.kind == list:
		return "@" + s.path
	}
	return s.path
}

// Join is one source of several.
func Join(sources ...Source) Source {
	texts := make([]string, len(sources))
	for i, s := range sources {
		texts[i] = s.text
	}
	return Source{kind: list, text: strings.Join(texts, ", "), parts: sources}
}

// GiteaURLs are the addresses of the Gitea hosts that the source names, for hosts.Options.
func (s Source) GiteaURLs() (urls []string) {
	s.each(func(s Source) {
		if s.kind == hosts.Gitea {
			urls = append(urls, fetch.Origin(s.site))
		}
	})
	return urls
}

// each calls f with each source that is no list.
func (s Source) each(f func(Source)) {
	if s.kind != list {
		f(s)
	}
	for _, part := range s.parts {
		part.each(f)
	}
}

// Parse reads a source:
//
//	github:acme  github:acme/api  github:        an organisation, a user, one repository; what the token is for
//	gitlab:group/sub  gitlab:group/project       a group with its subgroups, one project, a user
//	gitea:https://git.example.com/acme           an organisation, a user, one repository
//	https://…  ssh://…  git@host:path  file:///… one repository
//	./folder                                     a repository, or all that lie below
//	@list.txt                                    a source a line; what is relative, is so to the list's folder
func Parse(text string) (Source, error) { return parser{}.parse(text) }

// parser is where a source is written.
type parser struct {
	dir    string // which paths are relative to; "": the one at hand
	inList bool
}

// hasControl is true for what no source has.
func hasControl(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 })
}

func (p parser) parse(text string) (Source, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return Source{}, errors.New("a source is empty: github:NAME, gitlab:GROUP, gitea:URL, the URL of a repository, a " +
			"folder, or @FILE are what it may be")
	case hasControl(text):
		return Source{}, errors.New("a source holds a control character")
	}
	if file, ok := strings.CutPrefix(text, "@"); ok {
		if p.inList {
			return Source{}, errors.New("a list names no other list")
		}
		return parseList(file)
	}
	if word, rest, ok := strings.Cut(text, ":"); ok && hosted[strings.ToLower(word)] != "" {
		return parseHosted(strings.ToLower(word), rest)
	}
	path := text
	if p.dir != "" && !filepath.IsAbs(path) {
		path = filepath.Join(p.dir, path)
	}
	if _, err := os.Lstat(path); err == nil {
		return parsePath(text, path)
	}
	u, ok, err := fetch.ParseURL(text)
	switch {
	case ok && err == nil && u.IsFile():
		return parsePath(text, u.Path())
	case ok:
		return parseClone(text, u, err)
	}
	return Source{}, noPath(text)
}

func parsePath(text, path string) (Source, error) {
	abs, err := filepath.Abs(path)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return Source{}, fmt.Errorf("there is no %s", text)
	}
	if !utf8.ValidString(abs) {
		return Source{}, fmt.Errorf("the name of the folder %q is no UTF-8, and no report can hold it", abs)
	}
	return Source{kind: local, text: text, path: abs}, nil
}

// words are what a mistyped word may have been meant to be.
var words = []string{"github", "gitlab", "gitea", "forgejo"}

// slip is a short SSH URL whose host may be a mistyped word.
var slip = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([A-Za-z]+):([^/].*)?$`) })

// parseClone takes the URL of a repository, unless something else was meant by it.
func parseClone(text string, u fetch.URL, err error) (Source, error) {
	if m := slip().FindStringSubmatch(text); m != nil {
		if meant := typo.Nearest(m[1], words); meant != "" {
			return Source{}, fmt.Errorf("%s: there is no %q: %s:%s was meant?", text, m[1], meant, m[2])
		}
	}
	if err != nil { // it repeats nothing of the URL, which may hold a password
		return Source{}, err
	}
	if names := strings.Split(u.Place(), "/"); len(names) == 2 {
		switch u.Site().Host {
		case "github.com":
			return Source{}, fmt.Errorf("%s is no repository: github:%s is all of theirs", u, names[1])
		case "gitlab.com":
			return Source{}, fmt.Errorf("%s is no repository: gitlab:%s is all of theirs", u, names[1])
		}
	}
	return Source{kind: clone, text: u.String(), url: u}, nil
}

// noPath tells what may have been meant by what is neither a URL nor there.
func noPath(text string) error {
	host, rest, _ := strings.Cut(text, "/")
	rest = strings.Trim(rest, "/")
	switch {
	case strings.EqualFold(host, "github.com") && rest != "":
		return fmt.Errorf("there is no %s here: github:%s was meant?", text, rest)
	case strings.EqualFold(host, "gitlab.com") && rest != "":
		return fmt.Errorf("there is no %s here: gitlab:%s was meant?", text, rest)
	case strings.Contains(host, ".") && rest != "" && isName(host):
		return fmt.Errorf("there is no %s here: https://%s was meant?", text, text)
	case isName(host) && !strings.Contains(rest, "/"):
		return fmt.Errorf("there is no %s here: a path, or github:%s?", text, strings.Trim(text, "/"))
	}
	return fmt.Errorf("there is no %s here", text)
}

// parseHosted reads what stands behind github:, gitlab: or gitea:.
func parseHosted(word, rest string) (Source, error) {
	s := Source{kind: hosted[word], text: word + ":" + rest}
	if strings.ContainsAny(rest, "@?#") {
		return s, fmt.Errorf("behind %s: stands a name, without user, token, \"?\" and \"#\"", word)
	}
	if s.kind == hosts.Gitea {
		return s.parseGitea(word, rest)
	}
	if strings.Contains(rest, "://") {
		return s, fmt.Errorf("%s: behind %s: stands a name, as in %s:acme, and --%s-url has the address of a host of your own",
			s.text, word, word, word)
	}
	s.names = split(rest)
	switch n := len(s.names); {
	case n == 0 && s.kind == hosts.GitHub:
		return s, nil // what the token is for
	case n == 0:
		return s, fmt.Errorf("behind %s: stands the name of a group or user", word)
	case n > 2 && s.kind == hosts.GitHub:
		return s, fmt.Errorf("%s: an owner and a repository are two names: github:%s/%s was meant?", s.text, s.names[0],
			s.names[1])
	}
	return s, s.checkNames()
}

// parseGitea reads the address of a host, and what is listed there.
func (s Source) parseGitea(word, rest string) (Source, error) {
	u, err := url.Parse(rest)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return s, fmt.Errorf("%s: behind %s: stands the address of the host with a name there: "+
			"%s:https://git.example.com/acme", s.text, word, word)
	}
	if !fetch.IsPrivate(u) {
		return s, fmt.Errorf("%s: http is not spoken to other machines, since others could listen: https", s.text)
	}
	if s.names = split(u.Path); len(s.names) == 0 {
		return s, fmt.Errorf("%s names a host, and nothing that is to be listed there: %s/acme is what an owner has", s.text,
			strings.TrimRight(s.text, "/"))
	}
	u.Path, u.RawPath = "", ""
	s.site = u
	return s, s.checkNames()
}

// split are the parts of a path at a host, without what is written behind the name of a repository.
func split(path string) []string {
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

func (s Source) checkNames() error {
	for _, name := range s.names {
		if !isName(name) {
			return fmt.Errorf("%s: %q is no name at a host", s.text, name)
		}
	}
	return nil
}

// name is what hosts let people call anything: GitHub, GitLab and Gitea have no others.
var name = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`) })

func isName(text string) bool { return name().MatchString(text) && text != "." && text != ".." }
