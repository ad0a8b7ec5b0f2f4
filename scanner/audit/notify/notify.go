// Package notify tells a web hook what an audit found that it had not found before: a chat, or whatever else takes
// JSON. No whole key is in what it sends, and the URL, which is a secret with most of those, stands in no message.
package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"skleak/scanner/cause"
)

// Summary is what is sent.
type Summary struct {
	SchemaVersion int       `json:"schemaVersion"` // 1
	Text          string    `json:"text"`          // for people; chats show this and nothing else
	Sources       []string  `json:"sources"`
	StartedAt     time.Time `json:"startedAt"`
	Complete      bool      `json:"complete"`     // everything was read
	Repositories  int       `json:"repositories"` // that were listed
	Incomplete    []string  `json:"incomplete"`   // names of those that could not be read, or not whole; at most 100
	Leaks         int       `json:"leaks"`        // that count, new ones included
	New           []Leak    `json:"new"`          // at most 100
	NewCount      int       `json:"newCount"`
}

// Leak is one key that is new.
type Leak struct {
	Fingerprint  string   `json:"fingerprint"`
	Key          string   `json:"key"` // redacted
	Environment  string   `json:"environment"`
	Provider     string   `json:"provider"`
	Status       string   `json:"status"`
	Repositories []string `json:"repositories"` // at most 20
	Places       int      `json:"places"`
}

// Hook is where summaries are sent.
type Hook struct {
	url    *url.URL
	secret []byte // what they are signed with; nil: they are not
	client *retryablehttp.Client
}

// secretVariable holds what summaries are signed with, where no file does.
const secretVariable = "SKLEAK_WEBHOOK_SECRET"

// maxFile bounds, in bytes, what is read of a file with a URL or a secret.
const maxFile = 4 << 10

// New makes the hook of a URL, or of @FILE, where it stands in a file and not on a command line that others can see.
func New(where, secretFile string, env map[string]string) (*Hook, error) {
	if name, inFile := strings.CutPrefix(where, "@"); inFile {
		text, err := readLine(name)
		if err != nil {
			return nil, fmt.Errorf("reading the URL of the web hook: %w", err)
		}
		where = text
	}
	u, err := url.Parse(where)
	switch {
	case err != nil || u.Host == "":
		return nil, errors.New("--webhook: this is no URL such as https://hooks.example.com/…")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return nil, errors.New("--webhook: a web hook is called by https; http is for this machine alone")
	case u.User != nil:
		return nil, errors.New("--webhook: the URL holds a user; sign with --webhook-secret-file in place of it")
	}
	h := &Hook{url: u}
	secret := env[secretVariable]
	if secretFile != "" {
		if secret, err = readLine(secretFile); err != nil {
			return nil, fmt.Errorf("reading the secret of the web hook: %w", err)
		}
	}
	if secret != "" {
		h.secret = []byte(secret)
	}
	h.client = retryablehttp.NewClient()
	h.client.Logger, h.client.ErrorHandler = nil, retryablehttp.PassthroughErrorHandler
	h.client.RetryMax, h.client.RetryWaitMin, h.client.RetryWaitMax = 3, time.Second, 15*time.Second
	h.client.HTTPClient.Timeout = 30 * time.Second
	h.client.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return h, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func readLine(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, cause.Of(err))
	}
	defer file.Close() //nolint:errcheck // which was only read
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	line := strings.TrimSpace(string(text))
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", name, cause.Of(err))
	case line == "" || len(text) > maxFile || strings.ContainsAny(line, "\r\n"):
		return "", fmt.Errorf("%s should hold one line and nothing else", name)
	}
	return line, nil
}

// Post sends a summary, again a few times if need be. Errors name the host and nothing else of the URL.
func (h *Hook) Post(ctx context.Context, s Summary) error {
	body, err := marshalled(s)
	if err != nil {
		return fmt.Errorf("calling the web hook: %w", err)
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, h.url.String(), body)
	if err != nil {
		return h.failed(errors.New("its URL cannot be used"))
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "skleak-audit")
	request.Header.Set("X-Skleak-Event", "audit")
	if h.secret != nil {
		request.Header.Set("X-Hub-Signature-256", Signature(h.secret, body))
	}
	answer, err := h.client.Do(request)
	if err != nil {
		return h.failed(withoutURL(ctx, err))
	}
	defer answer.Body.Close()                                       //nolint:errcheck // nothing of it is wanted
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection can be closed in order
	if answer.StatusCode/100 != 2 {
		return h.failed(fmt.Errorf("the answer was %d", answer.StatusCode))
	}
	return nil
}

// Signature signs a body as GitHub signs those of its own hooks.
func Signature(secret, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func (h *Hook) failed(err error) error {
	return fmt.Errorf("calling the web hook at %s: %w", h.url.Host, err)
}

// withoutURL is why a request failed, without the URL that the libraries put before it.
func withoutURL(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var network net.Error
	var operation *net.OpError
	switch {
	case errors.As(err, &operation):
		return cmp.Or(errors.Unwrap(operation), error(operation))
	case errors.As(err, &network) && network.Timeout():
		return errors.New("no answer came in time")
	}
	return errors.New("no answer came that could be understood")
}

// Bound keeps the lists of a summary to what a chat takes.
func (s *Summary) Bound() {
	const most, mostRepositories = 100, 20
	s.NewCount = len(s.New)
	s.New = s.New[:min(len(s.New), most)]
	s.Incomplete = s.Incomplete[:min(len(s.Incomplete), most)]
	for i := range s.New {
		s.New[i].Repositories = s.New[i].Repositories[:min(len(s.New[i].Repositories), mostRepositories)]
	}
}

// marshalled is the JSON of a summary, without the escapes that are for pages of HTML: chats show the text as it
// comes.
func marshalled(s Summary) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(s)
	return bytes.TrimSpace(b.Bytes()), err
}
