package hidden

import (
	"context"
	"time"

	"gitlab.com/gitlab-org/api/client-go/v2"

	"skleak/scanner/audit/hosts"
	"skleak/scanner/audit/job"
)

// gitLab reads the pushes among a project's events. What merge requests and pipelines keep has refs of its own.
func gitLab(ctx context.Context, h *hosts.Host, project string, found *commits) error {
	api, err := h.GitLab()
	if err != nil {
		return err
	}
	o := &gitlab.ListProjectVisibleEventsOptions{ListOptions: gitlab.ListOptions{PerPage: perPage, Page: 1}}
	o.Action, o.Sort = gitlab.Ptr(gitlab.PushedEventType), gitlab.Ptr("desc")
	if !found.since.IsZero() { // whole days, and those after it
		o.After = gitlab.Ptr(gitlab.ISOTime(found.since.UTC().AddDate(0, 0, -2)))
	}
	for range maxPages {
		list, resp, err := api.Events.ListProjectVisibleEvents(project, o, gitlab.WithContext(ctx))
		if err != nil {
			return err
		}
		for _, e := range list {
			if e != nil {
				addEvent(e, found)
			}
		}
		if err := found.count(len(list)); err != nil {
			return err
		}
		// A proxy may have taken the next page out of the answer: then it is asked for if this one was full.
		if resp.NextPage <= o.Page && len(list) < perPage {
			return nil
		}
		o.Page = max(o.Page+1, resp.NextPage)
	}
	return errEnough
}

// addEvent takes what a branch led to before a push.
func addEvent(e *gitlab.ProjectEvent, found *commits) {
	why := ForcePush
	switch e.PushData.Action {
	case "removed":
		why = DeletedBranch
	case "pushed":
	default: // created: there was nothing before
		return
	}
	when, err := time.Parse(time.RFC3339, e.CreatedAt)
	if err != nil {
		when = time.Time{}
	}
	found.add(job.Hidden{ID: e.PushData.CommitFrom, Ref: e.PushData.Ref, Why: why, By: e.AuthorUsername, When: when})
}
