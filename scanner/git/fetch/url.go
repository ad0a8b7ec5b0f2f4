package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// URL names a repository on another machine, or, as file:, one on this machine.
type URL struct {
	scheme string // https, http, ssh, git or file
	user   string // who to be there; never with a password
	host   string // without a port
	port   int    // 0: the usual one
	path   string
	asPath bool // it was written as host:path
}

// scpLike is the short form of SSH URLs. A colon behind a slash belongs to a path, and one letter before it is a drive.
var scpLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:([^@/\\:\s]+)@)?([^@/\\:\s\[\]]{2,}|\[[0-9A-Fa-f:.]+\]):([^\s].*)$`)
})

// schemes are those that are fetched, as they are called here.
var schemes = map[string]string{
	"https": "https", "http": "http", "git": "git", "ssh": "ssh", "git+ssh": "ssh", "ssh+git": "ssh", "file": "file",
}

// hasScheme recognises what can be nothing but a URL, or what git takes for the name of a helper.
var hasScheme = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]+:(//|:)|file:)`) })

// ParseURL reads a URL as git does. ok is false for what is the name of a file or folder.
func ParseURL(text string) (u URL, ok bool, err error) {
	if hasScheme().MatchString(text) {
		u, err = parse(text)
		return u, true, err
	}
	m := scpLike().FindStringSubmatch(text)
	if m == nil {
		return u, false, nil
	}
	u = URL{scheme: "ssh", user: m[1], host: strings.Trim(m[2], "[]"), path: m[3], asPath: true}
	return u, true, u.check()
}

func parse(text string) (u URL, err error) {
	scheme, rest, _ := strings.Cut(text, ":")
	known := schemes[strings.ToLower(scheme)]
	if known == "" || strings.HasPrefix(rest, ":") {
		return u, fmt.Errorf("repositories are not fetched by %q: give a URL of https, ssh, git or file", scheme)
	}
	if known == "file" {
		name, err := filePath(text, rest)
		return URL{scheme: known, path: name}, err
	}
	parsed, err := url.Parse(text)
	if err != nil { // its text would repeat the URL, and what stands in it
		return u, errors.New("the URL cannot be read: it should look like https://example.com/team/project.git")
	}
	u = URL{scheme: known, host: parsed.Hostname(), path: parsed.Path}
	if port := parsed.Port(); port != "" {
		if u.port, err = strconv.Atoi(port); err != nil || u.port > 65535 {
			return u, errors.New("the URL has a port that is none")
		}
	}
	if parsed.User != nil {
		u.user = parsed.User.Username()
		if _, has := parsed.User.Password(); has {
			return u, errors.New("the URL holds a password, which every user of this machine can see while the command runs: " +
				"take it out, and hand it over by --token-file FILE")
		}
	}
	if parsed.RawQuery != "" || parsed.Fragment != "" {
		return u, errors.New("the URL of a repository has no \"?\" and no \"#\"")
	}
	return u, u.check()
}

// filePath is the path of a file: URL, as git reads it: a host before it counts for nothing.
func filePath(text, rest string) (string, error) {
	below, ok := strings.CutPrefix(rest, "//")
	at := strings.IndexByte(below, '/')
	if !ok || at < 0 || strings.ContainsAny(below, "?#") {
		return "", fmt.Errorf("%s names no path from the root: that of a folder is file:///path/to/it, and a path alone "+
			"will do", text)
	}
	name, err := url.PathUnescape(below[at:])
	if err != nil || strings.ContainsRune(name, 0) {
		return "", fmt.Errorf("%s has a percent sign that stands for no character", text)
	}
	if volume := strings.TrimPrefix(name, "/"); filepath.VolumeName(volume) != "" { // file:///C:/folder
		name = volume
	}
	return name, nil
}

// check refuses what a program that is handed the URL could take for something else.
func (u URL) check() error {
	switch {
	case u.host == "":
		return errors.New("the URL names no host")
	case strings.HasPrefix(u.host, "-"), strings.HasPrefix(u.user, "-"), strings.HasPrefix(u.path, "-"):
		return errors.New("a name in the URL begins with a hyphen, and could be taken for an option")
	case strings.ContainsFunc(u.user+u.host+u.path, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("the URL holds a control character")
	case strings.ContainsAny(u.user+u.host, "'\"`$&;<>|(){}[]*?!#\\ "):
		// ssh puts them into the commands of its configuration, which a shell reads.
		return errors.New("the host or the user in the URL has a character that no such name has")
	case looksSecret(u.user):
		return errors.New("the user in the URL looks like a token: take it out, and hand it over by --token-file FILE")
	case strings.Trim(u.path, "/") == "":
		return errors.New("the URL names a host and no repository there")
	}
	return nil
}

// looksSecret recognises tokens in the place of a user, where people put them.
func looksSecret(user string) bool {
	for _, prefix := range []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glcbt-"} {
		if strings.HasPrefix(user, prefix) {
			return true
		}
	}
	return len(user) >= 32
}

