package program

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/build"
	"skleak/cmd/internal/console"
	"skleak/cmd/internal/help"
	"skleak/report/escape"
	"skleak/scanner/run"
)

func versionCommand(w *console.Console) *cobra.Command {
	format, sums, verbose := "", "", false
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Print the version.

With -v, print also the commit it was built from, the version of Go, the digest of the rules and the modules that are
linked in. With --check, look for the program's own bytes in a file of checksums, such as the one of a release; status 2
if they are not in it.`,
		Args: NoArguments,
		Example: fmt.Sprintf(`  %s version -v
  %s version --check checksums.txt`, w.Name, w.Name),
		RunE: func(*cobra.Command, []string) error {
			if sums != "" {
				return checkProgram(w, sums)
			}
			return printVersion(w.Out, w.Name, format, verbose)
		},
	}
	c.Flags().StringVarP(&format, "report-format", "f", "text", "`FORMAT`: text or json")
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "commit, Go, rules and modules as well")
	c.Flags().StringVar(&sums, "check", "", "look for the program's own bytes in a `FILE` of SHA-256 checksums")
	c.MarkFlagsMutuallyExclusive("check", "verbose")
	c.MarkFlagsMutuallyExclusive("check", "report-format")
	help.Words(c, "report-format", "text", "json")
	return c
}

func printVersion(out io.Writer, name, format string, verbose bool) (err error) {
	describe := func() build.Info { return build.Describe(name, run.BuiltinDigest()) }
	switch {
	case format == "text" && verbose:
		return describe().WriteText(out)
	case format == "text":
		_, err = fmt.Fprintf(out, "%s %s\n", name, build.Version())
	case format == "json" && verbose:
		return describe().WriteJSON(out)
	case format == "json":
		_, err = fmt.Fprintf(out, "{\"name\": %q, \"version\": %q}\n", name, build.Version())
	default:
		err = fmt.Errorf("the version is printed as text or json, not as %q", format)
	}
	return err
}

// checkProgram says under which name the program is in a file of checksums.
func checkProgram(c *console.Console, sums string) error {
	program, err := build.Program()
	if err != nil {
		return fmt.Errorf("looking for the program's own file: %w", err)
	}
	name, err := build.Check(program, sums)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "%s %s is %s\n", c.Name, build.Version(), escape.Visible(name))
	return err
}
