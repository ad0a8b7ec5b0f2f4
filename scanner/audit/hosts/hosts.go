// Package hosts speaks to the APIs of GitHub, GitLab and Gitea (Forgejo is one): which address they have, who gets
// which token, how patiently they are asked, and what a refusal means.
//
// The libraries of the hosts make the questions and read the answers. Everything else is done below them, in one
// transport, so that none of them ever holds a token: it is added to a request that goes to the API that it is for, and
// to no other. A host is not trusted. What it answers is bounded, it is never asked in haste, it cannot make the client
// wait or go wherever it likes, and nothing that it says is repeated in an error: it was sent the token.
package hosts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"code.gitea.io/sdk/gitea"
	"github.com/google/go-github/v89/github"
	"gitlab.com/gitlab-org/api/client-go/v2"

	"skleak/scanner/git/fetch"
)

// The kinds of hosts, as fetch.Credentials and job.Host call them.
const (
	GitHub = "github"
	GitLab = "gitlab"
	Gitea  = "gitea"
)

// Options say which hosts there are, and who to be there.
type Options struct {
	Credentials fetch.Credentials                // its Hosts are set here
	GitHubURL   string                           // of a GitHub Enterprise server; "": github.com
	GitLabURL   string                           // of one's own GitLab; "": gitlab.com
	GiteaURLs   []string                         // that the sources name
	Say         func(format string, args ...any) // hears what is waited for; may be nil
	Transport   http.RoundTripper                // in place of the network; may be nil
	Turns       *Turns                           // that are shared with other Hosts; may be nil
}

// Hosts are those of one run. Its methods may be called by many at once.
type Hosts struct {
	credentials fetch.Credentials
	say         func(format string, args ...any)
	network     http.RoundTripper
	turns       *Turns
	github      address
	gitlab      address
	gitea       map[string]bool // by origin

	pause time.Duration // before a question is asked again, in place of firstPause, for tests

	mu   sync.Mutex
	open map[string]*Host // by kind and address
}

// Host is one API, and who one is there.
type Host struct {
	kind  string
	at    address
	token string
	from  string // what to call the token
	turns *turns
	say   func(format string, args ...any)

	variable string // that a token may stand in
	client   *http.Client
}

// New checks the addresses and the tokens, and asks nobody for anything.
func New(o Options) (*Hosts, error) {
	h := &Hosts{credentials: o.Credentials, say: o.Say, network: o.Transport, turns: o.Turns, gitea: map[string]bool{},
		open: map[string]*Host{}}
	if h.say == nil {
		h.say = func(string, ...any) {}
	}
	if h.turns == nil {
		h.turns = &Turns{}
	}
	if h.network == nil {
		h.network = fetch.Transport()
	}
	var err error
	if h.github, err = addressOf(GitHub, cmp.Or(o.GitHubURL, "https://github.com")); err != nil {
		return nil, err
	}
	if h.gitlab, err = addressOf(GitLab, cmp.Or(o.GitLabURL, "https://gitlab.com")); err != nil {
		return nil, err
	}
	h.credentials.Hosts = map[string]string{GitHub: fetch.Origin(h.github.web), GitLab: fetch.Origin(h.gitlab.web)}
	for _, text := range o.GiteaURLs {
		a, err := addressOf(Gitea, text)
		if err != nil {
			return nil, err
		}
		origin := fetch.Origin(a.web)
		if before := h.credentials.Hosts[Gitea]; before != "" && before != origin && o.Credentials.Env["GITEA_TOKEN"] != "" {
			return nil, fmt.Errorf("GITEA_TOKEN is for one host, and the sources name %s and %s: audit one at a time, or "+
				"unset it", before, origin)
		}
		h.credentials.Hosts[Gitea], h.gitea[origin] = origin, true
	}
	return h, nil
}

// Credentials are for fetching what the hosts have listed.
func (h *Hosts) Credentials() fetch.Credentials { return h.credentials }

