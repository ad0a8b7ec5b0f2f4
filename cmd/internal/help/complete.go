package help

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"skleak/rules/provider"
	"skleak/scanner/git/gitdir"
)

// Words has a shell complete the value of a flag with some words.
func Words(c *cobra.Command, flag string, words ...string) {
	Values(c, flag, func(string) []string { return words })
}

// Values has a shell complete the value of a flag with what f returns for its beginning.
func Values(c *cobra.Command, flag string, f func(typed string) []string) {
	err := c.RegisterFlagCompletionFunc(flag,
		func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			values := slices.DeleteFunc(slices.Clone(f(typed)),
				func(value string) bool { return !strings.HasPrefix(value, typed) })
			return values, cobra.ShellCompDirectiveNoFileComp
		})
	if err != nil {
		panic("internal error: " + err.Error()) // there is no such flag, or it has values already
	}
}

// maxRefs bounds what is offered: a shell asks before it shows hundreds.
const maxRefs = 500

// Ranges completes A..B with the names of branches and tags of the repository that the current folder lies in.
func Ranges(typed string) (ranges []string) {
	d, err := gitdir.Discover(".")
	if err != nil {
		return nil
	}
	before := ""
	if at := strings.LastIndex(typed, ".."); at >= 0 {
		before = typed[:at+2]
	}
	names := []string{"HEAD"}
	d.EachRef(func(r gitdir.Ref) {
		for _, kind := range []string{"refs/heads/", "refs/remotes/", "refs/tags/"} {
			if name, ok := strings.CutPrefix(r.Name, kind); ok && len(names) < maxRefs && strings.HasPrefix(before+name, typed) {
				names = append(names, name)
			}
		}
	})
	slices.Sort(names)
	for _, name := range names {
		ranges = append(ranges, before+name)
	}
	return ranges
}

// Providers completes the ids of the built-in providers.
func Providers(string) (ids []string) {
	for _, p := range provider.Builtin() {
		ids = append(ids, p.ID)
	}
	return ids
}

// Files has a shell complete the value of a flag with the names of files that end so; any, if no end is given.
func Files(c *cobra.Command, flag string, ends ...string) {
	if err := c.MarkFlagFilename(flag, ends...); err != nil {
		panic("internal error: " + err.Error())
	}
}
