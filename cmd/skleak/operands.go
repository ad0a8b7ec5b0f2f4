package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"
)

// namesFiles marks a command that other programs hand the names of files to, such as the pre-commit framework and
// xargs.
const namesFiles = "names files"

// checkOperands keeps the names of files from being options. Whoever can commit a file chooses its name, and one like
// --fail-on=none would open the gate. A "--" before the names is the cure, but the framework puts a user's own
// options in the place of ours, "--" and all. So an option that is the name of a file as well is refused: nobody can
// tell which one is meant.
func checkOperands(root *cobra.Command, args []string) error {
	c, rest, err := root.Find(args)
	if err != nil || c.Annotations[namesFiles] == "" {
		return nil // what is wrong is for cobra to say
	}
	options := rest
	if end := slices.Index(rest, "--"); end >= 0 {
		options = rest[:end]
	}
	for _, option := range options {
		if len(option) > 1 && option[0] == '-' && isThere(option) {
			return fmt.Errorf(`%q is the name of a file here and could be an option; put "--" before the names of files, `+
				`in .pre-commit-config.yaml at the end of "args"`, option)
		}
	}
	return nil
}

// withDash adds the file that is called "--" to the names of files that a command was handed: cobra takes the first
// "--" for the end of the options, and it may have been this file.
func withDash(c *cobra.Command, names []string) []string {
	if c.ArgsLenAtDash() >= 0 && len(names) > 0 && isThere("--") {
		return append(slices.Clip(names), "--")
	}
	return names
}

func isThere(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}
