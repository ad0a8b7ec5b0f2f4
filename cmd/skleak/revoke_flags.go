package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"skleak/rules"
)

// revokeFlags say whether and how active keys are revoked.
type revokeFlags struct {
	revoke         bool
	yes            bool
	dryRun         bool
	evenMine       bool
	maxRevocations int
}

const (
	usualRevocations = 10
	mostRevocations  = 1000
)

// addRevoke declares the flags of commands that scan and can revoke then.
func (f *flags) addRevoke(c *cobra.Command) {
	c.Flags().BoolVar(&f.revoke, "revoke", false, "revoke the keys found active, after asking; includes --verify")
	f.addRevoking(c)
}

// addRevoking declares the flags of every command that revokes.
func (f *flags) addRevoking(c *cobra.Command) {
	set := c.Flags()
	set.BoolVar(&f.yes, "yes", false, "revoke without asking")
	set.BoolVar(&f.dryRun, "dry-run", false, "only say what would be sent to revoke keys")
	set.BoolVar(&f.evenMine, "even-mine", false, "revoke also a key that this environment uses itself")
	set.IntVar(&f.maxRevocations, "max-revocations", usualRevocations, "revoke `N` keys at most; where there are more, none")
}

// checkRevoke refuses what cannot be meant.
func (f *flags) checkRevoke(c *cobra.Command) error {
	if !f.revoke {
		for _, name := range []string{"yes", "dry-run", "even-mine", "max-revocations"} {
			if c.Flags().Changed(name) {
				return fmt.Errorf("--%s has no effect without --revoke; add it, or drop --%s", name, name)
			}
		}
		return nil
	}
	f.verify = true
	switch {
	case f.yes && f.dryRun:
		return errors.New("--yes and --dry-run contradict each other; drop one")
	case f.maxRevocations < 1 || f.maxRevocations > mostRevocations:
		return fmt.Errorf("--max-revocations %d is out of range; use 1 to %d", f.maxRevocations, mostRevocations)
	}
	return nil
}

// checkWays refuses to revoke where the configuration has no way to, for any provider.
func checkWays(set *rules.Set) error {
	for _, p := range set.Providers() {
		if p.Revoke != nil {
			return nil
		}
	}
	return noWay([]string{"laminr"}, set)
}

// noWay tells how to do by hand what cannot be done here. It is an error, so that whoever counts on a
// key being revoked learns that it is not.
func noWay(providers []string, set *rules.Set) error {
	lines := paragraph{"no way to revoke keys is configured: nothing of this is revoked"}
	for _, id := range providers {
		p, _ := set.Provider(id)
		lines = append(lines, stepsOf(p))
	}
	lines = append(lines, fmt.Sprintf("to have it done here, set [providers.%s.revoke] in your configuration", providers[0]))
	return lines
}

// stepsOf are the steps to delete a key in the provider's dashboard.
func stepsOf(p rules.Provider) string {
	if p.ID == "laminr" {
		return "Laminr documents no request for it; by hand: make a new key and put it to use, then Tenant Admin > Service Accounts > the key > delete"
	}
	return p.Name + ", by hand: make a new key and put it to use, then delete the old one in the dashboard"
}
