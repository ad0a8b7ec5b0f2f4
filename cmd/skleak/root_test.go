package main

import (
	"testing"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/suggest"
)

// The program that is made for one command line has that command as the whole program has it, and nothing else.
func TestOnlyTheCommandThatIsAskedFor(t *testing.T) {
	w := quietWorld()
	for _, whole := range rootCommand(w).Commands() {
		switch whole.Name() {
		case "completion":
			continue // a command line with it is told of all commands
		case "hook":
			for _, hook := range whole.Commands() {
				onlyCommand(t, rootCommand(w, "hook", hook.Name()), whole, hook)
			}
		default:
			onlyCommand(t, rootCommand(w, whole.Name()), whole)
		}
	}
}

func onlyCommand(t *testing.T, root *cobra.Command, path ...*cobra.Command) {
	t.Helper()
	at := root
	for _, want := range path {
		if len(at.Commands()) != 1 {
			t.Fatalf("%q has %d commands where one was asked for", at.CommandPath(), len(at.Commands()))
		}
		at = at.Commands()[0]
		if at.Use != want.Use || at.CommandPath() != want.CommandPath() {
			t.Errorf("asked for %q, got %q", want.CommandPath(), at.CommandPath())
		}
	}
}

// Where a flag belongs to another command, it is looked for in all of them.
func TestAFlagOfACommandThatWasNotAskedFor(t *testing.T) {
	root := rootCommand(quietWorld(), "version", "--staged")
	root.SetArgs([]string{"version", "--staged"})
	const want = `--staged is no flag of "skleak version"; it belongs to "skleak git"`
	if err := root.Execute(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if suggest.CommandWith(root, "jobs") == nil {
		t.Error("the other commands are not there after the error")
	}
}
