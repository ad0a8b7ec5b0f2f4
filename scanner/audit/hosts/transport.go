package hosts

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"skleak/scanner/git/fetch"
)

const (
	// maxAnswer bounds one answer. A page of a hundred repositories is about one megabyte.
	maxAnswer = 16 << 20
	// askTime bounds one question, with its answer.
	askTime = time.Minute
	// firstPause is before a question is asked a second time. The pauses double.
	firstPause = time.Second
	// maxTries is how often a question is asked that a host has no time for.
	maxTries = 6
	// maxRedirects is how often a host may send a question elsewhere: what was renamed may have been renamed before.
	maxRedirects = 5
)

// newClient is the client that the libraries get. It follows a redirect on the same host alone, asks again where that
// helps, and returns an *Error for all that is no answer.
func (h *Host) newClient(network http.RoundTripper, pause time.Duration) *http.Client {
	again := &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport:     &asker{h, network},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		RetryWaitMin: pause,
		RetryWaitMax: 30 * pause,
		RetryMax:     maxTries - 1,
		CheckRetry:   worthAsking,
		Backoff:      h.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return &http.Client{
		Transport:     &answers{h, &retryablehttp.RoundTripper{Client: again}},
		CheckRedirect: h.checkRedirect,
	}
}

func (h *Host) checkRedirect(r *http.Request, before []*http.Request) error {
	switch {
	case !h.isOfAPI(r.URL):
		return &Error{text: "sends the client to another place, where it does not follow: give the address that the host " +
			"has now"}
	case len(before) > maxRedirects:
		return &Error{text: "sends the client from place to place"}
	}
	return nil
}

// isOfAPI is true for what the token is for.
func (h *Host) isOfAPI(u *url.URL) bool {
	return u.User == nil && fetch.Origin(u) == fetch.Origin(h.at.api) && strings.HasPrefix(u.Path, h.at.api.Path+"/")
}

// asker asks one question once: in its turn, with the token, and with bounds.
type asker struct {
	host *Host
	to   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (a *asker) RoundTrip(r *http.Request) (*http.Response, error) {
	h := a.host
	if !h.isOfAPI(r.URL) || r.Method != http.MethodGet {
		return nil, &Error{text: "was to be asked for something that is none of its API"}
	}
	if err := h.turns.take(r.Context(), patienceOf(r.Context()), h.sayWait); err != nil {
		return nil, err
	}
	defer h.turns.release()
	ctx, stop := context.WithTimeout(r.Context(), askTime)
	defer stop()
	r = r.Clone(ctx)
	h.introduce(r.Header)
	resp, err := a.to.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := readAll(resp)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	h.heed(resp, body)
	return resp, nil
}

// introduce says who asks, in place of whatever a library says.
func (h *Host) introduce(header http.Header) {
	for _, name := range []string{"Private-Token", "Job-Token", "Authorization", "Cookie", "Accept-Encoding"} {
		header.Del(name)
	}
	header.Set("User-Agent", "skleak-audit")
	switch {
	case h.token == "":
	case h.kind == Gitea: // older ones know no other word
		header.Set("Authorization", "token "+h.token)
	default:
		header.Set("Authorization", "Bearer "+h.token)
	}
}

// readAll reads an answer, within bounds.
func readAll(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close() //nolint:errcheck // what was wanted of it has come, or an error is returned
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		return nil, &Error{text: "sends more than any answer has"}
	}
	return body, err
}

// answers lets nothing but answers through.
type answers struct {
	host *Host
	to   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := a.to.RoundTrip(r)
	if err != nil {
		return nil, a.host.unanswered(r.Context(), err)
	}
	if resp.StatusCode >= 400 {
		return nil, a.host.refusal(r, resp)
	}
	return resp, nil
}

// unanswered puts into words why there is no answer.
func (h *Host) unanswered(ctx context.Context, err error) error {
	var known *Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{silent: true, text: "does not answer in time: try again later"}
	}
	if told := fetch.Unconnected(err); told != nil {
		return &Error{silent: true, text: "cannot be asked: " + told.Error()}
	}
	return &Error{silent: true, text: "does not answer as a web server does"}
}
