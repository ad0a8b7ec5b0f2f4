// Package help writes the help of commands: flags in groups, and no line longer than the terminal.
package help

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"skleak/cmd/internal/terminal"
	"skleak/report/wrap"
)

// The groups of flags, in the order in which they are told.
const (
	Scan   = "Scan"
	Report = "Report"
	Verify = "Verify"
	Revoke = "Revoke"
	Reach  = "Reach"
	Fetch  = "Fetch"
	Others = "Several machines"
)

var groups = []string{Scan, Report, Verify, Revoke, Reach, Fetch, Others, ""}

const (
	annotation = "group"
	usual      = 80  // columns where it is not known
	widest     = 110 // longer lines are hard to read
	narrowest  = 30
)

// Group puts the flags of a command that are in no group yet into one.
func Group(c *cobra.Command, name string) {
	c.Flags().SortFlags = false // sorting them for each group takes a commit hook a millisecond; help sorts them
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Annotations[annotation] == nil {
			if f.Annotations == nil {
				f.Annotations = map[string][]string{}
			}
			f.Annotations[annotation] = []string{name}
		}
	})
}

// Set has root and its commands helped by this package.
func Set(root *cobra.Command) {
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { write(c.OutOrStdout(), c) })
	root.SetUsageFunc(func(c *cobra.Command) error { return write(c.OutOrStderr(), c) })
}

func write(out io.Writer, c *cobra.Command) error {
	width := terminal.Columns(out)
	if width == 0 {
		width = usual
	}
	width = max(narrowest, min(width, widest))
	var b strings.Builder
	about := c.Long
	if about == "" {
		about = c.Short + "."
	}
	b.WriteString(Wrapped(about, width, 0))
	b.WriteString("\nUsage:\n")
	if c.Runnable() && c.HasParent() {
		b.WriteString(Wrapped(c.UseLine(), width, 2))
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s COMMAND\n", c.CommandPath())
		writeCommands(&b, c, width)
	}
	if c.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	writeFlags(&b, c, width)
	if c.HasAvailableSubCommands() {
		b.WriteString("\n" + Wrapped(fmt.Sprintf("%q explains a command.", c.CommandPath()+" COMMAND --help"), width, 0))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func writeCommands(b *strings.Builder, c *cobra.Command, width int) {
	longest := 0
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			longest = max(longest, len(sub.Name()))
		}
	}
	b.WriteString("\nCommands:\n")
	for _, sub := range c.Commands() {
		if !sub.IsAvailableCommand() {
			continue
		}
		text := Wrapped(sub.Short, width, longest+4)
		fmt.Fprintf(b, "  %-*s  %s", longest, sub.Name(), text[longest+4:])
	}
}

func writeFlags(b *strings.Builder, c *cobra.Command, width int) {
	for _, group := range groups {
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if strings.Join(f.Annotations[annotation], "") == group {
				set.AddFlag(f)
			}
		})
		if !set.HasAvailableFlags() {
			continue
		}
		title := group
		if group == "" {
			title = "Other flags"
		}
		fmt.Fprintf(b, "\n%s:\n", title)
		set.VisitAll(func(f *pflag.Flag) { writeFlag(b, f, width) })
	}
}

// indent is where the explanations of flags begin.
const indent = 6

// writeFlag writes a flag on one line and what it does below: names are too long for a column of their own.
func writeFlag(b *strings.Builder, f *pflag.Flag, width int) {
	if f.Hidden {
		return
	}
	value, usage := pflag.UnquoteUsage(f)
	names := "--" + f.Name
	if f.Shorthand != "" {
		names = "-" + f.Shorthand + ", " + names
	}
	if value != "" {
		names += " " + value
	}
	if hasDefault(f) {
		usage += fmt.Sprintf(" (default %s)", f.DefValue)
	}
	fmt.Fprintf(b, "  %s\n%s", names, Wrapped(usage, width, indent))
}

func hasDefault(f *pflag.Flag) bool {
	switch f.DefValue {
	case "", "0", "0B", "false", "[]", "0s":
		return false
	}
	return true
}

// Wrapped is a text in lines of a width, with blanks before each. Lines of the text that begin with a blank stay as
// they are; all others of a paragraph flow into each other.
func Wrapped(text string, width, blanks int) string {
	var out strings.Builder
	var paragraph []string
	end := func() {
		if len(paragraph) > 0 {
			out.WriteString(wrap.Line(strings.Repeat(" ", blanks)+strings.Join(paragraph, " "), width, blanks) + "\n")
			paragraph = nil
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case line == "":
			end()
			out.WriteByte('\n')
			continue
		case strings.HasPrefix(line, " "):
			end()
			out.WriteString(line + "\n")
			continue
		}
		paragraph = append(paragraph, strings.Fields(line)...)
	}
	end()
	return out.String()
}
