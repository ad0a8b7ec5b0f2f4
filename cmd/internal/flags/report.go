package flags

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/help"
	"skleak/cmd/internal/outputs"
	"skleak/report"
	"skleak/scanner/run"
)

// AddReport declares the flags of every command that scans.
func (f *Flags) AddReport(c *cobra.Command) {
	set := c.Flags()
	set.StringVarP(&f.Format, "report-format", "f", "text",
		"`FORMAT` of the report on standard output, and of those whose file name tells none: "+
			strings.Join(report.FormatNames(), ", "))
	set.StringArrayVarP(&f.Paths, "report-path", "r", nil,
		"write a report to `FILE` too, in the format of its extension (.txt .json .jsonl .sarif .md .html .csv .junit.xml); "+
			"\"-\" is standard output; repeatable")
	set.IntVar(&f.ExitCode, "exit-code", exit.Leaks, "exit status where leaks are found, `N` from 0 to 255")
	f.AddFailOn(c, "give that status")
	set.BoolVar(&f.NoColor, "no-color", false, "no colour, as NO_COLOR does")
	set.BoolVarP(&f.Verbose, "verbose", "v", false,
		"say more: every place of every leak, placeholders, and all that could not be read")
	f.AddQuiet(c)
	set.StringVar(&f.Compare, "compare", "", "say what is new, gone and still there since the JSON report in `FILE`")
	set.BoolVar(&f.ShowSecrets, "show-secrets", false, "put whole keys into the reports")
	help.Words(c, "report-format", report.FormatNames()...)
	help.Files(c, "report-path")
	help.Files(c, "compare", "json")
	help.Group(c, help.Report)
	f.AddConfig(c)
	f.AddBaseline(c)
	f.AddDoubt(c)
}

// AddFailOn declares the flag that says which leaks matter; does is what they do then.
func (f *Flags) AddFailOn(c *cobra.Command, does string) {
	c.Flags().StringVar((*string)(&f.FailOn), "fail-on", string(run.FailAny), "`WHICH` leaks "+does+
		": any, live (of the live environment), active (or perhaps so, after --verify), none")
	help.Words(c, "fail-on", string(run.FailAny), string(run.FailLive), string(run.FailActive), string(run.FailNone))
}

// AddQuiet declares the flag of all commands that say something.
func (f *Flags) AddQuiet(c *cobra.Command) {
	c.Flags().BoolVarP(&f.Quiet, "quiet", "q", false, "print nothing but errors; reports asked for with -r are written")
	help.Group(c, help.Report)
}

func (f *Flags) checkFailOn(*cobra.Command) error {
	switch f.FailOn {
	case run.FailAny, run.FailLive, run.FailActive, run.FailNone:
		return nil
	default:
		return fmt.Errorf("--fail-on %s is unknown; use any, live, active or none", strconv.Quote(string(f.FailOn)))
	}
}

// Outputs are the reports that the user asked for.
func (f *Flags) Outputs(c *cobra.Command) ([]outputs.Output, error) {
	return outputs.Plan(outputs.Wish{Format: f.Format, FormatGiven: c.Flags().Changed("report-format"), Paths: f.Paths,
		Quiet: f.Quiet})
}

// Outcome is what a run ends with.
func (f *Flags) Outcome(result *run.Result) error {
	end := exit.End{Interrupted: result.Interrupted, Failing: result.Failing(), Complete: result.Complete()}
	return end.Outcome(f.ExitCode)
}
