package source

import (
	"context"
	"strconv"

	"code.gitea.io/sdk/gitea"

	"skleak/scanner/audit/hosts"
)

// onGitea lists at one Gitea.
type onGitea struct {
	*listing
	host *hosts.Host
	api  *gitea.Client
}

// giteaPage is the most that Gitea gives, unless it is told otherwise.
const giteaPage = 50

// listGitea finds out how much of the path is where the host is, and lists what the rest names.
func (l *listing) listGitea(ctx context.Context, s Source) (err error) {
	var g onGitea
	owner := max(0, len(s.names)-2)
	for ; ; owner++ {
		if g, err = l.giteaAt(ctx, s.site.JoinPath(s.names[:owner]...).String()); err != nil {
			return err
		}
		if owner < len(s.names)-1 { // what remains when all else was tried needs no question
			if _, _, err = g.api.ServerVersion(); hosts.IsUnanswered(err) {
				return g.host.Told(ctx, err)
			}
		}
		if err == nil || hosts.IsRefused(err) {
			break
		}
	}
	return g.host.Told(ctx, g.list(ctx, s.names[owner:]))
}

func (l *listing) giteaAt(ctx context.Context, address string) (onGitea, error) {
	h, err := l.o.Hosts.Open(hosts.Gitea, address)
	if err != nil {
		return onGitea{}, err
	}
	api, err := h.Gitea(gitea.SetContext(ctx))
	return onGitea{l, h, api}, err
}

func (g onGitea) list(ctx context.Context, names []string) error {
	if len(names) == 2 {
		r, _, err := g.api.GetRepo(names[0], names[1])
		if err != nil {
			return err
		}
		return g.offer(r, named)
	}
	err := g.repositories(func(page gitea.ListOptions) ([]*gitea.Repository, *gitea.Response, error) {
		return g.api.ListOrgRepos(names[0], gitea.ListOrgReposOptions{ListOptions: page})
	})
	if !hosts.IsNotFound(err) {
		return err
	}
	return g.repositories(func(page gitea.ListOptions) ([]*gitea.Repository, *gitea.Response, error) {
		return g.api.ListUserRepos(names[0], gitea.ListReposOptions{ListOptions: page})
	})
}

func (g onGitea) repositories(ask func(gitea.ListOptions) ([]*gitea.Repository, *gitea.Response, error)) error {
	came := 0
	return g.pages(func(page int) (next int, err error) {
		list, resp, err := ask(gitea.ListOptions{Page: page, PageSize: giteaPage})
		if err != nil {
			return 0, err
		}
		for _, r := range list {
			if err := g.offer(r, listed); err != nil {
				return 0, err
			}
		}
		came += len(list)
		full := giteaPage
		// A host may give less than that at once.
		if total, err := strconv.Atoi(resp.Header.Get("X-Total-Count")); err == nil && total > came {
			full = 1
		}
		return nextPage(page, resp.NextPage, len(list), full), nil
	})
}

func (g onGitea) offer(r *gitea.Repository, byName bool) error {
	if r == nil {
		r = &gitea.Repository{}
	}
	one, ok := g.hosted(g.host, r.FullName, r.CloneURL)
	if !ok {
		return nil
	}
	one.Bytes, one.Archived, one.Fork, one.Empty = inKilobytes(int64(r.Size)), r.Archived, r.Fork, r.Empty
	word := ""
	if r.Internal {
		word = "internal"
	}
	one.Visibility = visibility(word, r.Private)
	one.PushedAt = r.Updated.UTC() // a push is an update
	return g.listing.offer(one, byName)
}
