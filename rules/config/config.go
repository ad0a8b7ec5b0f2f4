// Package config reads what people set: their own configuration, which may set everything, and that of a scanned tree,
// which may not choose where keys are sent.
package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"skleak/rules"
	"skleak/rules/provider"
)

// Config is what people set. The zero value changes nothing.
//
// There are two kinds. The user's own may set everything. One that lies in what is scanned may only
// leave paths out, allow fingerprints and add rules, and these rules name no provider: whoever can
// write to a repository must not choose where keys are sent. Neither can change what the built-in
// rules find.
type Config struct {
	Ignore         []string                  // paths left out, in the syntax of .gitignore
	Allow          []Allow                   // keys that do not count
	Rules          []rules.Rule              // on top of the built-in ones
	Providers      map[string]ProviderConfig // changes to the built-in ones and further ones, by ID
	AssumeProvider string                    // whose the keys are that nothing else attributes; "" for nobody's
}

// Allow is a key that does not count.
type Allow struct {
	Fingerprint string // see rules.Key.Fingerprint
	Reason      string // for people; may be empty
	Origin      string // who says so; for whoever puts configurations together
}

const (
	// TreeConfigName is the name of a scanned tree's configuration, at its top.
	TreeConfigName = ".skleak.toml"
	// maxConfig bounds a configuration, in bytes.
	maxConfig = 1 << 20
	// maxLiterals bounds the literals of all rules of a configuration.
	maxLiterals = 1000
)

// UserPath returns where the user's configuration lies unless it is named: skleak/config.toml in the
// user's configuration folder.
func UserPath() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("looking for the folder of your configuration: %w; name a file with --config", err)
	}
	return filepath.Join(dir, "skleak", "config.toml"), nil
}

// LoadUser reads the user's configuration from a file. An empty path stands for UserPath, where no
// file need be. An error names the file and, where it is about something written there, the line.
func LoadUser(path string) (*Config, error) {
	named := path != ""
	if !named {
		var err error
		if path, err = UserPath(); err != nil {
			return &Config{}, nil // nowhere for a file to be
		}
	}
	data, err := readConfig(path)
	if !named && errors.Is(err, fs.ErrNotExist) {
		return &Config{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return parseUser(data, path)
}

func readConfig(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it is only read
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return nil, err
	}
	return data, nil
}

// LoadTree reads the configuration of what is scanned. name is what errors call it; they name the
// line too.
func LoadTree(data []byte, name string) (*Config, error) {
	var file treeFile
	if err := decodeConfig(data, name, &file); err != nil {
		return nil, err
	}
	c := file.config()
	for _, r := range file.Rules {
		c.Rules = append(c.Rules, r.rule())
	}
	return c, c.check(name)
}

func parseUser(data []byte, name string) (*Config, error) {
	var file userFile
	if err := decodeConfig(data, name, &file); err != nil {
		return nil, err
	}
	c := file.config()
	for _, r := range file.Rules {
		own := r.rule()
		own.Provider = r.Provider
		c.Rules = append(c.Rules, own)
	}
	c.Providers, c.AssumeProvider = file.Providers, file.AssumeProvider
	return c, c.check(name)
}

// check compiles what is new in a configuration, so that what is wrong is known by its file.
func (c *Config) check(name string) error {
	if _, err := c.providers(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	ids, literals := map[string]bool{}, 0
	for _, r := range c.Rules {
		if r.ID == "" {
			return fmt.Errorf("%s: a rule has no id", name)
		}
		if ids[r.ID] {
			return fmt.Errorf("%s: two rules have the id %q", name, r.ID)
		}
		ids[r.ID] = true
		if err := r.Validate(); err != nil {
			return fmt.Errorf("%s: rule %q: %w", name, r.ID, err)
		}
		literals += len(r.Literals)
	}
	if literals > maxLiterals {
		return fmt.Errorf("%s: the rules have %d literals, and at most %d are searched for", name, literals, maxLiterals)
	}
	return nil
}

// Merge returns c with what a scanned tree's configuration adds. Neither of the two changes.
func (c *Config) Merge(tree *Config) (*Config, error) {
	merged := &Config{
		Ignore:         slices.Concat(c.Ignore, tree.Ignore),
		Allow:          slices.Concat(c.Allow, tree.Allow),
		Rules:          slices.Concat(c.Rules, tree.Rules),
		Providers:      maps.Clone(c.Providers),
		AssumeProvider: c.AssumeProvider,
	}
	return merged, merged.check("the configuration of the scanned tree, added to yours")
}

// providers returns the built-in providers with the changes made. It checks what names one.
func (c *Config) providers() ([]provider.Provider, error) {
	all, err := mergeProviders(provider.Builtin(), c.Providers)
	if err != nil {
		return nil, err
	}
	if err := knownProvider("assume_provider", c.AssumeProvider, all); err != nil {
		return nil, err
	}
	for _, r := range c.Rules {
		if err := knownProvider(fmt.Sprintf("provider of rule %q", r.ID), r.Provider, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Compile returns the built-in rules and providers, and those of the configuration.
func (c *Config) Compile() (*provider.Set, error) {
	if len(c.Rules) == 0 && len(c.Providers) == 0 {
		return provider.Default(), nil
	}
	providers, err := c.providers()
	if err != nil {
		return nil, err
	}
	set, err := rules.Compile(c.Rules)
	if err != nil {
		return nil, err
	}
	return provider.New(set, providers)
}

// Allows says whether the configuration allows a key, and by whom and why: ".skleakignore: a test key".
func (c *Config) Allows(fingerprint string) (by string, ok bool) {
	for _, a := range c.Allow {
		switch {
		case a.Fingerprint != fingerprint:
		case a.Reason == "":
			return a.Origin, true
		default:
			return a.Origin + ": " + a.Reason, true
		}
	}
	return "", false
}

func knownProvider(what, id string, providers []provider.Provider) error {
	if id == "" {
		return nil
	}
	var ids []string
	for _, p := range providers {
		if p.ID == id {
			return nil
		}
		ids = append(ids, p.ID)
	}
	return fmt.Errorf("%s: there is no provider %q%s", what, id, didYouMean(id, ids))
}
