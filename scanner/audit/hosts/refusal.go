package hosts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Error says why a host gave no answer, in one line, and what to try. It holds nothing that the host said.
type Error struct {
	host   string
	Status int       // of the answer; 0 if there was none
	busy   time.Time // until when the host wants to be left alone, if that is all
	silent bool      // there was no answer
	text   string
}

func (e *Error) Error() string {
	if e.host == "" {
		return "the host " + e.text
	}
	return e.host + " " + e.text
}

// IsBusy is true where the host wants to be left alone for longer than one is ready to wait.
func (e *Error) IsBusy() bool { return !e.busy.IsZero() }

// IsNotFound is true where the host knows nothing of what it was asked for.
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

// IsRefused is true where the host does not let who asks do so.
func IsRefused(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
}

// IsUnanswered is true where the host did not answer at all: to ask it anything else is of no use.
func IsUnanswered(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.silent
}

// Refuse is an error of ours that is told as the host's, whose name goes before it.
func Refuse(text string) error { return &Error{text: text} }

// Told is an error of a library in words for people: an *Error, an error of the context, or that the answer was none.
// The texts of the libraries hold parts of the answer.
func (h *Host) Told(ctx context.Context, err error) error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &e):
		told := *e
		told.host = h.Name()
		return &told
	}
	return &Error{host: h.Name(), text: fmt.Sprintf("does not answer as the API of a %s does: look at its address again",
		titles[h.kind])}
}

// titles are the kinds as their makers write them.
var titles = map[string]string{GitHub: "GitHub", GitLab: "GitLab", Gitea: "Gitea"}

// refusal is an answer that is none.
func (h *Host) refusal(r *http.Request, resp *http.Response) error {
	e := &Error{Status: resp.StatusCode}
	why, held := limited(resp)
	switch {
	case held:
		e.text = why + ", again and again: try again later"
		e.busy = time.Now()
	case e.Status == http.StatusUnauthorized && h.token != "":
		e.text = "refuses " + h.from + ": it may be wrong, have expired or been revoked, or be for another host"
	case e.Status == http.StatusUnauthorized:
		e.text = "asks who you are: " + h.WhoToBe()
	case e.Status == http.StatusForbidden && resp.Header.Get("X-GitHub-SSO") != "":
		e.text = "lets " + h.from + " in only once it is authorized for the organization's single sign-on: Settings, " +
			"Developer settings, at the token \"Configure SSO\""
	case e.Status == http.StatusForbidden && h.token != "":
		e.text = "says no: " + h.from + " lacks the right " + h.right(r)
	case e.Status == http.StatusForbidden:
		e.text = "tells that to nobody who does not say who he is: " + h.WhoToBe()
	case e.Status == http.StatusNotFound && h.token != "":
		e.text = "knows nothing of that name, or does not show it to " + h.from
	case e.Status == http.StatusNotFound:
		e.text = "knows nothing of that name, or does not show it to everybody: " + h.WhoToBe()
	case e.Status == http.StatusUnavailableForLegalReasons:
		e.text = "does not show it, for legal reasons (status 451)"
	default:
		e.text = fmt.Sprintf("answers with status %d: try again later", e.Status)
	}
	return e
}

// WhoToBe is how to tell the host who asks.
func (h *Host) WhoToBe() string {
	if h.variable != "" {
		return "set " + h.variable + ", or give --token-file FILE"
	}
	return "give --token-file FILE"
}

// right is what a token needs for a question.
func (h *Host) right(r *http.Request) string {
	hidden := strings.HasSuffix(r.URL.Path, "/activity") || strings.HasSuffix(r.URL.Path, "/events") ||
		strings.HasSuffix(r.URL.Path, "/activities/feeds")
	switch {
	case h.kind == GitHub && hidden:
		return "to ask for a repository's activity: fine-grained tokens and apps need Contents: read, classic ones repo"
	case h.kind == GitHub:
		return "to list repositories: fine-grained tokens and apps need Metadata: read, classic ones repo"
	case h.kind == GitLab:
		return "to ask for this: it needs the scope read_api, and a role of at least Reporter in the group"
	case hidden:
		return "to ask for a repository's activity: it needs the scope read:repository"
	}
	return "to list repositories: it needs the scopes read:organization, read:user and read:repository"
}
