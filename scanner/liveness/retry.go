package liveness

import (
	"context"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	maxRetries   = 3
	retryWaitMin = 500 * time.Millisecond
	retryWaitMax = 8 * time.Second
	// maxRetryAfter caps what a server can make us wait. One that wants more is asked again too
	// early, and its refusal is reported.
	maxRetryAfter = 30 * time.Second
)

// newRetrying makes a client that repeats what is worth repeating, each time when its turn has
// come. Nothing of it logs.
func newRetrying(client *http.Client, turns *pace) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   client,
		RetryWaitMin: retryWaitMin,
		RetryWaitMax: retryWaitMax,
		RetryMax:     maxRetries,
		CheckRetry:   worthRepeating,
		Backoff:      backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		PrepareRetry: func(r *http.Request) error { return turns.wait(r.Context()) },
	}
}

// worthRepeating is true for what passes: too many requests, faults of the server, connections that
// were dropped. Timeouts are not repeated, since four times ten seconds for each key would be hours.
func worthRepeating(ctx context.Context, r *http.Response, err error) (bool, error) {
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		return isDropped(err), nil
	}
	return r.StatusCode == http.StatusTooManyRequests || r.StatusCode >= 500, nil
}

// backoff waits as long as the server asks, within limits, or twice as long each time.
func backoff(shortest, longest time.Duration, attempt int, r *http.Response) time.Duration {
	wait := retryablehttp.DefaultBackoff(shortest, longest, attempt, r)
	if r == nil || r.Header.Get("Retry-After") == "" {
		return min(wait, longest)
	}
	if wait < 0 { // so many seconds that they overflow
		return maxRetryAfter
	}
	return min(wait, maxRetryAfter)
}
