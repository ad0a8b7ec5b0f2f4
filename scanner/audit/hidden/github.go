package hidden

import (
	"context"
	"strings"
	"time"

	"github.com/google/go-github/v89/github"

	"skleak/scanner/audit/hosts"
	"skleak/scanner/audit/job"
)

// gitHub asks for the activities that leave commits behind. Each kind has to be asked for by itself.
func gitHub(ctx context.Context, h *hosts.Host, project string, found *commits) error {
	api, err := h.GitHub()
	if err != nil {
		return err
	}
	owner, name, _ := strings.Cut(project, "/")
	for _, a := range []struct{ activity, why string }{{"force_push", ForcePush}, {"branch_deletion", DeletedBranch}} {
		o := &github.ListRepositoryActivityOptions{ActivityType: a.activity, PerPage: perPage, TimePeriod: period(found.since)}
		if err := activities(ctx, api, owner, name, o, a.why, found); err != nil {
			return err
		}
	}
	return nil
}

func activities(ctx context.Context, api *github.Client, owner, name string, o *github.ListRepositoryActivityOptions,
	why string, found *commits) error {
	for range maxPages {
		list, resp, err := api.Repositories.ListRepositoryActivities(ctx, owner, name, o)
		if err != nil {
			return err
		}
		old := false
		for _, a := range list {
			if a == nil {
				continue
			}
			when := a.Timestamp.GetTime()
			if when == nil {
				when = &time.Time{}
			}
			found.add(job.Hidden{ID: a.Before, Ref: a.Ref, Why: why, By: a.Actor.GetLogin(), When: *when})
			old = old || found.isOld(*when)
		}
		if err := found.count(len(list)); err != nil {
			return err
		}
		if resp.After == "" || resp.After == o.After || old { // the newest come first
			return nil
		}
		o.After = resp.After
	}
	return errEnough
}

// period is the shortest one of GitHub's words that reaches back to a time; "" is for ever.
func period(since time.Time) string {
	if since.IsZero() {
		return ""
	}
	const day = 24 * time.Hour
	ago := time.Since(since) + time.Hour // for clocks that differ
	for _, p := range []struct {
		word string
		days time.Duration
	}{{"day", 1}, {"week", 7}, {"month", 28}, {"quarter", 90}, {"year", 365}} {
		if ago < p.days*day {
			return p.word
		}
	}
	return ""
}
