package liveness

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"skleak/rules"
	"skleak/rules/provider"
)

// order is a [provider.Revocation] with its marks replaced: what is sent, or run.
type order struct {
	method, url, body string
	headers           map[string]string
	command           []string
}

func fill(way *provider.Revocation, values func(mark string) (string, error)) (order, error) {
	var o order
	var failed []error
	one := func(template string) string {
		text, err := expand(template, values)
		failed = append(failed, err)
		return text
	}
	o.method, o.url, o.body, o.headers = way.Method, one(way.URL), one(way.Body), map[string]string{}
	for name, template := range way.Headers {
		o.headers[name] = one(template)
	}
	for _, argument := range way.Command {
		o.command = append(o.command, one(argument))
	}
	return o, errors.Join(failed...)
}

// revealed are the values of an order that is carried out.
func revealed(key rules.Key, env func(string) string) func(string) (string, error) {
	others := shown(key)
	return func(mark string) (string, error) {
		name, isVariable := strings.CutPrefix(mark, envStart)
		switch {
		case mark == provider.KeyMark:
			return reveal(key), nil
		case !isVariable:
			return others(mark)
		}
		name = strings.TrimSuffix(name, "}")
		value := env(name)
		if value == "" {
			return "", fmt.Errorf("the way to revoke takes %s from the environment, where it is not set", name)
		}
		return value, nil
	}
}

// shown are the values of an order that is only talked about: nothing secret is among them.
func shown(key rules.Key) func(string) (string, error) {
	return func(mark string) (string, error) {
		switch mark {
		case provider.KeyMark:
			return key.Redacted(), nil
		case provider.FingerprintMark:
			return key.Fingerprint(), nil
		}
		return mark, nil
	}
}

// Describe says what would be sent or run to revoke a key, with the key redacted, variables by their
// names, and the query and headers whose value stands in the configuration itself left out: they may
// be secret.
func Describe(way *provider.Revocation, key rules.Key) string {
	o, err := fill(way, shown(key))
	if err != nil {
		return "nothing: " + err.Error()
	}
	if len(o.command) > 0 {
		return fmt.Sprintf("run %q with the key on standard input", o.command)
	}
	address, query, _ := strings.Cut(o.url, "?")
	if query != "" {
		address += "?…"
	}
	lines := []string{o.method + " " + address}
	for _, name := range slices.Sorted(maps.Keys(o.headers)) {
		value := o.headers[name]
		if !marks().MatchString(way.Headers[name]) && !strings.EqualFold(name, "Content-Type") &&
			!strings.EqualFold(name, "Accept") {
			value = "…"
		}
		lines = append(lines, name+": "+value)
	}
	if o.body != "" {
		lines = append(lines, "", o.body)
	}
	return strings.Join(lines, "\n")
}

// request makes the HTTP request of an order. No error holds the URL or a header.
func (o *order) request(way *provider.Revocation, key rules.Key) (*http.Request, error) {
	if err := provider.ValidateKeyURL(o.url); err != nil {
		return nil, fmt.Errorf("the URL of the way to revoke: %w", err)
	}
	if strings.Contains(way.Body, provider.KeyMark) && !isPlain(reveal(key)) {
		return nil, errors.New("the key holds characters that could change the meaning of the request's body")
	}
	request, err := http.NewRequest(o.method, o.url, strings.NewReader(o.body))
	if err != nil {
		return nil, errors.New("the way to revoke makes no valid request")
	}
	for name, value := range o.headers {
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return nil, fmt.Errorf("header %s of the way to revoke: its value holds a control character", name)
		}
		request.Header.Set(name, value)
	}
	return request, nil
}

// isPlain is true for what means nothing but itself in JSON, XML and forms. A key of a rule of one's own may
// hold anything, and be found in a text that somebody else wrote.
func isPlain(key string) bool {
	return !strings.ContainsFunc(key, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._~+/=", r))
	})
}
