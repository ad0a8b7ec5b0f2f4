package hosts

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// secondaryWait is how long GitHub wants to be left alone if it does not say how long.
const secondaryWait = time.Minute

// worthAsking is true for what passes: limits of requests, faults of the host, connections that were dropped.
func worthAsking(ctx context.Context, resp *http.Response, err error) (bool, error) {
	var known *Error
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.As(err, &known):
		return false, known
	case err != nil:
		return true, nil
	}
	_, held := limited(resp)
	return held || resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented, nil
}

// backoff is how long to wait before a question is asked again. Where the host says how long, its turn waits.
func (h *Host) backoff(shortest, longest time.Duration, attempt int, resp *http.Response) time.Duration {
	if resp != nil {
		if _, held := limited(resp); held {
			return 0
		}
	}
	if attempt == 0 {
		h.say("%s gives no answer: it is asked again", h.Name())
	}
	return retryablehttp.DefaultBackoff(shortest, longest, attempt, nil)
}

// heldHeader marks an answer that is a limit of requests. It is ours: what a host sends under this name is dropped.
const heldHeader = "X-Skleak-Held"

func limited(resp *http.Response) (why string, held bool) {
	why = resp.Header.Get(heldHeader)
	return why, why != ""
}

// heed reads from an answer how long its host wants to be left alone.
func (h *Host) heed(resp *http.Response, body []byte) {
	resp.Header.Del(heldHeader)
	wait, why := h.wanted(resp, body)
	if why == "" {
		return
	}
	if resp.StatusCode >= 400 {
		resp.Header.Set(heldHeader, why)
	}
	h.turns.hold(max(wait, 0)+time.Second, why)
}

// wanted is how long the host wants to be left alone, and why; why is "" if it does not.
func (h *Host) wanted(resp *http.Response, body []byte) (wait time.Duration, why string) {
	refused := resp.StatusCode == http.StatusTooManyRequests || h.kind == GitHub && resp.StatusCode == http.StatusForbidden
	after, has := retryAfter(resp)
	reset, spent := spentUntil(resp)
	switch {
	case has && (refused || resp.StatusCode == http.StatusServiceUnavailable):
		return after, "has a limit of requests"
	case spent && (refused || resp.StatusCode < 400):
		why = "has answered as many requests as it does in an hour"
		if h.token == "" && h.variable != "" {
			why += ", which are more for who sets " + h.variable
		}
		return reset, why
	case resp.StatusCode == http.StatusTooManyRequests,
		refused && (bytes.Contains(body, []byte("secondary rate limit")) || bytes.Contains(body, []byte("abuse detection"))):
		return secondaryWait, "has a limit of requests"
	}
	return 0, ""
}

// retryAfter is what a server says of when to come back.
func retryAfter(resp *http.Response) (time.Duration, bool) {
	text := strings.TrimSpace(resp.Header.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return inSeconds(seconds), true
	}
	at, err := http.ParseTime(text)
	return inSeconds(at.Unix() - serverTime(resp).Unix()), err == nil
}

// spentUntil is how long it takes until a limit that was used up begins anew.
func spentUntil(resp *http.Response) (time.Duration, bool) {
	for _, prefix := range []string{"X-RateLimit-", "RateLimit-"} { // GitHub's and GitLab's
		if resp.Header.Get(prefix+"Remaining") != "0" {
			continue
		}
		at, err := strconv.ParseInt(resp.Header.Get(prefix+"Reset"), 10, 64)
		if err == nil {
			return inSeconds(at - serverTime(resp).Unix()), true
		}
	}
	return 0, false
}

// inSeconds is a number of seconds, which a server may have made up.
func inSeconds(n int64) time.Duration {
	const most = 10 * 365 * 24 * 60 * 60
	return time.Duration(min(max(n, 0), most)) * time.Second
}

// serverTime is the time at the server, whose clock counts for what it says.
func serverTime(resp *http.Response) time.Time {
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		return at
	}
	return time.Now()
}
