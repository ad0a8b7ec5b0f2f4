package liveness

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

const (
	requestTimeout = 10 * time.Second // for one request, its answer included
	maxBody        = 64 << 10         // bytes of an answer that are read
	maxHeader      = 64 << 10
)

// newTransport makes the connections to all providers. It speaks HTTP/1.1 alone: Go's HTTP/2 prints
// every header it sends where GODEBUG=http2debug is set, keys among them.
func newTransport() *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  proxy,
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    requestTimeout,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConnsPerHost:    DefaultAtOnce,
		IdleConnTimeout:        time.Minute,
		DisableCompression:     true, // so that maxBody bounds what is sent as well
		Protocols:              &protocols,
	}
}

// proxy is the environment's, for https alone, where it sees nothing but the name of the host. Plain
// http goes to this machine, and the library's own exception for that does not know LOCALHOST.
func proxy(r *http.Request) (*url.URL, error) {
	if r.URL.Scheme != "https" {
		return nil, nil
	}
	return http.ProxyFromEnvironment(r)
}

// newHTTPClient never follows a redirect, which would take the key to another address, and keeps no
// cookies.
func newHTTPClient(t http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     t,
		Timeout:       requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

var errNotLoopback = errors.New("not an address of this machine")

// dial connects to addr. Keys go over plain http to this machine only, and "localhost" is one by
// name alone: whatever it resolves to must be a loopback address.
func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: requestTimeout}
	if host, _, err := net.SplitHostPort(addr); err == nil && strings.EqualFold(host, "localhost") {
		d.Control = refuseOthers
	}
	return d.DialContext(ctx, network, addr)
}

// refuseOthers keeps a dialer from every address but those of this machine.
func refuseOthers(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return errNotLoopback
	}
	return nil
}
