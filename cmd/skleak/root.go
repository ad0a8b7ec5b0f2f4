package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/build"
	"skleak/cmd/internal/help"
	"skleak/cmd/internal/suggest"
	"skleak/report"
	"skleak/scanner"
	"skleak/scanner/cause"
	"skleak/scanner/run"
)

const about = `skleak finds leaked sk_live_ and sk_test_ API keys in working trees and whole git histories.

It reads everything git stores, names whatever it could not read, and never prints a whole key
unless it is told to. Start with "skleak scan ." in a repository.

Exit status: 0 nothing found and everything read, 1 leaks found, 2 wrong usage or a report that
could not be written, 3 nothing found but something could not be read, 130 interrupted.`

// rootCommand assembles the program. Cobra is kept from printing: errors are execute's to print, and a
// page of usage behind every slip hides the one line that says what was wrong.
func rootCommand(w *world) *cobra.Command {
	root := &cobra.Command{
		Use:           "skleak",
		Short:         "Find leaked API keys in working trees and whole git histories",
		Long:          about,
		Version:       build.Version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
	}
	root.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return suggest.Command(root, args[0])
		}
		return errors.New(`no command; try "skleak scan ." ("skleak --help" lists all commands)`)
	}
	root.SetIn(w.in)
	root.SetOut(w.out)
	root.SetErr(w.errw)
	root.SetFlagErrorFunc(suggest.Flag)
	root.Flags().Bool("version", false, "print the version") // cobra would give it -v, which is --verbose here
	root.SetVersionTemplate("skleak {{.Version}}\n")
	root.SetHelpCommand(helpCommand(root))
	root.AddCommand(scanCommand(w), dirCommand(w), gitCommand(w), stdinCommand(w),
		hookCommand(w), actionCommand(w), verifyCommand(w), revokeCommand(w), baselineCommand(w), rulesCommand(w), versionCommand(w))
	refuseBareCompletion(root)
	help.Set(root)
	return root
}

// refuseBareCompletion makes "skleak completion" without a shell an error: a script that sources its
// output must not get a page of help and status 0.
func refuseBareCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	if c, _, err := root.Find([]string{"completion"}); err == nil {
		c.Args = cobra.ArbitraryArgs
		c.RunE = func(*cobra.Command, []string) error {
			return errors.New(`completion needs a shell: bash, zsh, fish or powershell, as in "skleak completion bash"`)
		}
	}
}

// helpCommand replaces cobra's, which answers an unknown command with a page of usage and status 0.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return suggest.Command(root, args[0])
			}
			return c.Help()
		},
	}
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q takes no argument, but got %q", c.CommandPath(), args[0])
	}
	return nil
}

// oneTarget allows a single path. Two would need a name each in the report; dir does that.
func oneTarget(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%q takes one path, but got %d; run it once for each%s", c.CommandPath(), len(args),
			severalAtOnce(c))
	}
	return nil
}

// severalAtOnce names the command that reads the histories of several repositories.
func severalAtOnce(c *cobra.Command) string {
	if c.Name() == "git" {
		return `, or "skleak scan" for all in one report`
	}
	return ""
}

func targetOf(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

func versionCommand(w *world) *cobra.Command {
	format, sums, verbose := "", "", false
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Print the version.

With -v, print also the commit it was built from, the version of Go, the digest of the rules and the modules that are linked in. With
--check, look for the program's own bytes in a file of checksums, such as the one of a release; status 2 if they are not in it.`,
		Args: noArguments,
		Example: `  skleak version -v
  skleak version --check checksums.txt`,
		RunE: func(*cobra.Command, []string) error {
			if sums != "" {
				return checkProgram(w.out, sums)
			}
			return printVersion(w.out, format, verbose)
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

func printVersion(out io.Writer, format string, verbose bool) (err error) {
	describe := func() build.Info { return build.Describe("skleak", run.BuiltinDigest()) }
	switch {
	case format == "text" && verbose:
		return describe().WriteText(out)
	case format == "text":
		_, err = fmt.Fprintf(out, "skleak %s\n", build.Version())
	case format == "json" && verbose:
		return describe().WriteJSON(out)
	case format == "json":
		_, err = fmt.Fprintf(out, "{\"name\": \"skleak\", \"version\": %q}\n", build.Version())
	default:
		err = fmt.Errorf("the version is printed as text or json, not as %q", format)
	}
	return err
}

// checkProgram says under which name the program is in a file of checksums.
func checkProgram(out io.Writer, sums string) error {
	program, err := build.Program()
	if err != nil {
		return fmt.Errorf("looking for the program's own file: %w", err)
	}
	name, err := build.Check(program, sums)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "skleak %s is %s\n", build.Version(), report.Visible(name))
	return err
}

// isRevision is true for what looks like the name of a commit.
func isRevision(name string) bool {
	return name == "HEAD" || strings.HasPrefix(name, "HEAD~") || strings.HasPrefix(name, "HEAD^") ||
		strings.HasPrefix(name, "HEAD@") ||
		strings.HasPrefix(name, "refs/")
}

// existing returns what lies at path, or an error that says what to do where nothing does.
func existing(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil:
		return info, nil
	case path == "-":
		return nil, errors.New(`"-" is no path; to scan standard input: "skleak stdin"`)
	case strings.Contains(path, "://") || strings.HasPrefix(path, "git@"):
		return nil, fmt.Errorf("%s is not on this machine; \"skleak scan URL\" and \"skleak git URL\" fetch a "+
			"repository, nothing else does", scanner.WithoutCredentials(path))
	case strings.Contains(path, "..") && !strings.Contains(path, "/") && !strings.HasPrefix(path, "."):
		return nil, fmt.Errorf("there is no file or folder %q; for a range of the history: \"skleak git --range %s\"",
			path, path)
	case isRevision(path):
		return nil, fmt.Errorf("there is no file or folder %q; for the history that it reaches: \"skleak git --range "+
			"%s\"", path, path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no file or folder %q; check the path", path)
	default:
		return nil, fmt.Errorf("cannot look at %s: %w", path, cause.Of(err))
	}
}
