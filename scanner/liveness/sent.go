package liveness

import (
	"cmp"
	"context"
	"net/http/httptrace"
	"slices"
	"sync"

	"skleak/scanner"
)

// sentCount counts the requests that went out, by the provider's ID. A request counts once its headers are on the way;
// one for which no connection could be had does not.
type sentCount struct {
	mu sync.Mutex
	by map[string]int64
}

// counting is a context in which requests count as sent to a provider.
func (s *sentCount) counting(ctx context.Context, provider string) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.by == nil {
			s.by = map[string]int64{}
		}
		s.by[provider]++
	}})
}

// Sent is how many requests were sent to each provider so far, those of a [Revoker] that uses the client included, by
// the provider's ID.
func (c *Client) Sent() (all []scanner.Requests) {
	c.sent.mu.Lock()
	defer c.sent.mu.Unlock()
	for provider, n := range c.sent.by {
		all = append(all, scanner.Requests{Provider: provider, Sent: n})
	}
	slices.SortFunc(all, func(a, b scanner.Requests) int { return cmp.Compare(a.Provider, b.Provider) })
	return all
}