// Open is the host of a kind with its API at an address. It is one of the options, or an error: an address that comes
// from elsewhere cannot say who gets a token. Of GitHub and GitLab there is one, which "" stands for as well.
func (h *Hosts) Open(kind, api string) (*Host, error) {
	var at address
	switch kind {
	case GitHub:
		at = h.github
	case GitLab:
		at = h.gitlab
	case Gitea:
		var err error
		if at, err = addressOf(Gitea, api); err != nil {
			return nil, err
		}
		if !h.gitea[fetch.Origin(at.web)] {
			return nil, errors.New("the repository is of another gitea than those that the sources name")
		}
	default:
		return nil, fmt.Errorf("a host is github, gitlab or gitea, and not %q", kind)
	}
	if api != "" && kind != Gitea && api != at.API() {
		return nil, fmt.Errorf("the repository is of another %s than the one that is audited", kind)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	name := kind + " " + at.API()
	if h.open[name] == nil {
		o, err := h.newHost(kind, at)
		if err != nil {
			return nil, err
		}
		h.open[name] = o
	}
	return h.open[name], nil
}

func (h *Hosts) newHost(kind string, at address) (*Host, error) {
	o := &Host{kind: kind, at: at, say: h.say, turns: h.turns.of(at.API())}
	o.token, o.from = h.credentials.TokenFor(at.web)
	if strings.ContainsFunc(o.token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil, fmt.Errorf("%s is none: it has spaces or what is no letter, digit or sign", o.from)
	}
	o.variable = h.credentials.VariableFor(at.web)
	o.client = o.newClient(h.network, cmp.Or(h.pause, firstPause))
	return o, nil
}

// sayWait says what is waited for.
func (h *Host) sayWait(until time.Time, why string) {
	h.say("%s %s: waiting until %s", h.Name(), why, until.Local().Format("15:04:05"))
}

// Kind is github, gitlab or gitea.
func (h *Host) Kind() string { return h.kind }

// API is the base URL of the API, with a slash at its end.
func (h *Host) API() string { return h.at.API() }

// Web is where people look at it, and clone from.
func (h *Host) Web() *url.URL { return h.at.web }

// Name is the host as the names of repositories begin, without a scheme.
func (h *Host) Name() string { return h.at.web.Host + h.at.web.Path }

// HasToken is true where the host is told who asks.
func (h *Host) HasToken() bool { return h.token != "" }

// IsInstallation is true for the token of an installation of a GitHub App.
func (h *Host) IsInstallation() bool { return h.kind == GitHub && strings.HasPrefix(h.token, "ghs_") }

// Echoes is true for a text that holds the token: a host may try to have it stored as the name of something.
func (h *Host) Echoes(text string) bool {
	return h.token != "" && strings.Contains(strings.ToLower(text), strings.ToLower(h.token))
}

// GitHub is a client for it.
func (h *Host) GitHub() (*github.Client, error) {
	base := h.API()
	return github.NewClient(github.WithHTTPClient(h.client), github.WithURLs(&base, &base),
		github.WithDisableRateLimitCheck())
}

// unlimited is in place of the library's limiter: the transport waits, and no answer says how long for.
type unlimited struct{}

func (unlimited) Wait(context.Context) error { return nil }

// GitLab is a client for it.
func (h *Host) GitLab() (*gitlab.Client, error) {
	return gitlab.NewAuthSourceClient(gitlab.Unauthenticated{}, gitlab.WithBaseURL(h.API()),
		gitlab.WithHTTPClient(h.client), gitlab.WithoutRetries(), gitlab.WithCustomLimiter(unlimited{}),
		gitlab.WithURLWarningLogger(slog.New(slog.DiscardHandler)))
}

// Gitea is a client for it. Its questions end with the client's context, which the library keeps.
func (h *Host) Gitea(options ...gitea.ClientOption) (*gitea.Client, error) {
	if h.kind != Gitea {
		return nil, errors.New("the host is no Gitea")
	}
	return gitea.NewClient(h.at.web.String(), append([]gitea.ClientOption{gitea.SetHTTPClient(h.client),
		gitea.SetGiteaVersion("")}, options...)...)
}
