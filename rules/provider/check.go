package provider

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"skleak/rules/internal/pattern"
)

// A Check is a harmless request that tells whether a key is active. It is a GET without a body to
// the provider's BaseURL followed by Path.
type Check struct {
	Path     string            `toml:"path"`     // begins with a slash; may have a query
	Fallback string            `toml:"fallback"` // a path to ask once instead where Path is answered by 404; may be empty
	Headers  map[string]string `toml:"headers"`  // KeyMark in exactly one of them stands for the key
	Answers  []Answer          `toml:"answers"`  // the first that fits counts; none: unknown
}

// KeyMark stands for the key in the headers of a Check.
const KeyMark = "{key}"

// An Answer says what it means if a provider answers so. Status and body must fit: only JSON does, since
// a bare status may come from a gateway on the way.
type Answer struct {
	Status int            `toml:"status"`
	Body   string         `toml:"body"`   // "object", "array", or empty for either
	Where  map[string]any `toml:"where"`  // path of a field, such as "errors.0.code", to a string, a bool or an int64
	Has    []string       `toml:"has"`    // paths of fields that must be there and not null
	Means  Meaning        `toml:"means"`  // never empty
	Reason string         `toml:"reason"` // for people; never empty for what is inactive
}

// A Meaning is what an answer says of the key.
type Meaning string

const (
	MeansActive   Meaning = "active"
	MeansInactive Meaning = "inactive"
)

const maxAnswers = 50

var fieldPath = pattern.New(`^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$`)

func (p *Provider) validateCheck() error {
	if p.BaseURL != "" {
		if err := ValidateBaseURL(p.BaseURL); err != nil {
			return fmt.Errorf("base_url: %w", err)
		}
	}
	if p.Check == nil {
		return nil
	}
	if p.BaseURL == "" {
		return errors.New("check: the provider has no base_url")
	}
	if err := p.Check.validate(); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return nil
}

// ValidateBaseURL says what is wrong with a URL that keys are to be sent to: it must be https, or
// http to this machine, and have neither user, query nor fragment. A path in it goes before that of
// the check. The error never repeats the URL, since people put keys there.
func ValidateBaseURL(base string) error {
	if err := ValidateKeyURL(base); err != nil {
		return err
	}
	if strings.Contains(base, "?") {
		return errors.New("a URL may have no query here: the path of the check follows it")
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func (c *Check) validate() error {
	for _, path := range []string{c.Path, c.Fallback} {
		if path == "" && c.Path != "" {
			continue
		}
		u, err := url.Parse(path)
		if err != nil || !strings.HasPrefix(path, "/") || u.Host != "" || u.Fragment != "" {
			return fmt.Errorf("path %q: it begins with one slash and has no fragment", path)
		}
		if strings.Contains(path, KeyMark) {
			return errors.New("path: a key is never put into a URL; use headers")
		}
	}
	if err := c.validateHeaders(); err != nil {
		return err
	}
	if len(c.Answers) == 0 || len(c.Answers) > maxAnswers {
		return fmt.Errorf("%d answers: 1 to %d are wanted", len(c.Answers), maxAnswers)
	}
	for i := range c.Answers {
		if err := c.Answers[i].validate(); err != nil {
			return fmt.Errorf("answer %d: %w", i+1, err)
		}
	}
	return nil
}

func (c *Check) validateHeaders() error {
	marks := 0
	for name, value := range c.Headers {
		if !headerName().MatchString(name) || strings.ContainsAny(value, "\r\n\x00") {
			return fmt.Errorf("header %q: no name, or a line break in its value", name)
		}
		marks += strings.Count(value, KeyMark)
	}
	if marks != 1 {
		return fmt.Errorf("%s stands in %d places of the headers, and must in one", KeyMark, marks)
	}
	return nil
}

func (a *Answer) validate() error {
	if a.Status < http.StatusOK || a.Status > 599 {
		return fmt.Errorf("status %d: 200 to 599 are answers", a.Status)
	}
	if a.Status >= 300 && a.Status < 400 || a.Status == http.StatusTooManyRequests || a.Status >= 500 {
		return fmt.Errorf("status %d: redirects, limits and faults say nothing of a key", a.Status)
	}
	if a.Body != "" && a.Body != "object" && a.Body != "array" {
		return fmt.Errorf(`body %q: there are "object" and "array"`, a.Body)
	}
	if a.Means != MeansActive && a.Means != MeansInactive {
		return fmt.Errorf("means %q: there are %q and %q; what fits no answer is unknown", a.Means, MeansActive,
			MeansInactive)
	}
	if a.Means == MeansInactive && (a.Reason == "" || a.Body == "" && len(a.Where) == 0 && len(a.Has) == 0) {
		return errors.New("inactive needs a reason, and more than a status to tell it: body, where or has")
	}
	for path, value := range a.Where {
		switch value.(type) {
		case string, bool, int64:
		default:
			return fmt.Errorf("where %q: its value must be a string, a whole number, true or false", path)
		}
		if !fieldPath().MatchString(path) {
			return fmt.Errorf("where %q: give names and indexes, parted by dots", path)
		}
	}
	for _, path := range a.Has {
		if !fieldPath().MatchString(path) {
			return fmt.Errorf("has %q: give names and indexes, parted by dots", path)
		}
	}
	return nil
}
