package fetch

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
	gohttp "github.com/go-git/go-git/v5/plumbing/transport/http"
)

// session is a conversation with the server: over HTTP it is go-git's, over SSH and git: a stream.
type session interface {
	AdvertisedReferencesContext(context.Context) (*packp.AdvRefs, error)
	UploadPack(context.Context, *packp.UploadPackRequest) (*packp.UploadPackResponse, error)
	Close() error
}

// session begins to speak to the server.
func (r Request) session(w *watch, user, secret string) (session, error) {
	switch r.URL.scheme {
	case "ssh":
		return r.overSSH(w)
	case "git":
		return r.overGit(w)
	}
	u := r.URL
	end := &transport.Endpoint{Protocol: u.scheme, Host: u.host, Port: u.port, Path: u.path}
	client := gohttp.NewClient(&http.Client{Transport: &listener{to: Transport(), watch: w}})
	if secret == "" {
		return client.NewUploadPackSession(end, nil)
	}
	// go-git sends it to this host alone: where it is sent elsewhere, it drops the header.
	return client.NewUploadPackSession(end, &gohttp.BasicAuth{Username: user, Password: secret})
}

// Transport is a transport that shares nothing with others and says nothing to anybody. It speaks HTTP/1.1 alone, since
// Go's HTTP/2 prints every header that it sends where GODEBUG=http2debug is set, tokens among them; and no connection is
// used twice, since what a server sends on one that is idle is printed as well.
func Transport() *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dial,
		TLSHandshakeTimeout:    dialTime,
		MaxResponseHeaderBytes: 1 << 20,
		DisableKeepAlives:      true,
		Protocols:              &protocols,
	}
}

const dialTime = 30 * time.Second

// dial connects to an address. Tokens go over plain http to this machine, and "localhost" is that by name alone: it must
// be so by its address, too.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTime}
	if host, _, err := net.SplitHostPort(address); err == nil && strings.EqualFold(host, "localhost") {
		d.Control = onlyLoopback
	}
	return d.DialContext(ctx, network, address)
}

func onlyLoopback(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return errors.New("localhost is not this machine")
	}
	return nil
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
	l.watch.from.Store(req.URL)
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
