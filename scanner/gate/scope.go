package gate

import "fmt"

// What --scope takes.
const (
	ScopeAuto       = "auto"
	ScopeChanges    = "changes"
	ScopeEverything = "everything"
)

// checkout is what must be known of a repository to tell what a job should look at.
type checkout interface {
	parents(id string) (ids []string, here bool) // here is false where the commit is not in the repository
	shallow() bool
}

// assignment is what one job is to look at, and whose word counts in it.
type assignment struct {
	tip     string // the commits to look at are what this one leads to; "" for everything there is
	from    string // and this one does not; "" for none
	nothing bool   // there is nothing to look at

	// guarded is true where somebody proposes a change. Then only what stands in the commit base, or what
	// base leads to, may keep a leak from counting; nothing may where base is "".
	guarded bool
	base    string

	absent string // a commit that should be looked at and is not in the checkout
	notes  []Note
}

// Note is something to be said of a run.
type Note struct {
	Warns bool // it bears on what was found
	Text  string
}

func (a *assignment) say(format string, args ...any) {
	a.notes = append(a.notes, Note{false, fmt.Sprintf(format, args...)})
}

func (a *assignment) warn(format string, args ...any) {
	a.notes = append(a.notes, Note{true, fmt.Sprintf(format, args...)})
}

// assign works out what a job that was started by e looks at. c is nil where there is no repository.
func assign(e event, scope string, c checkout) assignment {
	a := assignment{}
	switch {
	case isPullRequest(e.name):
		a.guarded = true
		a.ofPullRequest(e, c)
	case e.name == "merge_group":
		a.guarded = true
		a.ofMergeGroup(e, c)
	case e.name == "push":
		a.ofPush(e, c)
	case e.name == "schedule" || e.name == "workflow_dispatch" || e.name == "release":
	default:
		// Such a job may have checked out anything, a pull request of a stranger included. GITHUB_SHA
		// is the repository's own then.
		a.guarded = true
		a.base = present(c, e.sha)
		a.say("the event %q is not one that skleak knows: everything is scanned", e.name)
	}
	a.narrow(scope)
	if c != nil && !a.nothing && c.shallow() {
		a.warn("the checkout is shallow: what lies beyond its edge was not scanned, and what came from there may pass " +
			"for new; " +
			"give actions/checkout `fetch-depth: 0`")
	}
	return a
}

func (a *assignment) narrow(scope string) {
	switch {
	case a.nothing:
	case scope == ScopeEverything:
		a.tip, a.from = "", ""
	case scope == ScopeChanges && a.tip == "":
		a.say("there are no changes to tell from the rest, so everything is scanned although the scope is %q", ScopeChanges)
	}
}

// ofPullRequest: what the head has and the base has not, through all parents.
func (a *assignment) ofPullRequest(e event, c checkout) {
	if e.PullRequest == nil {
		a.everything("the event does not say which commits the pull request is about")
		return
	}
	base, tip := present(c, e.PullRequest.Base.SHA), present(c, e.PullRequest.Head.SHA)
	switch parents, here := parentsOf(c, e.sha); {
	case e.name == "pull_request_target": // GITHUB_SHA is the base then
	case here && len(parents) == 2 && parents[1] == e.PullRequest.Head.SHA:
		// GitHub's trial merge. Its first parent is the base as it is now; the event tells how it was.
		tip = e.sha
		if now := present(c, parents[0]); now != "" {
			base = now
		}
	case here && e.PullRequest.Merged:
		tip = e.sha
	}
	a.between(base, tip, e.PullRequest.Head.SHA, c)
	if a.absent != "" && e.name == "pull_request_target" {
		a.warn("on pull_request_target actions/checkout brings the base, not what is proposed; use the event pull_request")
	}
}

func (a *assignment) ofMergeGroup(e event, c checkout) {
	if e.MergeGroup == nil {
		a.everything("the event does not say which commits the merge group is about")
		return
	}
	a.between(present(c, e.MergeGroup.Base), present(c, e.MergeGroup.Head), e.MergeGroup.Head, c)
}

// between is for proposals: the commits from base to tip, either of which is "" if it is not here.
func (a *assignment) between(base, tip, wanted string, c checkout) {
	a.base = base
	switch {
	case c == nil:
		a.everything("there is no git repository to tell what the change is")
	case tip == "":
		a.absent = wanted
		a.everything("the commits to be checked are not in the checkout")
	case base == "":
		a.everything("the checkout does not have the commit that the change starts from")
	default:
		a.tip, a.from = tip, base
	}
}

// ofPush: before..after, and all of a new branch.
func (a *assignment) ofPush(e event, c checkout) {
	if e.Deleted {
		a.nothing = true
		a.say("the branch or tag was deleted: there is nothing to scan")
		return
	}
	after := present(c, e.After)
	if after == "" {
		after = present(c, e.sha)
	}
	before := present(c, e.Before)
	switch {
	case c == nil:
		a.everything("there is no git repository to tell what was pushed")
	case after == "":
		a.absent = e.After
		a.everything("the pushed commit is not in the checkout")
	case e.Before == "":
		a.tip = after
	case before != "":
		a.tip, a.from = after, before
	case c.shallow():
		a.everything("the checkout does not have the commit that the branch was at before")
	default:
		a.tip = after
		a.say("the commit that the branch was at before is gone, as after a forced push: all of the branch is scanned")
	}
}

// everything is the way out where it cannot be told what is new.
func (a *assignment) everything(why string) {
	a.tip, a.from = "", ""
	a.warn("%s, so all that is there was scanned", why)
}

func parentsOf(c checkout, id string) (ids []string, here bool) {
	if c == nil || id == "" {
		return nil, false
	}
	return c.parents(id)
}

// present returns id if that commit is in the checkout, else "".
func present(c checkout, id string) string {
	if _, here := parentsOf(c, id); !here {
		return ""
	}
	return id
}
