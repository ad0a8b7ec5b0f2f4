package program

import (
	"github.com/spf13/cobra"
)

// A Command is made when it is needed. Making all of skleak's takes a fifth of what "skleak version" executes, and most
// of that is flags; a commit hook needs one command.
type Command struct {
	Name string // as Make names it
	Make func() *cobra.Command
}

// Add adds to parent the command that args begin with. Where they begin with anything else, such as a flag, "help" or
// a slip, all are needed to tell what there is. It returns those that were left out.
func Add(parent *cobra.Command, args []string, commands ...Command) (left []Command) {
	for _, c := range commands {
		if len(args) > 0 && c.Name == args[0] {
			parent.AddCommand(c.Make())
			continue
		}
		left = append(left, c)
	}
	if len(left) < len(commands) {
		return left
	}
	for _, c := range left {
		parent.AddCommand(c.Make())
	}
	return nil
}
