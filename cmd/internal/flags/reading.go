package flags

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/help"
	"skleak/scanner/git/pack"
)

// AddConfig declares the flag of commands that read configuration.
func (f *Flags) AddConfig(c *cobra.Command) {
	c.Flags().StringVarP(&f.Config, "config", "c", "",
		"read `FILE` as your configuration, in place of skleak/config.toml in your configuration folder")
	help.Files(c, "config", "toml")
	help.Group(c, help.Scan)
}

// AddBaseline declares the flag of commands that know a baseline.
func (f *Flags) AddBaseline(c *cobra.Command) {
	c.Flags().StringVarP(&f.Baseline, "baseline-path", "b", "",
		"leaks that `FILE` lists do not fail the run; \"skleak baseline\" writes it")
	help.Files(c, "baseline-path")
	help.Group(c, help.Scan)
}

// AddWork declares the flags of commands that can take long.
func (f *Flags) AddWork(c *cobra.Command) {
	c.Flags().IntVar(&f.Jobs, "jobs", 0, "use `N` workers (0: one for each processor)")
	c.Flags().BoolVar(&f.NoProgress, "no-progress", false, "no progress bar")
	c.Flags().BoolVar(&f.NoArchives, "no-archives", false,
		"leave out what lies in archives, documents and databases; they are counted")
	help.Group(c, help.Scan)
}

// AddReach declares the flags of commands that open repositories.
func (f *Flags) AddReach(c *cobra.Command) {
	c.Flags().BoolVar(&f.Follow, "follow-alternates", false,
		"read what a repository keeps elsewhere on this machine too: in alternates, and where links and .git files out "+
			"of it lead")
	help.Group(c, help.Reach)
}

// AddDoubt declares the flags of those who do not take "nothing found" for an answer.
func (f *Flags) AddDoubt(c *cobra.Command) {
	c.Flags().BoolVar(&f.NoAllow, "no-allow", false,
		"what is scanned has no say in what counts: none of its .skleak.toml, .skleakignore, comments and .gitignore")
	c.Flags().BoolVar(&f.Strict, "strict", false,
		"what is not here to be read (shallow history, submodules, files of a sparse checkout or of Git LFS) makes the "+
			"status 3, too")
	help.Group(c, help.Scan)
}

// AddTree declares the flags of commands that read a working tree.
func (f *Flags) AddTree(c *cobra.Command) {
	c.Flags().BoolVar(&f.NoIgnore, "no-ignore", false, "read what .gitignore leaves out too")
	help.Group(c, help.Scan)
}

// What --memory may be.
const (
	minMemory = 64 << 20
	maxMemory = 1 << 40
)

// AddMemory declares the flag of commands that read git's objects, or what is packed.
func (f *Flags) AddMemory(c *cobra.Command) {
	f.Memory = pack.DefaultMemory
	c.Flags().Var(&f.Memory, "memory", "hold no more than `SIZE` of content at once, such as 512MB or 2GB; what does not "+
		"fit is read piece by piece, or named")
	help.Group(c, help.Scan)
}

// AddVerifyObjects declares the flag of commands that read whole histories.
func (f *Flags) AddVerifyObjects(c *cobra.Command) {
	c.Flags().BoolVar(&f.VerifyObjects, "verify-objects", false,
		"compute the id of every object of git too, and name those that are not what their id says")
	help.Group(c, help.Scan)
}

func (f *Flags) checkMemory(c *cobra.Command) error {
	if !c.Flags().Changed("memory") {
		return nil
	}
	given := c.Flags().Lookup("memory").Value.String()
	switch {
	case f.Memory < minMemory:
		return fmt.Errorf("--memory %s is too little to work with; use at least %dMB, with its unit", given, minMemory>>20)
	case f.Memory > maxMemory:
		return fmt.Errorf("--memory %s is more than any machine has; use a size such as 2GB", given)
	}
	return nil
}

// LimitMemory tells the collector. It lets garbage grow as large as what is in use, and who bounds memory does not
// want that.
func (f *Flags) LimitMemory(c *cobra.Command) {
	if c.Flags().Changed("memory") {
		debug.SetMemoryLimit(int64(f.Memory) + memoryBesides)
	}
}

// memoryBesides is for what is no content: rules, lists of objects, findings.
const memoryBesides = 128 << 20
