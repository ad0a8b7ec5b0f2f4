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
	"skleak/scanner/audit/source"
	"skleak/scanner/audit/state"
)

// addState declares the flag of commands that remember.
func addState(c *cobra.Command, folder *string) {
	c.Flags().StringVar(folder, "state", "",
		"remember in `DIR` what was read (default: a folder named after the sources, in skleak/audits in your folder "+
			"for state)")
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
	return strings.Trim(safe[max(0, len(safe)-60):], "._-")
}

// stateFlags say which audit is meant of those there are.
type stateFlags struct {
	state string
	hosts sourceFlags // of these, the addresses of hosts alone
}

func (f *stateFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.state, "state", "", "tell of what is remembered in `DIR`")
	f.hosts.addHosts(c)
	help.Group(c, help.Scan)
}

// find is the folder of an audit that there is already: of the sources that are named, or the only one.
func (f *stateFlags) find(c *console.Console, sources []string) (string, error) {
	given := f.state
	if given != "" {
		return given, nil
	}
	base, err := audits(c)
	if err != nil {
		return "", err
	}
	wanted, err := f.hosts.meanings(sources)
	if err != nil {
		return "", err
	}
	var found, names []string
	entries, _ := os.ReadDir(base) // what cannot be read has no audit to tell of
	for _, e := range entries {
		dir := filepath.Join(base, e.Name())
		run, err := lastRun(dir)
		if err != nil || run.ID == "" { // such as a worker's
			continue
		}
		names = append(names, strings.Join(run.Sources, " "))
		if len(wanted) == 0 || slices.Equal(wanted, run.Sources) ||
			slices.Equal(wanted, withoutHosts(run.Sources)) {
			found = append(found, dir)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(names) == 0:
		return "", fmt.Errorf("there is no audit in %s: skleak-audit run SOURCE makes one, and --state DIR names "+
			"another folder", base)
	case len(found) == 0:
		return "", fmt.Errorf("there is no audit of %s in %s, but of: %s", strings.Join(sources, " "), base,
			strings.Join(names, ", "))
	}
	return "", fmt.Errorf("there are several audits in %s: name the sources of one (%s), or its folder with --state", base,
		strings.Join(names, ", "))
}

func lastRun(dir string) (state.Run, error) {
	f, err := state.OpenToRead(dir)
	if err != nil {
		return state.Run{}, err
	}
	return f.LastRun()
}

// meanings are what sources are called from any folder. One that is not there any more may have been audited.
func (f sourceFlags) meanings(sources []string) (all []string, err error) {
	for _, text := range sources {
		one, err := source.Parse(text)
		if err != nil {
			return nil, err
		}
		all = append(all, f.nameOf(one))
	}
	return canonical(all), nil
}

func withoutHosts(sources []string) []string {
	var all []string
	for _, s := range sources {
		name, _, _ := strings.Cut(s, elsewhere)
		all = append(all, name)
	}
	return canonical(all)
}
