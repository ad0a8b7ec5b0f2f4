// Skleak finds leaked sk_live_ and sk_test_ API keys in working trees and whole git histories.
//
// See "skleak --help" for its commands, docs/exit-status.md for what its exit status says.
package main

import (
	"context"
	"os"

	"skleak/cmd/internal/process"
)

func main() {
	process.KeepMemoryPrivate()
	ctx, release := process.Interruptible(context.Background())
	err := execute(ctx, os.Environ(), os.Stdin, os.Stdout, os.Stderr, os.Args[1:])
	release()
	os.Exit(statusOf(err))
}
