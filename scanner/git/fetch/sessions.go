package fetch

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
	gogit "github.com/go-git/go-git/v5/plumbing/transport/git"
	gohttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	gossh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"github.com/sourcegraph/conc/panics"
)

// session begins to speak to the server.
func (r Request) session(w *watch, user, secret string) (transport.UploadPackSession, error) {
	u := r.URL
	end := &transport.Endpoint{Protocol: u.scheme, User: u.user, Host: u.host, Port: u.port, Path: u.path}
	switch u.scheme {
	case "https", "http":
		end.User = ""
		w.listens.Store(true)
		client := gohttp.NewClient(&http.Client{Transport: &listener{to: plainTransport(), watch: w}})
		if secret == "" {
			return client.NewUploadPackSession(end, nil)
		}
		// go-git sends it to this host alone: where it is sent elsewhere, it drops the header.
		return client.NewUploadPackSession(end, &gohttp.BasicAuth{Username: user, Password: secret})
	case "ssh":
		if end.User == "" {
			end.User = gossh.DefaultUsername
		}
		return within(w.ctx,
			func() (transport.UploadPackSession, error) { return gossh.DefaultClient.NewUploadPackSession(end, nil) })
	default:
		return within(w.ctx,
			func() (transport.UploadPackSession, error) { return gogit.DefaultClient.NewUploadPackSession(end, nil) })
	}
}

// within waits for a session until ctx ends: go-git connects without one.
func within(ctx context.Context, begin func() (transport.UploadPackSession, error)) (transport.UploadPackSession,
	error) {
	type made struct {
		session transport.UploadPackSession
		err     error
		crash   *panics.Recovered
	}
	done := make(chan made, 1)
	go func() {
		var m made
		m.crash = panics.Try(func() { m.session, m.err = begin() })
		done <- m
	}()
	select {
	case m := <-done:
		if m.crash != nil {
			panic(m.crash) // as if it were called here
		}
		return m.session, m.err
	case <-ctx.Done():
		go func() {
			if m := <-done; m.err == nil && m.crash == nil {
				m.session.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

// plainTransport is a transport that shares nothing with others.
func plainTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: 30 * time.Second,
		ForceAttemptHTTP2:   true,
	}
}

// listener tells the watch of what comes, and bounds it: the answer to the question for refs, and what a server says
// beside an error.
type listener struct {
	to    http.RoundTripper
	watch *watch
}

// maxErrorBytes is what is read of an error page.
const maxErrorBytes = 64 << 10

// RoundTrip implements http.RoundTripper.
func (l *listener) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.to.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	l.watch.alive()
	body := &heard{ReadCloser: resp.Body, watch: l.watch, left: -1}
	switch {
	case resp.StatusCode != http.StatusOK:
		body.left, body.over = maxErrorBytes, io.EOF
	case req.Method == http.MethodGet:
		body.left, body.over = l.watch.maxRefs, errManyRefs
	}
	resp.Body = body
	return resp, nil
}

// heard is a body that is listened to.
type heard struct {
	io.ReadCloser
	watch *watch
	left  int64 // below 0: any number of bytes
	over  error // where there are more
}

func (h *heard) Read(p []byte) (n int, err error) {
	if h.left == 0 {
		if errors.Is(h.over, errManyRefs) {
			h.watch.stop(errManyRefs)
		}
		return 0, h.over
	}
	if h.left > 0 {
		p = p[:min(int64(len(p)), h.left)]
	}
	n, err = h.ReadCloser.Read(p)
	if h.left > 0 {
		h.left -= int64(n)
	}
	h.watch.heard(n)
	return n, err
}
