package provider

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"skleak/rules/internal/pattern"
)

// A Revocation is how keys of a provider are disabled: a request, or a command. It comes from the
// user's own configuration alone; none is built in, since no provider documents a request that a
// leaked key could be disabled with.
//
// Three marks stand for values: {key}, in headers and the body only; {fingerprint}, anywhere; and
// {env:NAME}, in a request, for a variable of the environment.
type Revocation struct {
	Method  string            `toml:"method"`
	URL     string            `toml:"url"` // https, or http to this machine
	Headers map[string]string `toml:"headers"`
	Body    string            `toml:"body"`
	Accept  []int             `toml:"accept"` // the statuses that mean it was done; empty: 200 to 299

	// Command is run without a shell, in place of a request. The key is on its standard input.
	Command []string `toml:"command"`
}

// FingerprintMark stands for the fingerprint of a key in a Revocation.
const FingerprintMark = "{fingerprint}"

// maxRevocation bounds each text of a Revocation, in bytes.
const maxRevocation = 16 << 10

var (
	envMark = pattern.New(`\{env:([^{}]*)\}`)
	envName = pattern.New(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// revocationMethods are those that can be meant; one in lower case would be another one to a server.
var revocationMethods = []string{http.MethodDelete, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodGet}

// EnvNames returns the names of the variables that the request takes, sorted.
func (r *Revocation) EnvNames() []string {
	var names []string
	for _, text := range r.texts() {
		for _, mark := range envMark().FindAllStringSubmatch(text, -1) {
			names = append(names, mark[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Accepts says whether an answer with the status means that the key was disabled.
func (r *Revocation) Accepts(status int) bool {
	if len(r.Accept) == 0 {
		return status >= 200 && status < 300
	}
	return slices.Contains(r.Accept, status)
}

// texts are all the places where marks count.
func (r *Revocation) texts() []string {
	texts := append([]string{r.URL, r.Body}, r.Command...)
	for _, value := range r.Headers {
		texts = append(texts, value)
	}
	return texts
}

func (p *Provider) validateRevoke() error {
	if p.Revoke == nil {
		return nil
	}
	if err := p.Revoke.validate(); err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	return nil
}

func (r *Revocation) validate() error {
	isRequest := r.Method != "" || r.URL != "" || r.Body != "" || len(r.Headers) > 0 || len(r.Accept) > 0
	switch {
	case len(r.Command) > 0 && isRequest:
		return errors.New("either a command or a request: give command, or method and url")
	case len(r.Command) == 0 && !isRequest:
		return errors.New("nothing to request and nothing to run: give method and url, or command")
	}
	for _, text := range r.texts() {
		if len(text) > maxRevocation {
			return fmt.Errorf("a text of %d bytes: %d are enough", len(text), maxRevocation)
		}
	}
	for _, name := range r.EnvNames() {
		if !envName().MatchString(name) {
			return fmt.Errorf("{env:%s}: that is no name of a variable", name)
		}
	}
	if len(r.Command) > 0 {
		return r.validateCommand()
	}
	return errors.Join(r.validateTarget(), r.validateFields())
}

func (r *Revocation) validateCommand() error {
	if r.Command[0] == "" {
		return errors.New("command: its first part is the program, and empty")
	}
	for _, argument := range r.Command {
		switch {
		case strings.Contains(argument, KeyMark):
			return fmt.Errorf("command: %s is not for arguments, which every user of the machine can read; the key is on "+
				"standard input", KeyMark)
		case envMark().MatchString(argument):
			return errors.New("command: {env:…} is not for arguments, which every user of the machine can read; the command " +
				"has the environment")
		case strings.Contains(argument, "\x00"):
			return errors.New("command: an argument holds a NUL")
		}
	}
	return nil
}

func (r *Revocation) validateTarget() error {
	if !slices.Contains(revocationMethods, r.Method) {
		return fmt.Errorf("method %q: there are %s", r.Method, strings.Join(revocationMethods, ", "))
	}
	if strings.Contains(r.URL, KeyMark) {
		return fmt.Errorf("url: a key is never put into a URL; use %s there, or %s in headers or the body",
			FingerprintMark, KeyMark)
	}
	if strings.HasPrefix(r.URL, "{env:") {
		return nil // known only when it is used
	}
	filled := envMark().ReplaceAllString(strings.ReplaceAll(r.URL, FingerprintMark, "0"), "0")
	if err := ValidateKeyURL(filled); err != nil {
		return fmt.Errorf("url: %w", err)
	}
	return nil
}

func (r *Revocation) validateFields() error {
	names := false
	for _, text := range r.texts() {
		names = names || strings.Contains(text, KeyMark) || strings.Contains(text, FingerprintMark)
	}
	if !names {
		return fmt.Errorf("nothing in it says which key is meant: put %s into headers or the body, or %s anywhere",
			KeyMark, FingerprintMark)
	}
	for name, value := range r.Headers {
		if !headerName().MatchString(name) || strings.ContainsAny(value, "\r\n\x00") {
			return fmt.Errorf("header %q: no name, or a line break in its value", name)
		}
	}
	for _, status := range r.Accept {
		if status < 200 || status > 499 || status >= 300 && status < 400 {
			return fmt.Errorf("accept %d: 200 to 299 and 400 to 499 can be meant", status)
		}
	}
	return nil
}

// ValidateKeyURL says what is wrong with a whole URL that keys are to be sent to: it must be https, or
// http to this machine, and have neither user nor fragment. The error never repeats the URL.
func ValidateKeyURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return errors.New("no absolute URL, such as https://api.example.com")
	case u.User != nil || strings.Contains(text, "#"):
		return errors.New("a URL may have neither a user nor a fragment here")
	case u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return errors.New("keys are sent over https only, or over http to this machine (localhost, 127.0.0.1, [::1])")
}
