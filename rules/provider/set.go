// Package provider knows whose a key is: who issues keys, what gives theirs away, how to ask whether one is active, and
// how one is revoked.
//
//	set := provider.Default()
//	set.Scan(text, func(m rules.Match) { … set.Clues(text, m).Decide(path) … })
//
// It asks nobody: checks and revocations are data, for package liveness.
package provider

import (
	"slices"
	"strings"
	"sync"

	"skleak/rules"
)

// Set is a set of rules that also knows whose the keys are that it finds. It never changes once made, and many
// goroutines may use it at once.
type Set struct {
	*rules.Set
	registry func() *registry
}

// Default returns the built-in rules and providers. The rules are compiled when this is first asked for, the providers
// when a key is first found: reading their list would be a quarter of what a commit hook executes.
func Default() *Set { return builtinSet() }

var builtinSet = sync.OnceValue(func() *Set {
	return &Set{Set: rules.Default(), registry: sync.OnceValue(func() *registry { return newRegistry(builtin()) })}
})

// New returns a set that attributes the keys that the rules find to the providers, which are sorted by ID.
func New(set *rules.Set, providers []Provider) (*Set, error) {
	if err := validateAll(providers); err != nil {
		return nil, err
	}
	compiled := newRegistry(providers)
	return &Set{Set: set, registry: func() *registry { return compiled }}, nil
}

// Providers returns the providers that the set attributes keys to, sorted by ID. The slice is the
// caller's; what hangs on its elements is not to be changed.
func (s *Set) Providers() []Provider { return slices.Clone(s.registry().providers) }

// Provider returns the provider with the ID.
func (s *Set) Provider(id string) (Provider, bool) {
	at, found := slices.BinarySearchFunc(s.registry().providers, id, func(p Provider, id string) int {
		return strings.Compare(p.ID, id)
	})
	if !found {
		return Provider{}, false
	}
	return s.registry().providers[at], true
}
