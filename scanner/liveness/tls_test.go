package liveness

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"skleak/rules/provider"
)

// newTLS serves 200 over TLS, with a certificate for example.com and 127.0.0.1.
func newTLS(t *testing.T, config *tls.Config) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, `{"protocol":"`+r.Proto+`"}`)
	}))
	s.EnableHTTP2 = true
	s.TLS = config
	s.Config.ErrorLog = log.New(new(bytes.Buffer), "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s, pool
}

func TestTLS(t *testing.T) {
	for _, tt := range []struct {
		name    string
		server  *tls.Config
		trusted bool
		host    string // in place of 127.0.0.1
		want    Status
		detail  string
	}{
		{"as it should be", nil, true, "", Active, ""},
		{"wrong name", nil, true, "localhost", Unknown, "for another name"},
		{"unknown authority", nil, false, "", Unknown, "signed by nobody known here"},
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, true, "", Unknown, "TLS could not be agreed on"},
		{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, true, "", Active, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, pool := newTLS(t, tt.server)
			base := s.URL
			if tt.host != "" {
				base = strings.Replace(base, "127.0.0.1", tt.host, 1)
			}
			c := newTestClient(t, Options{Providers: []provider.Provider{laminrAt(t, base)}})
			transport := c.http.Transport.(*http.Transport)
			transport.Proxy = nil // localhost is not proxied, but then neither is anything else here
			if tt.trusted {
				transport.TLSClientConfig.RootCAs = pool
			}
			if r := ask(t, c); r.Status != tt.want || !strings.Contains(r.Detail, tt.detail) {
				t.Errorf("%+v, want %s: …%s…", r, tt.want, tt.detail)
			}
		})
	}
	t.Run("a server without it", func(t *testing.T) {
		a := newAPI(t, always(200, `{}`))
		a.Config.ErrorLog = log.New(new(bytes.Buffer), "", 0)
		c := newTestClient(t, Options{Providers: []provider.Provider{laminrAt(t, strings.Replace(a.URL, "http:", "https:", 1))}})
		c.http.Transport.(*http.Transport).Proxy = nil
		if r := ask(t, c); r.Status != Unknown || !strings.Contains(r.Detail, "does not speak TLS") {
			t.Errorf("%+v", r)
		}
		if n := len(a.asked()); n != 0 {
			t.Errorf("asked %d times in plain text", n)
		}
	})
}

// With HTTP/2, GODEBUG=http2debug=1 would print every header.
func TestHTTP1Alone(t *testing.T) {
	s, pool := newTLS(t, nil)
	transport := newTransport()
	transport.TLSClientConfig.RootCAs = pool
	transport.DialContext = dial
	r, err := newHTTPClient(transport).Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.ProtoMajor != 1 {
		t.Errorf("spoke %s to a server that offers HTTP/2", r.Proto)
	}
}

func TestProxy(t *testing.T) {
	for target, want := range map[string]string{
		"https://api.example.com/": "http://127.0.0.1:1", "http://LOCALHOST/": "", "http://127.0.0.1/": "", "http://[::1]/": "",
	} {
		r, _ := http.NewRequest("GET", target, nil)
		u, err := proxy(r)
		got := ""
		if u != nil {
			got = u.String()
		}
		if err != nil || got != want {
			t.Errorf("%s: proxy %q, error %v, want %q", target, got, err, want)
		}
	}
}
