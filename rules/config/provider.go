package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"skleak/rules"
	"skleak/rules/provider"
)

// ProviderConfig is what the user's configuration says of a provider. What it says of a built-in one
// is added to what is known, and its name, its URL, its environments and its check replace those.
type ProviderConfig struct {
	Name         string               `toml:"name"`
	BaseURL      string               `toml:"base_url"` // where keys are sent to be checked; https, or http to loopback
	Hosts        []string             `toml:"hosts"`
	Headers      []string             `toml:"headers"`
	Words        []string             `toml:"words"`
	WeakWords    []string             `toml:"weak_words"`
	Shapes       []provider.Shape     `toml:"shapes"`
	Environments []rules.Environment  `toml:"environments"`
	Check        *provider.Check      `toml:"check"`
	Revoke       *provider.Revocation `toml:"revoke"`
}

// mergeProviders returns the providers with the changes made, sorted by ID.
func mergeProviders(providers []provider.Provider, changes map[string]ProviderConfig) ([]provider.Provider, error) {
	for _, id := range slices.Sorted(maps.Keys(changes)) {
		at, known := slices.BinarySearchFunc(providers, id,
			func(p provider.Provider, id string) int { return strings.Compare(p.ID, id) })
		if !known {
			providers = slices.Insert(providers, at, provider.Provider{ID: id, Name: id})
		}
		p := &providers[at]
		changes[id].change(p)
		if err := p.Validate(); err != nil {
			return nil, fmt.Errorf("providers.%s: %w", id, err)
		}
	}
	return providers, checkClaims(providers)
}

func (c ProviderConfig) change(p *provider.Provider) {
	if c.Name != "" {
		p.Name = c.Name
	}
	if c.BaseURL != "" {
		p.BaseURL = strings.TrimRight(c.BaseURL, "/")
	}
	if c.Environments != nil {
		p.Environments = c.Environments
	}
	if c.Check != nil {
		p.Check = c.Check
	}
	if c.Revoke != nil {
		p.Revoke = c.Revoke
	}
	p.Hosts = slices.Concat(p.Hosts, c.Hosts)
	p.Headers = slices.Concat(p.Headers, c.Headers)
	p.Words = slices.Concat(p.Words, c.Words)
	p.WeakWords = slices.Concat(p.WeakWords, c.WeakWords)
	p.Shapes = slices.Concat(p.Shapes, c.Shapes)
}

// checkClaims makes sure that no host, header or word speaks for two providers.
func checkClaims(providers []provider.Provider) error {
	owner := map[string]string{}
	for _, p := range providers {
		for _, claim := range slices.Concat(p.Hosts, p.Headers, p.Words, p.WeakWords) {
			claim = strings.ToLower(strings.ReplaceAll(claim, "-", ""))
			if other, taken := owner[claim]; taken && other != p.ID {
				return fmt.Errorf("providers.%s: %q speaks for %s already", p.ID, claim, other)
			}
			owner[claim] = p.ID
		}
	}
	return nil
}