// IsFile is true for repositories of this machine. They are read where they lie.
func (u URL) IsFile() bool { return u.scheme == "file" }

// isStream is true where one connection carries one conversation, and one pack.
func (u URL) isStream() bool { return u.scheme == "ssh" || u.scheme == "git" }

// Path is that of a file: URL.
func (u URL) Path() string { return u.path }

// Name is what to call the repository: the last part of its path.
func (u URL) Name() string {
	name := strings.TrimSuffix(path.Base(strings.TrimRight(u.path, "/")), ".git")
	if name == "" || name == "." || name == ".." || name == "/" {
		return "repository"
	}
	return name
}

// String is the URL for people: without who to be there.
func (u URL) String() string {
	switch {
	case u.IsFile():
		return "file://" + u.path
	case u.asPath:
		return u.host + ":" + u.path
	}
	return (&url.URL{Scheme: u.scheme, Host: u.hostPort(), Path: u.path}).String()
}

// Canonical is the URL to fetch from, always written in the same way. Who to be there stands in it over SSH alone, where
// it is not git: then it is part of where the repository lies.
func (u URL) Canonical() string {
	u.host, u.port = strings.ToLower(u.host), u.unusualPort()
	if u.scheme == "https" || u.scheme == "http" {
		u.path = strings.TrimRight(u.path, "/")
	}
	if u.scheme != "ssh" || u.user == "" || u.user == "git" {
		return u.String()
	}
	if u.asPath {
		return u.user + "@" + u.String()
	}
	return (&url.URL{Scheme: u.scheme, User: url.User(u.user), Host: u.hostPort(), Path: u.path}).String()
}

// Place is the repository's place among all: host and path, in whatever way it is fetched.
func (u URL) Place() string {
	u.host, u.port = strings.ToLower(u.host), u.unusualPort()
	return u.hostPort() + "/" + strings.TrimSuffix(strings.Trim(u.path, "/"), ".git")
}

// Site is where the host can be asked over HTTP, or would be.
func (u URL) Site() *url.URL {
	switch u.scheme {
	case "https", "http":
		u.host, u.port = strings.ToLower(u.host), u.unusualPort()
		return &url.URL{Scheme: u.scheme, Host: u.hostPort()}
	}
	u.port = 0
	return &url.URL{Scheme: "https", Host: strings.ToLower(u.hostPort())}
}

// SpeaksHTTP is true for the schemes over which tokens go.
func (u URL) SpeaksHTTP() bool { return u.scheme == "https" || u.scheme == "http" }

// usualPorts are those that a URL need not name.
var usualPorts = map[string]int{"https": 443, "http": 80, "ssh": 22, "git": 9418}

// unusualPort is the port if the URL must name it.
func (u URL) unusualPort() int {
	if u.port == usualPorts[u.scheme] {
		return 0
	}
	return u.port
}

// origin is scheme, host and port, always written in the same way.
func (u URL) origin() string {
	u.host, u.port = strings.ToLower(u.host), u.unusualPort()
	return u.scheme + "://" + u.hostPort()
}

// Origin is the origin of an address of HTTP; "" if it has none.
func Origin(address *url.URL) string {
	u, err := locate(address)
	if err != nil {
		return ""
	}
	return u.origin()
}

// locate is the host of an address of HTTP.
func locate(address *url.URL) (u URL, err error) {
	u = URL{scheme: address.Scheme, host: address.Hostname()}
	if u.scheme != "https" && u.scheme != "http" || u.host == "" {
		return u, errors.New("the address is not one of HTTP")
	}
	if port := address.Port(); port != "" {
		u.port, err = strconv.Atoi(port)
	}
	return u, err
}

// IsPrivate is true for an address that nobody can listen to on the way: https, or http on this machine.
func IsPrivate(address *url.URL) bool {
	u, err := locate(address)
	return err == nil && (u.scheme == "https" || u.isLoopback())
}

// forGit is the URL as git takes it, with who to be there.
func (u URL) forGit() string {
	host := u.hostPort()
	switch {
	case u.asPath && u.user == "":
		return host + ":" + u.path
	case u.asPath:
		return u.user + "@" + host + ":" + u.path
	case u.user == "":
		return u.String()
	}
	return (&url.URL{Scheme: u.scheme, User: url.User(u.user), Host: u.hostPort(), Path: u.path}).String()
}

func (u URL) hostPort() string {
	if u.port == 0 {
		if strings.Contains(u.host, ":") {
			return "[" + u.host + "]"
		}
		return u.host
	}
	return net.JoinHostPort(u.host, strconv.Itoa(u.port))
}

// isLoopback is true for this machine itself.
func (u URL) isLoopback() bool {
	ip := net.ParseIP(u.host)
	return u.host == "localhost" || ip != nil && ip.IsLoopback()
}
