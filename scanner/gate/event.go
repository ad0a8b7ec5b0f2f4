package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is what GitHub says of the event that started a job: the name, and of the payload what tells
// which commits it is about.
type event struct {
	name string
	sha  string // GITHUB_SHA

	Ref     string `json:"ref"` // of a push; only searched
	Before  string `json:"before"`
	After   string `json:"after"`
	Deleted bool   `json:"deleted"`

	PullRequest *pullRequest `json:"pull_request"`
	MergeGroup  *mergeGroup  `json:"merge_group"`
	Repository  struct {
		FullName string `json:"full_name"`
	} `json:"repository"`
	Sender struct {
		Login string `json:"login"`
	} `json:"sender"`
}

type mergeGroup struct {
	Base string `json:"base_sha"`
	Head string `json:"head_sha"`
	Ref  string `json:"head_ref"` // only searched
}

type pullRequest struct {
	Merged bool `json:"merged"`
	Base   side `json:"base"`
	Head   side `json:"head"`
}

// side is one of the two branches of a pull request. The repository of the head is null once a fork
// is deleted.
type side struct {
	Ref  string `json:"ref"` // only searched
	SHA  string `json:"sha"`
	Repo *struct {
		FullName string `json:"full_name"`
	} `json:"repo"`
}

// maxEvent bounds an event file, in bytes. GitHub's own limit for a payload is 25 MB.
const maxEvent = 64 << 20

// readEvent takes the event from the environment of a job. Where its payload cannot be read, it
// returns the event without one beside the error: less is known then, which is no reason to scan less.
func readEvent(env map[string]string) (event, error) {
	e := event{name: env["GITHUB_EVENT_NAME"], sha: commitID(env["GITHUB_SHA"])}
	known := e
	data, err := readEventFile(env["GITHUB_EVENT_PATH"])
	if err == nil && usesPayload(e.name) {
		// Payloads of other events may use the same names for something else.
		err = json.Unmarshal(data, &e)
	}
	if err != nil {
		return known, fmt.Errorf("reading the event file: %w", err)
	}
	e.Before, e.After = commitID(e.Before), commitID(e.After)
	if p := e.PullRequest; p != nil {
		p.Base.SHA, p.Head.SHA = commitID(p.Base.SHA), commitID(p.Head.SHA)
	}
	if m := e.MergeGroup; m != nil {
		m.Base, m.Head = commitID(m.Base), commitID(m.Head)
	}
	return e, nil
}

func readEventFile(path string) ([]byte, error) {
	if path == "" {
		return nil, errors.New("GITHUB_EVENT_PATH is not set")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it is only read
	data, err := io.ReadAll(io.LimitReader(file, maxEvent+1))
	if err == nil && len(data) > maxEvent {
		err = fmt.Errorf("%s has more than %d MB, too many for an event", path, maxEvent>>20)
	}
	return data, err
}

// usesPayload is true for the events whose payload says what to look at.
func usesPayload(name string) bool {
	return name == "push" || name == "merge_group" || isPullRequest(name)
}

// isPullRequest is true for the events that run on what a pull request proposes, reviews of it among them.
func isPullRequest(name string) bool {
	switch name {
	case "pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment":
		return true
	}
	return false
}

// commitID returns id if it is the full id of a commit, else "". The id of nothing, all zeros, is
// none: GitHub writes it where a branch begins or ends. Nothing else from an event may reach the code
// that reads revisions.
func commitID(id string) string {
	if len(id) != 40 && len(id) != 64 || strings.Trim(id, "0123456789abcdef") != "" || strings.Trim(id, "0") == "" {
		return ""
	}
	return id
}

// fromFork is true for a pull request whose content is of another repository, which gives the job a
// token that can only read.
func (e event) fromFork() bool {
	if e.PullRequest == nil {
		return false
	}
	head := e.PullRequest.Head.Repo
	return head == nil || !strings.EqualFold(head.FullName, e.Repository.FullName)
}

// refs are the names of the branches and tags that the event is about.
func (e event) refs() []string {
	names := []string{e.Ref}
	if e.PullRequest != nil {
		names = append(names, e.PullRequest.Head.Ref)
	}
	if e.MergeGroup != nil {
		names = append(names, e.MergeGroup.Ref)
	}
	return names
}
