// Package program is the frame of skleak's programs: the process, what went wrong, and the commands that all of them
// have.
package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/exit"
	"skleak/cmd/internal/help"
	"skleak/cmd/internal/process"
	"skleak/cmd/internal/suggest"
	_ "skleak/scanner/stack" // before main begins
)

// Execute carries out one command line, without the program's name, in surroundings that it is handed. env holds
// "NAME=value" entries. It prints what went wrong. Cancelling ctx interrupts its work.
type Execute func(ctx context.Context, env []string, in io.Reader, out, errw io.Writer, args []string) error

// aMoment is what command lines take that are over in a moment: three times as long as a commit hook, as a rule.
const aMoment = 20 * time.Millisecond

// Main is the whole of a program, and does not return. isBrief tells of a command line whether it is over in a moment,
// as a rule, and leaves nothing half done where it ends at once; nil: none is.
func Main(name string, isBrief func(args []string) bool, execute Execute) {
	process.KeepMemoryPrivate()
	keepLibrariesQuiet()
	args, patience := os.Args[1:], time.Duration(0)
	if isBrief != nil && isBrief(args) {
		patience = aMoment
	}
	ctx, release := process.Interruptible(context.Background(), name, patience)
	err := execute(ctx, os.Environ(), os.Stdin, os.Stdout, os.Stderr, args)
	release()
	os.Exit(exit.StatusOf(err))
}

// keepLibrariesQuiet has nothing printed by package log. Go's HTTP client writes there what a server sends without being
// asked, which may be the key or the token that it was sent.
func keepLibrariesQuiet() { log.SetOutput(io.Discard) }

// Catch does work and prints what went wrong, a panic too. The error is nil, an exit.Outcome, or what kept the work
// from being done: exit.StatusOf tells them apart.
func Catch(c *console.Console, work func() error) error {
	err := process.Catch(work)
	if err != nil && !errors.As(err, new(exit.Outcome)) {
		c.SayError(err)
	}
	return err
}

// Run has the command of root that args name do its work.
func Run(ctx context.Context, root *cobra.Command, args []string) error {
	root.SetArgs(append([]string{}, args...)) // never nil: cobra would take os.Args for it
	return root.ExecuteContext(ctx)
}

// Root makes root the command that a program begins with. Cobra is kept from printing: errors are Catch's to print, and
// a page of usage behind every slip hides the one line that says what was wrong. try is what is named where no command
// was. Of the commands, root gets those that args need; without args, all.
func Root(c *console.Console, root *cobra.Command, try string, args []string, commands ...Command) *cobra.Command {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Args = cobra.ArbitraryArgs
	version := root.Flags().Bool("version", false, "print the version") // cobra would give it -v, which is --verbose here
	root.RunE = func(_ *cobra.Command, args []string) error {
		if *version {
			return printVersion(c.Out, root.Name(), "text", false)
		}
		if len(args) > 0 {
			return suggest.Command(root, args[0])
		}
		return fmt.Errorf("no command; try %q (\"%s --help\" lists all commands)", try, root.Name())
	}
	root.SetIn(c.In)
	root.SetOut(c.Out)
	root.SetErr(c.Err)
	root.SetHelpCommand(helpCommand(root))
	commands = append(commands, Command{"version", func() *cobra.Command { return versionCommand(c) }})
	left := Add(root, args, commands...)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		Add(root, nil, left...) // the flag may be one of theirs
		left = nil
		return suggest.Flag(c, err)
	})
	if len(left) > 0 {
		root.CompletionOptions.DisableDefaultCmd = true // cobra would make five commands of which none was asked for
	} else {
		refuseBareCompletion(root)
	}
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
			return fmt.Errorf("completion needs a shell: bash, zsh, fish or powershell, as in \"%s completion bash\"",
				root.Name())
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

// NoArguments refuses what stands behind a command that takes nothing.
func NoArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q takes no argument, but got %q", c.CommandPath(), args[0])
	}
	return nil
}
