package source

import (
	"context"
	"strings"
	"time"

	"gitlab.com/gitlab-org/api/client-go/v2"

	"skleak/scanner/audit/hosts"
)

// onGitLab lists at one GitLab.
type onGitLab struct {
	*listing
	host *hosts.Host
	api  *gitlab.Client
}

func (l *listing) listGitLab(ctx context.Context, names []string) error {
	h, err := l.o.Hosts.Open(hosts.GitLab, "")
	if err != nil {
		return err
	}
	api, err := h.GitLab()
	if err != nil {
		return err
	}
	g := onGitLab{l, h, api}
	return h.Told(ctx, g.list(ctx, strings.Join(names, "/")))
}

// list takes the path for a group, else for a project or a user.
func (g onGitLab) list(ctx context.Context, path string) error {
	err := g.group(ctx, path)
	if !hosts.IsNotFound(err) {
		return err
	}
	if strings.Contains(path, "/") {
		p, _, err := g.api.Projects.GetProject(path, nil, gitlab.WithContext(ctx))
		if err != nil {
			return err
		}
		return g.offer(p, named)
	}
	o := &gitlab.ListProjectsOptions{ListOptions: inOrder()}
	return g.projects(func(page int64) ([]*gitlab.Project, *gitlab.Response, error) {
		o.Page = page
		return g.api.Projects.ListUserProjects(path, o, gitlab.WithContext(ctx))
	})
}

// group lists the projects of a group and of all groups in it, but not those of others that were shared with it.
func (g onGitLab) group(ctx context.Context, path string) error {
	o := &gitlab.ListGroupProjectsOptions{ListOptions: inOrder()}
	o.IncludeSubGroups, o.WithShared = gitlab.Ptr(true), gitlab.Ptr(false)
	return g.projects(func(page int64) ([]*gitlab.Project, *gitlab.Response, error) {
		o.Page = page
		return g.api.Groups.ListGroupProjects(path, o, gitlab.WithContext(ctx))
	})
}

// inOrder lists the oldest first, so that what is made meanwhile moves nothing from one page to the next.
func inOrder() gitlab.ListOptions {
	return gitlab.ListOptions{PerPage: perPage, OrderBy: "id", Sort: "asc"}
}

func (g onGitLab) projects(ask func(page int64) ([]*gitlab.Project, *gitlab.Response, error)) error {
	return g.pages(func(page int) (next int, err error) {
		list, resp, err := ask(int64(page))
		if err != nil {
			return 0, err
		}
		for _, p := range list {
			if err := g.offer(p, listed); err != nil {
				return 0, err
			}
		}
		return nextPage(page, int(resp.NextPage), len(list), perPage), nil
	})
}

func (g onGitLab) offer(p *gitlab.Project, byName bool) error {
	if p == nil {
		p = &gitlab.Project{}
	}
	one, ok := g.hosted(g.host, p.PathWithNamespace, p.HTTPURLToRepo)
	if !ok {
		return nil
	}
	if p.RepositoryAccessLevel == gitlab.DisabledAccessControl {
		g.o.Left[NoCode]++
		return nil
	}
	one.Archived, one.Fork, one.Empty = p.Archived, p.ForkedFromProject != nil, p.EmptyRepo
	one.Visibility = visibility(string(p.Visibility), false)
	if p.LastActivityAt != nil { // a push is an activity
		one.PushedAt = p.LastActivityAt.UTC()
		// A later one is noted only after an hour, so that there may have been one up to now.
		if now := time.Now().UTC().Truncate(time.Second); now.Sub(one.PushedAt) < lag[hosts.GitLab] {
			one.PushedAt = now
		}
	}
	if p.Statistics != nil {
		one.Bytes = min(max(p.Statistics.RepositorySize, 0), 1<<50)
	}
	return g.listing.offer(one, byName)
}
