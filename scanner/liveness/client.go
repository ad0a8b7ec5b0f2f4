package liveness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"skleak/rules"
	"skleak/rules/provider"
)

const (
	DefaultAtOnce = 8  // requests under way at the same time
	DefaultRate   = 10 // requests a second to one provider
)

// Options say whom a Client may ask, and how.
type Options struct {
	Providers []provider.Provider // those without a Check are never asked
	Endpoints map[string]string   // by provider's ID: a base URL in place of the provider's own
	UserAgent string
	Rate      float64 // requests a second to one provider; 0 means DefaultRate
}

// Client asks providers over the network. It is the [Asker] that is not for tests.
type Client struct {
	http      *http.Client
	userAgent string
	lanes     map[string]*lane // by the provider's ID
	sent      sentCount
}

// lane is what belongs to one provider: whom to ask, what, and how often.
type lane struct {
	client *Client
	id     string // the provider's
	check  *provider.Check
	base   string // no slash at its end
	pace   *pace
	retry  *retryablehttp.Client
	probe  *probe // nil where the endpoint is the provider's own
}

// NewClient makes a client. An error names the endpoint that is no place to send keys to; it does not
// repeat its URL.
func NewClient(o Options) (*Client, error) {
	c := &Client{http: newHTTPClient(newTransport()), userAgent: o.UserAgent, lanes: map[string]*lane{}}
	perSecond := o.Rate
	if perSecond == 0 {
		perSecond = DefaultRate
	}
	for _, p := range o.Providers {
		if p.Check == nil {
			continue
		}
		turns := newPace(perSecond)
		l := &lane{client: c, id: p.ID, check: p.Check, base: p.BaseURL, pace: turns, retry: newRetrying(c.http, turns)}
		if base, ok := o.Endpoints[p.ID]; ok {
			l.base, l.probe = base, newProbe(p)
		}
		if err := provider.ValidateBaseURL(l.base); err != nil {
			return nil, fmt.Errorf("endpoint of %s: %w", p.ID, err)
		}
		l.base = strings.TrimRight(l.base, "/")
		c.lanes[p.ID] = l
	}
	for id := range o.Endpoints {
		if c.lanes[id] == nil {
			return nil, fmt.Errorf("endpoint of %s: no way to check its keys is known", id)
		}
	}
	return c, nil
}

// Ask asks the provider. A provider that cannot be asked makes the result Unknown.
func (c *Client) Ask(ctx context.Context, q Question) Result {
	l := c.lanes[q.Provider]
	if l == nil {
		return Result{Unknown, "no way to check its keys is known", time.Now()}
	}
	if l.probe != nil {
		if doubt := l.probe.doubt(ctx, l); doubt != "" {
			return Result{Unknown, doubt, time.Now()}
		}
	}
	status, detail := l.ask(ctx, q.Key)
	return Result{status, detail, time.Now()}
}

// ask requests the check's path and, where nothing is there, its other one.
func (l *lane) ask(ctx context.Context, key rules.Key) (Status, string) {
	r, err := l.request(ctx, l.check.Path, key)
	if err == nil && r.status == http.StatusNotFound && l.check.Fallback != "" {
		if status, detail := judge(l.check.Answers, r); status != Unknown {
			return status, detail
		}
		r, err = l.request(ctx, l.check.Fallback, key)
		if err == nil && r.status == http.StatusNotFound {
			return Unknown, "nothing is there (status 404), at either of the documented paths"
		}
	}
	if err != nil {
		return Unknown, faultText(err)
	}
	return judge(l.check.Answers, r)
}

// request sends the check, with retries, and reads its answer. The error may hold anything: it is for
// faultText alone.
func (l *lane) request(ctx context.Context, path string, key rules.Key) (reply, error) {
	ctx = l.client.sent.counting(ctx, l.id)
	request, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, l.base+path, nil)
	if err != nil {
		return reply{}, err
	}
	for name, template := range l.check.Headers {
		value, err := expand(template, keyOnly(key))
		if err != nil {
			return reply{}, err
		}
		request.Header.Set(name, value)
	}
	request.Header.Set("User-Agent", l.client.userAgent)
	if request.Header.Get("Accept") == "" {
		request.Header.Set("Accept", "application/json")
	}
	var out reply
	request.SetResponseHandler(func(r *http.Response) (err error) {
		out, err = readReply(r)
		return err
	})
	if err := l.pace.wait(ctx); err != nil {
		return reply{}, err
	}
	return l.do(request, &out)
}

// do sends the request. Where all tries were answered by a status that is worth repeating, that is
// the answer, and its body is not looked at.
func (l *lane) do(request *retryablehttp.Request, out *reply) (reply, error) {
	response, err := l.retry.Do(request)
	if response != nil {
		defer response.Body.Close()
	}
	switch {
	case err != nil:
		return reply{}, err
	case response == nil:
		return reply{}, errors.New("neither an answer nor an error")
	case out.status == 0 || out.status != response.StatusCode:
		return reply{status: response.StatusCode, whole: true}, nil
	}
	return *out, nil
}

// readReply reads up to maxBody. It is part of each try, so that a body cut short is asked for again.
func readReply(r *http.Response) (reply, error) {
	defer r.Body.Close()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return reply{}, err
	}
	whole := len(body) <= maxBody
	return reply{status: r.StatusCode, body: body[:min(len(body), maxBody)], whole: whole}, nil
}
