package source

import (
	"context"
	"strings"

	"github.com/google/go-github/v89/github"

	"skleak/scanner/audit/hosts"
)

// onGitHub lists at one GitHub.
type onGitHub struct {
	*listing
	host *hosts.Host
	api  *github.Client
}

func (l *listing) listGitHub(ctx context.Context, names []string) error {
	h, err := l.o.Hosts.Open(hosts.GitHub, "")
	if err != nil {
		return err
	}
	api, err := h.GitHub()
	if err != nil {
		return err
	}
	g := onGitHub{l, h, api}
	switch len(names) {
	case 0:
		err = g.allOfToken(ctx)
	case 1:
		err = g.allOf(ctx, names[0])
	default:
		err = g.one(ctx, names[0], names[1])
	}
	return h.Told(ctx, err)
}

// perPage is the most that GitHub and GitLab give.
const perPage = 100

func (g onGitHub) one(ctx context.Context, owner, name string) error {
	r, _, err := g.api.Repositories.Get(ctx, owner, name)
	if err != nil {
		return err
	}
	return g.offer(r, named)
}

// allOfToken lists what the token is for: an installation of an app, or a user with what is shared with him.
func (g onGitHub) allOfToken(ctx context.Context) error {
	switch {
	case g.host.IsInstallation():
		return g.installation(ctx, "")
	case !g.host.HasToken():
		return hosts.Refuse("lists nothing for nobody: name an organization or a user, or " + g.host.WhoToBe())
	}
	return g.own(ctx, "owner,collaborator,organization_member")
}

// allOf lists what an organisation or a user has.
func (g onGitHub) allOf(ctx context.Context, owner string) error {
	if g.host.IsInstallation() {
		// An installation sees its private repositories here, and all that are public below.
		if err := g.installation(ctx, owner); err != nil && !hosts.IsRefused(err) {
			return err
		}
	}
	org, _, err := g.api.Organizations.Get(ctx, owner)
	switch {
	case hosts.IsNotFound(err):
		return g.user(ctx, owner)
	case err != nil:
		return err
	}
	o := &github.RepositoryListByOrgOptions{Type: "all", Sort: "created", Direction: "asc"}
	told := g.told
	err = g.repositories("", func(page github.ListOptions) ([]*github.Repository, *github.Response, error) {
		o.ListOptions = page
		return g.api.Repositories.ListByOrg(ctx, owner, o)
	})
	if err != nil {
		return err
	}
	g.compare(owner, int64(org.GetPublicRepos())+org.GetTotalPrivateRepos(), g.told-told)
	return nil
}

func (g onGitHub) user(ctx context.Context, login string) error {
	if _, _, err := g.api.Users.Get(ctx, login); err != nil {
		return err
	}
	if g.isOneself(ctx, login) {
		return g.own(ctx, "owner")
	}
	o := &github.RepositoryListByUserOptions{Type: "owner", Sort: "created", Direction: "asc"}
	return g.repositories("", func(page github.ListOptions) ([]*github.Repository, *github.Response, error) {
		o.ListOptions = page
		return g.api.Repositories.ListByUser(ctx, login, o)
	})
}

// isOneself is true if the token is that of a user: only to oneself are private repositories shown.
func (g onGitHub) isOneself(ctx context.Context, login string) bool {
	if !g.host.HasToken() || g.host.IsInstallation() {
		return false
	}
	me, _, err := g.api.Users.Get(ctx, "")
	return err == nil && strings.EqualFold(me.GetLogin(), login)
}

func (g onGitHub) own(ctx context.Context, affiliation string) error {
	o := &github.RepositoryListByAuthenticatedUserOptions{Affiliation: affiliation, Sort: "created", Direction: "asc"}
	return g.repositories("", func(page github.ListOptions) ([]*github.Repository, *github.Response, error) {
		o.ListOptions = page
		return g.api.Repositories.ListByAuthenticatedUser(ctx, o)
	})
}

// installation lists what the installation of an app was given of an owner; "": of any.
func (g onGitHub) installation(ctx context.Context, owner string) error {
	return g.repositories(owner, func(page github.ListOptions) ([]*github.Repository, *github.Response, error) {
		all, resp, err := g.api.Apps.ListRepos(ctx, &page)
		if err != nil {
			return nil, resp, err
		}
		return all.Repositories, resp, nil
	})
}

// repositories offers all pages of a list; of an owner alone, if one is given.
func (g onGitHub) repositories(owner string, ask func(github.ListOptions) ([]*github.Repository, *github.Response, error)) error {
	return g.pages(func(page int) (next int, err error) {
		list, resp, err := ask(github.ListOptions{Page: page, PerPage: perPage})
		if err != nil {
			return 0, err
		}
		if strings.HasPrefix(resp.Header.Get("X-GitHub-SSO"), "partial-results") {
			g.miss(1, NotShown, "%s leaves out what belongs to organizations with single sign-on that the token is not authorized for",
				g.host.Name())
		}
		for _, r := range list {
			if of, _, _ := strings.Cut(r.GetFullName(), "/"); owner != "" && !strings.EqualFold(of, owner) {
				continue
			}
			if err := g.offer(r, listed); err != nil {
				return 0, err
			}
		}
		return nextPage(page, resp.NextPage, len(list), perPage), nil
	})
}

// compare says that an owner has more than was listed.
func (g onGitHub) compare(owner string, has, shown int64) {
	if has > shown {
		g.miss(has-shown, NotShown, "%s says that %s has %d repositories, and lists %d to who asks: the others are not audited",
			g.host.Name(), owner, has, shown)
	}
}

func (g onGitHub) offer(r *github.Repository, byName bool) error {
	one, ok := g.hosted(g.host, r.GetFullName(), r.GetCloneURL())
	if !ok {
		return nil
	}
	one.Bytes, one.Archived, one.Fork = inKilobytes(int64(r.GetSize())), r.GetArchived(), r.GetFork()
	one.Visibility = visibility(r.GetVisibility(), r.GetPrivate())
	one.PushedAt = r.GetPushedAt().UTC()
	// GitHub does not say that one is empty. One that nobody has ever pushed to is.
	one.Empty = r.PushedAt == nil && one.Bytes == 0
	return g.listing.offer(one, byName)
}
