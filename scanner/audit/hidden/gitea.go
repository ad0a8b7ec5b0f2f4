package hidden

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"sync"

	"code.gitea.io/sdk/gitea"

	"skleak/scanner/audit/hosts"
	"skleak/scanner/audit/job"
)

// giteaFeed reads the pushes among a repository's activities. A deletion says nothing of what was deleted, so that the
// push before it has to: the newest come first.
func giteaFeed(ctx context.Context, h *hosts.Host, project string, found *commits) error {
	api, err := h.Gitea(gitea.SetContext(ctx))
	if err != nil {
		return err
	}
	owner, name, _ := strings.Cut(project, "/")
	deleted := map[string]job.Hidden{} // by branch: without an id yet
	o := gitea.ListRepoActivityFeedsOptions{ListOptions: gitea.ListOptions{PageSize: giteaPage}}
	for o.Page = 1; o.Page <= maxPages; o.Page++ {
		list, _, err := api.ListRepoActivityFeeds(owner, name, o)
		if err != nil {
			return err
		}
		old := false
		for _, a := range list {
			if a != nil {
				addActivity(a, deleted, found)
				old = old || found.isOld(a.Created)
			}
		}
		if err := found.count(len(list)); err != nil {
			return err
		}
		// What was deleted lately may have been pushed long ago.
		if len(list) == 0 || old && len(deleted) == 0 {
			return nil
		}
	}
	return errEnough
}

// pushed is what an activity holds of a push, as JSON in a text. That of a branch that was made may be empty.
type pushed struct {
	CompareURL string // ends in what was replaced, and by what; in place of the first may stand the name of a branch
	HeadCommit struct{ Sha1 string }
}

var compared = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`/compare/([^/]+)\.\.\.([0-9a-f]+)$`) })

// ids are what a branch led to before and after a push; "" where that is not told.
func (p pushed) ids() (before, after string) {
	if m := compared().FindStringSubmatch(p.CompareURL); m != nil {
		return m[1], m[2]
	}
	return "", p.HeadCommit.Sha1
}

// addActivity takes what a branch led to before a push, and what it led to at last.
func addActivity(a *gitea.Activity, deleted map[string]job.Hidden, found *commits) {
	h := job.Hidden{Ref: a.RefName, When: a.Created}
	if a.ActUser != nil {
		h.By = a.ActUser.UserName
	}
	branch := strings.TrimPrefix(a.RefName, "refs/heads/")
	switch a.OpType {
	case "delete_branch", "mirror_sync_delete":
		if h.Why = DeletedBranch; !found.isOld(a.Created) && len(deleted) < maxEvents {
			deleted[branch] = h
		}
	case "commit_repo", "mirror_sync_push":
		var content pushed
		if json.Unmarshal([]byte(a.Content), &content) != nil {
			return
		}
		before, after := content.ids()
		if last, ok := deleted[branch]; ok && after != "" {
			last.ID = after
			found.add(last)
			delete(deleted, branch)
		}
		h.ID, h.Why = before, ForcePush
		found.add(h)
	}
}
