package main

import (
	"runtime"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/program"
	"skleak/cmd/internal/terminal"
	"skleak/scanner/run"
)

func stdinCommand(w *world) *cobra.Command {
	f := &flags.Flags{}
	c := &cobra.Command{
		Use:   "stdin",
		Short: "Scan standard input",
		Example: `  kubectl logs deploy/api | skleak stdin
  git diff --cached | skleak stdin`,
		Args: program.NoArguments,
		RunE: w.scanning(f, func([]string) (run.Plan, error) { return w.planStdin(f) }),
	}
	f.AddScan(c) // some without effect on one stream, but scripts pass them to every command
	return c
}

func (w *world) planStdin(f *flags.Flags) (run.Plan, error) {
	if terminal.Is(w.In) && !f.Quiet {
		w.Say("reading from the terminal; end with %s", endOfInput())
	}
	return run.Plan{Targets: []string{"standard input"}, Source: run.Stdin(w.In)}, nil
}

// endOfInput names the keys that end what is typed.
func endOfInput() string {
	if runtime.GOOS == "windows" {
		return "Ctrl-Z and Enter on a line of their own"
	}
	return "Ctrl-D on a line of its own"
}
