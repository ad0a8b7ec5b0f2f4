package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/help"
	"skleak/scanner/audit/hosts"
	"skleak/scanner/audit/job"
	"skleak/scanner/audit/source"
	"skleak/scanner/git/fetch"
)

// sourceFlags say which repositories are meant, and who to be where they are.
type sourceFlags struct {
	include, exclude []string
	forks, archived  bool
	since            string
	githubURL        string
	gitlabURL        string
	tokenFile        string
}

func (f *sourceFlags) add(c *cobra.Command) {
	set := c.Flags()
	set.StringArrayVar(&f.include, "include", nil,
		"only repositories whose name matches `GLOB`, such as github.com/acme/api-*; repeatable")
	set.StringArrayVar(&f.exclude, "exclude", nil, "not those whose name matches `GLOB`; repeatable")
	set.BoolVar(&f.forks, "forks", false, "forks, too")
	set.BoolVar(&f.archived, "archived", false, "archived repositories, too")
	set.StringVar(&f.since, "since", "", "only what was pushed to since `DATE`, as 2026-01-31")
	f.addHosts(c)
	set.StringVar(&f.tokenFile, "token-file", "",
		"read the token for the host from `FILE`, in place of GITHUB_TOKEN, GITLAB_TOKEN or GITEA_TOKEN")
	help.Files(c, "token-file")
	help.Group(c, help.Fetch)
}

// addHosts declares the flags that say which hosts are meant.
func (f *sourceFlags) addHosts(c *cobra.Command) {
	c.Flags().StringVar(&f.githubURL, "github-url", "", "github: means the GitHub Enterprise server at `URL`")
	c.Flags().StringVar(&f.gitlabURL, "gitlab-url", "", "gitlab: means the GitLab at `URL`")
}

// listing is what is to be listed, and how.
type listing struct {
	source  source.Source
	names   []string // of the sources, canonical
	options source.Options
	hosts   *hosts.Hosts
	flags   sourceFlags
}

// listing makes sense of the sources, and asks nobody yet.
func (f sourceFlags) listing(w *console.Console, args []string) (*listing, error) {
	if len(args) == 0 {
		return nil, errors.New("name what to audit: github:ORGANISATION, gitlab:GROUP, gitea:URL, the URL of a repository, " +
			"a folder, or @FILE with a list")
	}
	l := &listing{flags: f}
	var all []source.Source
	var giteaURLs []string
	for _, text := range args {
		one, err := source.Parse(text)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
		l.names = append(l.names, f.nameOf(one))
		giteaURLs = append(giteaURLs, one.GiteaURLs()...)
	}
	l.source, l.names = source.Join(all...), canonical(l.names)
	credentials := fetch.Credentials{Env: w.Env}
	var err error
	if f.tokenFile != "" {
		if credentials.Token, err = fetch.ReadToken(f.tokenFile); err != nil {
			return nil, err
		}
	}
	l.hosts, err = hosts.New(hosts.Options{Credentials: credentials, GitHubURL: f.githubURL, GitLabURL: f.gitlabURL,
		GiteaURLs: giteaURLs, Say: w.Say})
	if err != nil {
		return nil, err
	}
	l.options = source.Options{Hosts: l.hosts, Include: f.include, Exclude: f.exclude,
		Forks: f.forks, Archived: f.archived, Say: w.Say, Left: map[string]int64{}, Missed: map[string]int64{}}
	if f.since != "" {
		if l.options.Since, err = time.Parse(time.DateOnly, f.since); err != nil {
			return nil, fmt.Errorf("--since %q is no date; write it as 2026-01-31", f.since)
		}
	}
	return l, nil
}

// elsewhere stands in the name of a source between what is meant and the host that is meant by it.
const elsewhere = " at "

// nameOf is what a source is called in reports and in what is remembered.
func (f sourceFlags) nameOf(s source.Source) string {
	name := s.Meaning()
	for prefix, host := range map[string]string{"github:": f.githubURL, "gitlab:": f.gitlabURL} {
		if strings.HasPrefix(name, prefix) && host != "" {
			return name + elsewhere + strings.TrimRight(host, "/")
		}
	}
	return name
}

// list hands over what is listed.
func (l *listing) list(ctx context.Context, add func(job.Repository) error) (left, missed map[string]int64, err error) {
	err = l.source.List(ctx, l.options, add)
	return l.options.Left, l.options.Missed, err
}

// selection says what besides the sources decides which repositories are listed: two runs with equal ones list the
// same.
func (l *listing) selection() string {
	f := l.flags
	return fmt.Sprintf("include %q, exclude %q, forks %v, archived %v, since %q, github %q, gitlab %q",
		slices.Sorted(slices.Values(f.include)), slices.Sorted(slices.Values(f.exclude)), f.forks, f.archived, f.since,
		strings.TrimRight(f.githubURL, "/"), strings.TrimRight(f.gitlabURL, "/"))
}

// token is what to clone a repository with.
func (l *listing) token(r job.Repository) (user, secret string, err error) {
	address, err := url.Parse(r.URL)
	if err != nil || address.Host == "" {
		return "", "", nil // its scheme takes no token
	}
	secret, _ = l.hosts.Credentials().TokenFor(address)
	return "", secret, nil
}
