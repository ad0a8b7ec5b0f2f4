package provider

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"skleak/rules"
	"skleak/rules/internal/pattern"
)

// Unknown stands for a provider where nothing names one.
const Unknown = "unknown"

// A Provider is somebody who issues keys, with what gives its keys away. See providers.toml for what
// each field means.
type Provider struct {
	ID           string              `toml:"id"`
	Name         string              `toml:"name"`
	Hosts        []string            `toml:"hosts"`
	Headers      []string            `toml:"headers"`
	Words        []string            `toml:"words"`
	WeakWords    []string            `toml:"weak_words"`
	Shapes       []Shape             `toml:"shapes"`
	Environments []rules.Environment `toml:"environments"`
	BaseURL      string              `toml:"base_url"` // before the paths of Check; https, or http to loopback
	Check        *Check              `toml:"check"`    // nil: no harmless request is known
	Revoke       *Revocation         `toml:"-"`        // nil: the user has configured none
}

// A Shape is what the bodies of a provider's keys look like.
type Shape struct {
	Name        string            `toml:"name"`
	Pattern     string            `toml:"pattern"`     // RE2, for all of a body
	Environment rules.Environment `toml:"environment"` // empty: both
	Alone       bool              `toml:"alone"`       // it names the provider where nothing else does
	Loose       bool              `toml:"loose"`       // keys of most others have it as well
}

//go:embed providers.toml
var providersTOML []byte

var builtin = sync.OnceValue(func() []Provider {
	all, err := parse(providersTOML)
	if err != nil {
		panic("internal error: providers.toml: " + err.Error())
	}
	return all
})

func parse(data []byte) ([]Provider, error) {
	var file struct {
		Provider []Provider `toml:"provider"`
	}
	if err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(&file); err != nil {
		return nil, err
	}
	return file.Provider, validateAll(file.Provider)
}

// Builtin returns the built-in providers, sorted by ID. The slice is the caller's; what hangs on its
// elements is not to be changed.
func Builtin() []Provider { return slices.Clone(builtin()) }

// Issues says whether the provider issues keys of the environment.
func (p *Provider) Issues(e rules.Environment) bool {
	return len(p.Environments) == 0 || slices.Contains(p.Environments, e)
}

func validateAll(all []Provider) error {
	last := ""
	for i := range all {
		p := &all[i]
		if p.ID <= last {
			return fmt.Errorf("provider %q: IDs must rise and differ, and %q comes before it", p.ID, last)
		}
		last = p.ID
		if err := p.Validate(); err != nil {
			return fmt.Errorf("provider %q: %w", p.ID, err)
		}
	}
	return nil
}

var (
	providerID = pattern.New(`^[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?$`)
	hostName   = pattern.New(`^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$`)
	headerName = pattern.New(`^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$`)
	nameWord   = pattern.New(`^[a-z]{2,}(?:-[a-z]+)?$`)
)

// sharedHeaders are headers that many vendors use, so that they say nothing.
var sharedHeaders = []string{"authorization", "x-api-key", "x-auth-token", "x-access-token", "api-key", "apikey"}

// Validate says what is wrong with a provider.
func (p *Provider) Validate() error {
	if !providerID().MatchString(p.ID) || p.ID == Unknown {
		return errors.New(`an ID has up to 40 of a-z, 0-9, "." and "-", and is not "unknown"`)
	}
	if p.Name == "" {
		return errors.New("no name is given")
	}
	for _, list := range []struct {
		what, shape string
		values      []string
		is          pattern.Pattern
	}{
		{"host", "a domain in lower case, without scheme, port and path", p.Hosts, hostName},
		{"header", "the name of a header alone", p.Headers, headerName},
		{"word", "a word of letters in lower case, with a hyphen where a name may part it", p.Words, nameWord},
		{"weak word", "a word of letters in lower case, with a hyphen where a name may part it", p.WeakWords, nameWord},
	} {
		for _, v := range list.values {
			if len(v) > 100 || !list.is().MatchString(v) {
				return fmt.Errorf("%s %q: give %s", list.what, v, list.shape)
			}
		}
	}
	for _, h := range p.Headers {
		if slices.Contains(sharedHeaders, strings.ToLower(h)) {
			return fmt.Errorf("header %q: many vendors use it, so it names nobody", h)
		}
	}
	return errors.Join(p.validateEnvironments(), p.validateShapes(), p.validateCheck(), p.validateRevoke())
}

func (p *Provider) validateEnvironments() error {
	for _, e := range p.Environments {
		if e != rules.Live && e != rules.Test {
			return fmt.Errorf("environment %q: there are %q and %q", e, rules.Live, rules.Test)
		}
	}
	return nil
}

func (p *Provider) validateShapes() error {
	if len(p.WeakWords) > 0 && len(p.Shapes) == 0 {
		return errors.New("weak words count beside a body of one of the shapes only, and there are none")
	}
	for _, s := range p.Shapes {
		if s.Name == "" || s.Pattern == "" {
			return errors.New("a shape needs a name and a pattern")
		}
		if s.Environment != "" && s.Environment != rules.Live && s.Environment != rules.Test {
			return fmt.Errorf("shape %q: environment %q: there are %q and %q", s.Name, s.Environment, rules.Live, rules.Test)
		}
		if _, err := regexp.Compile(s.Pattern); err != nil {
			return fmt.Errorf("shape %q: %w", s.Name, err)
		}
	}
	return nil
}
