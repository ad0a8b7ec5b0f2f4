package hosts

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"skleak/scanner/git/fetch"
)

// address is where a host is: for people and clones, and for questions.
type address struct {
	web *url.URL // without a slash at its end
	api *url.URL // the same
}

// API is the base URL of the API.
func (a address) API() string { return a.api.String() + "/" }

// apiPaths lead to the API of a kind. The API of github.com has a host of its own.
var apiPaths = map[string]string{GitHub: "/api/v3", GitLab: "/api/v4", Gitea: "/api/v1"}

// addressOf reads the address that the user gave a host of a kind, which may be that of its API.
func addressOf(kind, text string) (a address, err error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Opaque != "", u.Hostname() == "", fetch.Origin(u) == "":
		return a, fmt.Errorf("the address of a %s is a URL, such as https://git.example.com", kind)
	case u.User != nil:
		return a, errors.New("the address of a host holds no name and no token: take them out, and hand the token over by " +
			"--token-file FILE")
	case u.RawQuery != "", u.Fragment != "":
		return a, errors.New("the address of a host has no \"?\" and no \"#\"")
	case !fetch.IsPrivate(u):
		return a, fmt.Errorf("http://%s is not asked, since others could listen: give its https address", u.Host)
	case strings.ContainsFunc(u.Path, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return a, errors.New("the address of a host holds a control character")
	}
	origin, err := url.Parse(fetch.Origin(u))
	if err != nil {
		return a, fmt.Errorf("the address of a %s is a URL, such as https://git.example.com", kind)
	}
	path := strings.TrimSuffix(strings.TrimRight(u.Path, "/"), apiPaths[kind])
	if kind == GitHub {
		path = "" // it is never below a path
		if web := strings.TrimPrefix(origin.Host, "api."); hasOwnAPIHost(web) {
			origin.Host = web
		}
	}
	return address{web: below(origin, path), api: apiOf(kind, below(origin, path))}, nil
}

// apiOf is the address of the API of a host.
func apiOf(kind string, web *url.URL) *url.URL {
	if kind == GitHub && hasOwnAPIHost(web.Host) {
		return &url.URL{Scheme: web.Scheme, Host: "api." + web.Host}
	}
	return below(web, web.Path+apiPaths[kind])
}

// hasOwnAPIHost is true for the public GitHub and those that GitHub keeps for enterprises, whose APIs have other hosts.
func hasOwnAPIHost(web string) bool { return web == "github.com" || strings.HasSuffix(web, ".ghe.com") }

// below is an origin with a path.
func below(origin *url.URL, path string) *url.URL {
	return &url.URL{Scheme: origin.Scheme, Host: origin.Host, Path: path}
}
