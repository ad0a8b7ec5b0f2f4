package flags

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/help"
)

const (
	usualRevocations = 10
	mostRevocations  = 1000
)

// AddRevoke declares the flags of commands that scan and can revoke then.
func (f *Flags) AddRevoke(c *cobra.Command) {
	c.Flags().BoolVar(&f.Revoke, "revoke", false, "revoke the keys found active, after asking; includes --verify")
	help.Group(c, help.Revoke)
	f.AddRevoking(c)
}

// AddRevoking declares the flags of every command that revokes.
func (f *Flags) AddRevoking(c *cobra.Command) {
	set := c.Flags()
	set.BoolVar(&f.Yes, "yes", false, "revoke without asking")
	set.BoolVar(&f.DryRun, "dry-run", false, "only say what would be sent to revoke keys")
	set.BoolVar(&f.EvenMine, "even-mine", false, "revoke also a key that this environment uses itself")
	set.IntVar(&f.MaxRevocations, "max-revocations", usualRevocations,
		"revoke `N` keys at most; where there are more, none")
	help.Group(c, help.Revoke)
}

func (f *Flags) checkRevoke(c *cobra.Command) error {
	if !f.Revoke {
		for _, name := range []string{"yes", "dry-run", "even-mine", "max-revocations"} {
			if c.Flags().Changed(name) {
				return fmt.Errorf("--%s has no effect without --revoke; add it, or drop --%s", name, name)
			}
		}
		return nil
	}
	f.Verify = true
	switch {
	case f.Yes && f.DryRun:
		return errors.New("--yes and --dry-run contradict each other; drop one")
	case f.MaxRevocations < 1 || f.MaxRevocations > mostRevocations:
		return fmt.Errorf("--max-revocations %d is out of range; use 1 to %d", f.MaxRevocations, mostRevocations)
	}
	return nil
}
