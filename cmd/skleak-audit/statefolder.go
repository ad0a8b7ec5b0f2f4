package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/help"
	"skleak/cmd/internal/userfolder"
)

// addState declares the flag of commands that remember.
func addState(c *cobra.Command, folder *string) {
	c.Flags().StringVar(folder, "state", "",
		"remember in `DIR` what was read (default: a folder named after the sources, in skleak/audits in your folder for state)")
	help.Group(c, help.Scan)
}

// canonical are sources in an order that does not depend on how they were typed, each once.
func canonical(sources []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(sources)))
}

// audits is where the states of audits lie that were given no other place.
func audits(c *console.Console) (string, error) {
	base := userfolder.State(c.Env)
	if base == "" {
		return "", errors.New("there is no folder for what is to be remembered: set HOME, or say --state DIR")
	}
	return filepath.Join(base, "audits"), nil
}

// stateOf is the folder for the audit of some sources.
func stateOf(c *console.Console, given string, sources []string) (string, error) {
	if given != "" {
		return given, nil
	}
	base, err := audits(c)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(strings.Join(sources, "\n")))
	return filepath.Join(base, readable(sources[0])+"-"+hex.EncodeToString(sum[:4])), nil
}

// readable is the part of a folder's name that people recognise.
func readable(source string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, source)
	return strings.Trim(safe[:min(len(safe), 60)], "._")
}

// knownState is the folder of an audit that there is already: of the sources that are named, or the only one.
func knownState(c *console.Console, given string, sources []string) (string, error) {
	if given != "" || len(sources) > 0 {
		return stateOf(c, given, canonical(sources))
	}
	base, err := audits(c)
	if err != nil {
		return "", err
	}
	entries, err := os.ReadDir(base)
	names := []string{}
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	switch {
	case len(names) == 1:
		return filepath.Join(base, names[0]), nil
	case err != nil || len(names) == 0:
		return "", fmt.Errorf("there is no audit in %s: skleak-audit run SOURCE makes one, and --state DIR names another folder", base)
	}
	return "", fmt.Errorf("there are several audits in %s: name the sources of one, or --state with one of %s", base,
		strings.Join(names, ", "))
}
