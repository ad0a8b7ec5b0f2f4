package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"skleak/scanner/files"
)

func stdinCommand(w *world) *cobra.Command {
	f := &flags{}
	c := &cobra.Command{
		Use:   "stdin",
		Short: "Scan standard input",
		Example: `  kubectl logs deploy/api | skleak stdin
  git diff --cached | skleak stdin`,
		Args: noArguments,
		RunE: parseThenScan(w, f, planStdin),
	}
	f.addReport(c)
	f.addVerify(c)
	f.addRevoke(c)
	f.addWork(c) // of no effect on one stream, but scripts pass them to every command
	return c
}

func planStdin([]string) (plan, error) {
	return plan{targets: []string{"standard input"}, work: scanStdin}, nil
}

func scanStdin(ctx context.Context, s *scanning) error {
	if isTerminal(s.in) && !s.quiet {
		s.say("reading from the terminal; end with %s", endOfInput())
	}
	err := files.Reader(ctx, s.in, "", files.Options{Rules: s.rules, Coverage: &s.coverage}, s.gate)
	if err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	if s.coverage.Bytes.Load() == 0 && s.coverage.Complete() && !s.quiet {
		s.say("standard input is empty: there is nothing to scan")
	}
	return nil
}

// endOfInput names the keys that end what is typed.
func endOfInput() string {
	if runtime.GOOS == "windows" {
		return "Ctrl-Z and Enter on a line of their own"
	}
	return "Ctrl-D on a line of its own"
}
