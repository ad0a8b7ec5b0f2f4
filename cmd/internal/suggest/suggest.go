// Package suggest turns what was typed wrong on a command line into one line that says what to type instead.
package suggest

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"skleak/rules/typo"
)

// Usual marks the command that is named where several would do.
const Usual = "usual"

// foreignFlags says what to use instead of a flag that another scanner has and this one has not.
var foreignFlags = map[string]string{
	"all":           "the whole history is always searched",
	"branch":        "all refs are searched; for part of the history use \"skleak git --range A..B\"",
	"concurrency":   "use --jobs N",
	"fail":          "leaks give status 1 without it; see --fail-on and --exit-code",
	"format":        "use -f/--report-format",
	"json":          "use -f json",
	"log-opts":      "use \"skleak git --range A..B\"",
	"no-banner":     "there is no banner",
	"no-git":        "use \"skleak dir\"",
	"only-verified": "use --verify --fail-on active",
	"output":        "use -r/--report-path FILE",
	"redact":        "keys are always redacted; --show-secrets shows them",
	"report":        "use -r/--report-path FILE",
	"sarif":         "use -f sarif",
	"since-commit":  "use \"skleak git --range A..B\"",
	"source":        "name the path itself, as in \"skleak scan PATH\"",
}

// foreignCommands says the same of commands, where the program has the one that is named.
var foreignCommands = map[string]string{
	"detect":     "scan",
	"directory":  "dir",
	"file":       "dir",
	"files":      "dir",
	"filesystem": "dir",
	"history":    "git",
	"protect":    "git --staged",
	"repo":       "git",
}

// Command refuses the name of a command that parent, the program or one of its commands, has not.
func Command(parent *cobra.Command, name string) error {
	path := parent.CommandPath()
	if use, ok := foreignCommands[name]; ok && has(parent, use) {
		return fmt.Errorf("unknown command %q; use %q", name, path+" "+use)
	}
	var names []string
	for _, c := range parent.Commands() {
		names = append(names, c.Name())
	}
	if near := typo.Nearest(name, names); near != "" {
		return fmt.Errorf("unknown command %q; did you mean %q?", name, path+" "+near)
	}
	if _, err := os.Lstat(name); err == nil && has(parent, "scan") {
		return fmt.Errorf("unknown command %q; to scan that path: \"%s scan %s\"", name, path, name)
	}
	return fmt.Errorf("unknown command %q; \"%s --help\" lists the commands", name, path)
}

// has is true where a line that names a command, perhaps with flags, makes sense to parent.
func has(parent *cobra.Command, line string) bool {
	name, _, _ := strings.Cut(line, " ")
	return slices.ContainsFunc(parent.Commands(), func(c *cobra.Command) bool { return c.Name() == name })
}

// Flag turns what pflag says of a flag it refuses into one line that says what to do instead.
func Flag(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var valueless *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(c, unknown)
	case errors.As(err, &valueless):
		f := valueless.GetFlag()
		kind, _ := pflag.UnquoteUsage(f)
		return fmt.Errorf("--%s needs a value: --%s %s", f.Name, f.Name, kind)
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return fmt.Errorf("--%s needs %s, but got %q", f.Name, valueOf[f.Value.Type()], invalid.GetValue())
	default:
		return fmt.Errorf("%w; %s", err, seeHelp(c))
	}
}

// valueOf says what a flag takes, by pflag's name of its type.
var valueOf = map[string]string{"int": "a whole number", "float64": "a number",
	"bool": "true or false, or no value", "size": "a size such as 512MB or 2GB"}

func unknownFlag(c *cobra.Command, unknown *pflag.NotExistError) error {
	if typed := c.Flags().Args(); c == c.Root() && len(typed) > 0 {
		return Command(c, typed[0]) // the flag was meant for a command that there is none of
	}
	name, written := unknown.GetSpecifiedName(), "--"+unknown.GetSpecifiedName()
	if group := unknown.GetSpecifiedShortnames(); group != "" {
		written = "-" + name
	}
	if use, ok := foreignFlags[name]; ok {
		return fmt.Errorf("unknown flag %s: %s", written, use)
	}
	if other := CommandWith(c.Root(), name); other != nil {
		if c == c.Root() {
			return fmt.Errorf("%s belongs after the command, as in \"%s %s\"", written, other.CommandPath(), written)
		}
		return fmt.Errorf("%s is no flag of %q; it belongs to %q", written, c.CommandPath(), other.CommandPath())
	}
	if positive, ok := strings.CutPrefix(name, "no-"); ok && c.Flags().Lookup(positive) != nil {
		return fmt.Errorf("unknown flag %s: leave it out; that is the default without --%s", written, positive)
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := typo.Nearest(name, names); near != "" {
		return fmt.Errorf("unknown flag %s; did you mean --%s?", written, near)
	}
	return fmt.Errorf("unknown flag %s; %s", written, seeHelp(c))
}

// CommandWith returns the first command that has the flag, by its long or its one-letter name: scan, if it has it.
func CommandWith(root *cobra.Command, name string) *cobra.Command {
	all := root.Commands()
	slices.SortStableFunc(all,
		func(a, b *cobra.Command) int { return strings.Compare(b.Annotations[Usual], a.Annotations[Usual]) })
	for _, c := range all {
		if c.Flags().Lookup(name) != nil || len(name) == 1 && c.Flags().ShorthandLookup(name) != nil {
			return c
		}
	}
	return nil
}

func seeHelp(c *cobra.Command) string {
	return fmt.Sprintf("%q lists the flags", c.CommandPath()+" --help")
}
