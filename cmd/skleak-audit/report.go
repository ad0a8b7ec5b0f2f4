package main

import (
	"bytes"
	"errors"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/flags"
	"skleak/report"
	"skleak/scanner/audit"
	"skleak/scanner/audit/merge"
	"skleak/scanner/audit/state"
)

func reportCommand(w *console.Console) *cobra.Command {
	f := &flags.Flags{}
	var folder stateFlags
	c := &cobra.Command{
		Use:   "report [SOURCE...]",
		Short: "Write reports of what is done so far",
		Long: `Report writes reports of the audit of the sources from what is remembered of it: after it, or while it
runs. Without a source it is about the only audit there is. What is not done yet is named in it, and its exit
status is then 130, as for an audit that was interrupted.`,
		Example: `  skleak-audit report -r audit.html -r audit.json
  skleak-audit report github:acme -f markdown`,
		RunE: func(c *cobra.Command, args []string) error {
			f.Verify = true // or not: the statuses are there, and nobody is asked
			f.VerifyJobs, f.VerifyRate = 1, 1
			if err := checkReport(c, f); err != nil {
				return err
			}
			t, err := newTelling(c, w, f)
			if err != nil {
				return err
			}
			dir, err := folder.find(w, args)
			if err != nil {
				return err
			}
			s, err := state.OpenToRead(dir)
			if err != nil {
				return err
			}
			result, err := audit.Collect(s, decode, w.Say)
			if err != nil {
				return err
			}
			return t.tell(result)
		},
	}
	addReport(c, f)
	folder.add(c)
	return c
}

// addReport declares the flags of commands that write reports. There are no whole keys to write: none leaves the
// machine that found it.
func addReport(c *cobra.Command, f *flags.Flags) {
	f.AddReport(c)
	_ = c.Flags().MarkHidden("show-secrets") // it is there
}

func checkReport(c *cobra.Command, f *flags.Flags) error {
	if f.ShowSecrets {
		return errors.New("an audit has no whole keys to show: skleak verify --report audit.json finds them again in " +
			"the mirrors")
	}
	return f.Check(c)
}

// decode reads the report of one repository.
func decode(text []byte) (merge.Report, error) {
	saved, err := report.Read(bytes.NewReader(text))
	if err != nil {
		return merge.Report{}, err
	}
	return merge.Report{ReadAt: saved.StartedAt, Repositories: saved.Repositories, Coverage: saved.Coverage,
		Leaks: saved.Leaks}, nil
}
