// Skleak-audit finds leaked API keys in all repositories of an organisation: it lists them, fetches and reads
// them on one machine or on many, remembers what it read, and makes one report.
//
// It is a program beside skleak, since the queue's server costs every start what a commit hook must not pay.
package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/program"
)

const programName = "skleak-audit"

const about = `skleak-audit finds leaked sk_live_ and sk_test_ API keys in all repositories of an organisation,
or in any others.

It lists them at GitHub, GitLab, Gitea and Forgejo, fetches each with all its refs, reads the whole history, and
makes one report. What it has read it remembers: a run that was stopped goes on, and the next one costs what has
changed.

Exit status: 0 nothing found and everything read, 1 leaks found, 2 wrong usage or nothing to audit, 3 nothing
found but something could not be read, 130 interrupted.`

func main() { program.Main(programName, nil, execute) }

// execute carries out one command line. An audit that is interrupted still reports what it found.
func execute(ctx context.Context, env []string, in io.Reader, out, errw io.Writer, args []string) error {
	c := console.New(programName, env, in, out, errw)
	return program.Catch(c, func() error { return program.Run(ctx, rootCommand(c, args...), args) })
}

// rootCommand assembles the program: what a command line needs of it, or without one, all.
func rootCommand(c *console.Console, args ...string) *cobra.Command {
	root := &cobra.Command{Use: programName, Short: "Find leaked API keys in many repositories", Long: about}
	command := func(name string, construct func(*console.Console) *cobra.Command) program.Command {
		return program.Command{Name: name, Make: func() *cobra.Command { return construct(c) }}
	}
	return program.Root(c, root, "skleak-audit run github:YOUR-ORGANISATION", args,
		command("list", listCommand), command("run", runCommand), command("work", workCommand),
		command("status", statusCommand), command("report", reportCommand))
}
