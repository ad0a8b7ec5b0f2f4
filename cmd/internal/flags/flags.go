// Package flags holds the flags that several commands have: what they are called, in which group of the help they
// stand, what they may be, and what a run is made of them.
package flags

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/bytesize"
	"skleak/cmd/internal/exit"
	"skleak/scanner/run"
)

// Flags is what the user asked of a command. Each command declares the groups it has a use
// for; the fields of the others keep their zero values.
type Flags struct {
	// The report.
	Format      string   // on standard output, and of files whose name tells none
	Paths       []string // files that get a report
	ExitCode    int
	FailOn      run.FailOn
	NoColor     bool
	Verbose     bool
	Quiet       bool
	ShowSecrets bool
	Compare     string // an earlier report, "" for none

	// What is read, and how hard.
	Config        string // the user's configuration, "" for the usual place
	Baseline      string // "" for none
	Jobs          int
	NoProgress    bool
	Memory        bytesize.Size
	VerifyObjects bool
	NoIgnore      bool
	NoAllow       bool
	Strict        bool
	NoArchives    bool
	Follow        bool // go where a repository leads

	// Whom to ask about the keys, and how.
	Verify         bool
	AssumeProvider string
	Endpoints      []string // ID=URL
	VerifyJobs     int
	VerifyRate     float64

	// Whether and how active keys are revoked.
	Revoke         bool
	Yes            bool
	DryRun         bool
	EvenMine       bool
	MaxRevocations int
}

// AddScan declares the flags of every command that scans what a user names.
func (f *Flags) AddScan(c *cobra.Command) {
	f.AddReport(c)
	f.AddVerify(c)
	f.AddRevoke(c)
	f.AddWork(c)
	f.AddMemory(c)
}

// maxJobs bounds what a slip of the finger can start.
const maxJobs = 1024

// Check refuses what cannot be meant, before any work is done.
func (f *Flags) Check(c *cobra.Command) error {
	switch {
	case f.ExitCode < 0 || f.ExitCode > 255:
		return fmt.Errorf("--exit-code %d is no exit status; use 0 to 255", f.ExitCode)
	case f.ExitCode == exit.Usage || f.ExitCode == exit.Incomplete || f.ExitCode == exit.Interrupted:
		return fmt.Errorf("--exit-code %d already says something else (2 wrong usage, 3 incomplete, 130 interrupted); "+
			"use another", f.ExitCode)
	case f.Jobs < 0 || f.Jobs > maxJobs:
		return fmt.Errorf("--jobs %d is out of range; use 1 to %d, or 0 for one for each processor", f.Jobs, maxJobs)
	case f.Quiet && f.Verbose:
		return errors.New("-q and -v contradict each other; drop one")
	case f.FailOn == run.FailNone && c.Flags().Changed("exit-code"):
		return fmt.Errorf("--fail-on none leaves --exit-code %d without effect; drop one", f.ExitCode)
	}
	for _, check := range []func(*cobra.Command) error{f.checkFailOn, f.checkMemory, f.checkRevoke, f.checkVerify} {
		if err := check(c); err != nil {
			return err
		}
	}
	return nil
}
