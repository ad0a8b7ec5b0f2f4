package main

import (
	"github.com/spf13/cobra"

	"skleak/scanner/run"
)

func verifyCommand(w *world) *cobra.Command {
	f := &flags{}
	f.verify = true
	c := &cobra.Command{
		Use:   "verify",
		Short: "Ask the providers whether keys are active",
		Long: `Verify asks about the keys of a saved JSON report, or about keys on standard input, one a line.

A report made with --show-secrets holds the keys. Of any other it has only their fingerprints: then
the report's targets are read again to find them. A key is sent only to the provider that something
beside it names, or that --assume-provider names; on standard input nothing stands beside it.`,
		Example: `  skleak verify --report report.json
  pass show laminr/old-key | skleak verify --assume-provider laminr`,
		Args: noArguments,
		RunE: w.scanningSaved(f),
	}
	f.addSaved(c)
	return c
}

// addSaved declares the flags of the commands that take keys from elsewhere than a scan of their own.
func (f *flags) addSaved(c *cobra.Command) {
	f.addReport(c)
	f.addWork(c)
	f.addReach(c)
	f.addMemory(c)
	f.addAsking(c)
	c.Flags().StringVar(&f.saved, "report", "", "take the keys from a JSON report, `FILE` or - for standard input")
	// Whoever asks wants to know what is active; that a key leaked is known already.
	failOn := c.Flags().Lookup("fail-on")
	f.failOn, failOn.DefValue = run.FailActive, string(run.FailActive)
}

func revokeCommand(w *world) *cobra.Command {
	f := &flags{}
	f.verify, f.revoke = true, true
	c := &cobra.Command{
		Use:   "revoke",
		Short: "Revoke keys that are active",
		Long: `Revoke takes keys as verify does, from a saved JSON report or from standard input, one a line. It
asks the providers which are active and revokes those, in the way that your configuration gives. On
a terminal it asks first; without one it needs --yes.`,
		Example: `  skleak revoke --report report.json --dry-run
  skleak revoke --assume-provider laminr --yes < keys.txt`,
		Args: noArguments,
		RunE: w.scanningSaved(f),
	}
	f.addSaved(c)
	f.addRevoking(c)
	return c
}
