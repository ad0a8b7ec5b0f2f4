package main

import (
	"runtime"

	"skleak/cmd/internal/terminal"
	"skleak/scanner/run"

	"github.com/spf13/cobra"
)

func stdinCommand(w *world) *cobra.Command {
	f := &flags{}
	c := &cobra.Command{
		Use:   "stdin",
		Short: "Scan standard input",
		Example: `  kubectl logs deploy/api | skleak stdin
  git diff --cached | skleak stdin`,
		Args: noArguments,
		RunE: w.scanning(f, func([]string) (run.Plan, error) { return w.planStdin(f) }),
	}
	f.addReport(c)
	f.addVerify(c)
	f.addRevoke(c)
	f.addMemory(c)
	f.addWork(c) // of no effect on one stream, but scripts pass them to every command
	return c
}

func (w *world) planStdin(f *flags) (run.Plan, error) {
	if terminal.Is(w.in) && !f.quiet {
		w.say("reading from the terminal; end with %s", endOfInput())
	}
	return run.Plan{Targets: []string{"standard input"}, Source: run.Stdin(w.in)}, nil
}

// endOfInput names the keys that end what is typed.
func endOfInput() string {
	if runtime.GOOS == "windows" {
		return "Ctrl-Z and Enter on a line of their own"
	}
	return "Ctrl-D on a line of its own"
}
