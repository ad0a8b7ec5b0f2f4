package config

import (
	"errors"
	"fmt"
	"strings"

	"skleak/rules"
	"skleak/rules/internal/ascii"
	"skleak/rules/internal/pattern"
)

// sharedFields are what both kinds of configuration may set. The types of the values check them
// while they are read, so that the errors know the line.
type sharedFields struct {
	Ignore []value[pathPattern] `toml:"ignore"`
	Allow  []struct {
		Fingerprint value[fingerprint] `toml:"fingerprint"`
		Reason      string             `toml:"reason"`
	} `toml:"allow"`
}

// treeFile is the layout of a scanned tree's configuration.
type treeFile struct {
	sharedFields
	Rules []ruleFields[treeLiteral] `toml:"rules"`
}

// userFile is the layout of the user's own.
type userFile struct {
	sharedFields
	Rules []struct {
		ruleFields[literalText]
		Provider string `toml:"provider"`
	} `toml:"rules"`
	Providers      map[string]ProviderConfig `toml:"providers"`
	AssumeProvider string                    `toml:"assume_provider"`
}

// ruleFields are those of a rules.Rule but for its provider. The two kinds differ in what a literal may be:
// what the built-in rules find is not for a scanned tree to judge.
type ruleFields[L checker] struct {
	ID       value[ruleID]    `toml:"id"`
	Literals []value[L]       `toml:"literals"`
	Body     value[bodyClass] `toml:"body"`
	Min      int              `toml:"min"`
	Max      int              `toml:"max"`
}

func (f *sharedFields) config() *Config {
	c := &Config{}
	for _, p := range f.Ignore {
		c.Ignore = append(c.Ignore, p.text)
	}
	for _, a := range f.Allow {
		c.Allow = append(c.Allow, Allow{Fingerprint: a.Fingerprint.text, Reason: a.Reason})
	}
	return c
}

func (r *ruleFields[L]) rule() rules.Rule {
	own := rules.Rule{ID: r.ID.text, Body: r.Body.text, Min: r.Min, Max: r.Max}
	for _, l := range r.Literals {
		own.Literals = append(own.Literals, l.text)
	}
	return own
}

// A value is text that is checked while it is read, which is when the line is known. It is a struct
// because go-toml asks no string to read itself.
type value[C checker] struct{ text string }

// A checker says what is wrong with a text.
type checker interface{ check(text string) error }

func (v *value[C]) UnmarshalText(text []byte) error {
	var c C
	v.text = string(text)
	return c.check(v.text)
}

type (
	fingerprint struct{}
	pathPattern struct{}
	ruleID      struct{}
	bodyClass   struct{}
	literalText struct{}
	treeLiteral struct{}
)

var ruleIDText = pattern.New(`^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$`)

func (fingerprint) check(text string) error {
	if !rules.IsFingerprint(text) {
		return errors.New("a fingerprint is the 20 hex digits that reports print, in lower case")
	}
	return nil
}

func (pathPattern) check(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return errors.New("an empty pattern matches no path")
	case len(text) > 4096:
		return fmt.Errorf("a pattern of %d bytes: 4096 are as long as a path gets", len(text))
	case strings.ContainsAny(text, "\x00\r\n"):
		return errors.New("a pattern has no line break and no NUL")
	case strings.HasPrefix(text, "#"):
		return errors.New(`a pattern that begins with "#" is a comment; write \# for the character itself`)
	case strings.Trim(text, "!/ ") == "":
		return fmt.Errorf("pattern %q matches no path", text)
	case isWindowsPath(text):
		return fmt.Errorf(`pattern %q: a backslash only takes its meaning from the character behind it; write "/" between `+
			`folders, on Windows too`, text)
	}
	return nil
}

// isWindowsPath says whether backslashes of a pattern are meant to part folders: nobody escapes a letter or
// digit, or nothing. Read as an escape, as .gitignore has it, such a pattern would match no path at all.
func isWindowsPath(pattern string) bool {
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '\\' {
			continue
		}
		i++
		if i == len(pattern) || ascii.IsAlnum(pattern[i]) {
			return true
		}
	}
	return false
}

func (ruleID) check(text string) error {
	if !ruleIDText().MatchString(text) {
		return errors.New(`an id has up to 64 letters, digits, ".", "_" and "-"`)
	}
	return nil
}

func (bodyClass) check(text string) error { return rules.ValidateClass(text) }

func (literalText) check(text string) error { return rules.ValidateLiteral(text) }

func (treeLiteral) check(text string) error {
	if rules.HoldsPrefix(text) {
		return errors.New("what starts so is found by the built-in rules, and a scanned tree cannot replace them")
	}
	return rules.ValidateLiteral(text)
}
