// Skleak finds leaked sk_live_ and sk_test_ API keys in working trees and whole git histories.
//
// See "skleak --help" for its commands, docs/exit-status.md for what its exit status says.
package main

import (
	"context"
	"io"
	"time"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/program"
)

const programName = "skleak"

func main() { program.Main(programName, isBrief, execute) }

// isBrief is true for hooks: each commit waits for one. They write no file but the reports.
func isBrief(args []string) bool {
	switch {
	case len(args) == 0:
		return false
	case args[0] == "hook":
		return len(args) > 1 && args[1] != "install"
	default:
		return args[0] == "version"
	}
}

// world is what the commands see.
type world struct {
	*console.Console
	pauses []time.Duration // between the checks of a revoked key; nil, for the usual ones, but in tests
}

// execute carries out one command line. A scan that is interrupted still reports what it found.
func execute(ctx context.Context, env []string, in io.Reader, out, errw io.Writer, args []string) error {
	w := &world{Console: console.New(programName, env, in, out, errw)}
	root := rootCommand(w, args...)
	return program.Catch(w.Console, func() error {
		if err := checkOperands(root, args); err != nil {
			return err
		}
		return program.Run(ctx, root, args)
	})
}
