package main

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/bytesize"
	"skleak/cmd/internal/help"
	"skleak/report"
	"skleak/scanner/git/pack"
	"skleak/scanner/run"
)

// flags is what the user asked of a scanning command. Each command declares the groups it has a use
// for; the fields of the others keep their zero values.
type flags struct {
	reportFormat string
	reportPaths  []string
	exitCode     int
	failOn       run.FailOn
	noColor      bool
	verbose      bool
	quiet        bool
	showSecrets  bool

	jobs       int
	noProgress bool

	memory        bytesize.Size
	verifyObjects bool

	noIgnore   bool
	noAllow    bool
	strict     bool
	noArchives bool
	follow     bool // go where a repository leads

	revisions string // "" for the whole history
	staged    bool

	keep      string // where a mirror stays, "" for nowhere
	tokenFile string
	maxFetch  bytesize.Size

	config   string // the user's configuration, "" for the usual place
	baseline string // "" for none
	compare  string // an earlier report, "" for none

	saved string // a report to take the keys from, - for standard input
	verifyFlags
	revokeFlags
}

// maxJobs bounds what a slip of the finger can start.
const maxJobs = 1024

// addReport declares the flags of every command that scans.
func (f *flags) addReport(c *cobra.Command) {
	set := c.Flags()
	set.StringVarP(&f.reportFormat, "report-format", "f", "text",
		"`FORMAT` of the report on standard output, and of those whose file name tells none: "+strings.Join(report.FormatNames(), ", "))
	set.StringArrayVarP(&f.reportPaths, "report-path", "r", nil,
		"write a report to `FILE` too, in the format of its extension (.txt .json .jsonl .sarif .md .html .csv .junit.xml); \"-\" is standard output; repeatable")
	set.IntVar(&f.exitCode, "exit-code", statusLeaks, "exit status where leaks are found, `N` from 0 to 255")
	set.StringVar((*string)(&f.failOn), "fail-on", "any", "`WHICH` leaks give that status: any, live (of the live environment), active (or perhaps so, after --verify), none")
	set.BoolVar(&f.noColor, "no-color", false, "no colour, as NO_COLOR does")
	set.BoolVarP(&f.verbose, "verbose", "v", false,
		"say more: every place of every leak, placeholders, and all that could not be read")
	f.addQuiet(c)
	set.StringVar(&f.compare, "compare", "", "say what is new, gone and still there since the JSON report in `FILE`")
	set.BoolVar(&f.showSecrets, "show-secrets", false, "put whole keys into the reports")
	help.Words(c, "report-format", report.FormatNames()...)
	f.completeFailOn(c)
	help.Files(c, "report-path")
	help.Files(c, "compare", "json")
	help.Group(c, help.Report)
	f.addConfig(c)
	f.addBaseline(c)
	f.addDoubt(c)
}

func (f *flags) completeFailOn(c *cobra.Command) {
	help.Words(c, "fail-on", string(run.FailAny), string(run.FailLive), string(run.FailActive), string(run.FailNone))
}

func (f *flags) addQuiet(c *cobra.Command) {
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "print nothing but errors; reports asked for with -r are written")
	help.Group(c, help.Report)
}

func (f *flags) addConfig(c *cobra.Command) {
	c.Flags().StringVarP(&f.config, "config", "c", "", "read `FILE` as your configuration, in place of skleak/config.toml in your configuration folder")
	help.Files(c, "config", "toml")
	help.Group(c, help.Scan)
}

func (f *flags) addBaseline(c *cobra.Command) {
	c.Flags().StringVarP(&f.baseline, "baseline-path", "b", "", "leaks that `FILE` lists do not fail the run; \"skleak baseline\" writes it")
	help.Files(c, "baseline-path")
	help.Group(c, help.Scan)
}

// addWork declares the flags of commands that can take long.
func (f *flags) addWork(c *cobra.Command) {
	c.Flags().IntVar(&f.jobs, "jobs", 0, "use `N` workers (0: one for each processor)")
	c.Flags().BoolVar(&f.noProgress, "no-progress", false, "no progress bar")
	c.Flags().BoolVar(&f.noArchives, "no-archives", false,
		"leave out what lies in archives, documents and databases; they are counted")
	help.Group(c, help.Scan)
}

// addReach declares the flags of commands that open repositories.
func (f *flags) addReach(c *cobra.Command) {
	c.Flags().BoolVar(&f.follow, "follow-alternates", false,
		"read what a repository keeps elsewhere on this machine too: in alternates, and where links and .git files out "+
			"of it lead")
	help.Group(c, help.Reach)
}

// addDoubt declares the flags of those who do not take "nothing found" for an answer.
func (f *flags) addDoubt(c *cobra.Command) {
	c.Flags().BoolVar(&f.noAllow, "no-allow", false,
		"what is scanned has no say in what counts: none of its .skleak.toml, .skleakignore, comments and .gitignore")
	c.Flags().BoolVar(&f.strict, "strict", false,
		"what is not here to be read (shallow history, submodules, files of a sparse checkout or of Git LFS) makes the "+
			"status 3, too")
	help.Group(c, help.Scan)
}

// addTree declares the flags of commands that read a working tree.
func (f *flags) addTree(c *cobra.Command) {
	c.Flags().BoolVar(&f.noIgnore, "no-ignore", false, "read what .gitignore leaves out too")
	help.Group(c, help.Scan)
}

// check refuses what cannot be meant, before any work is done.
func (f *flags) check(c *cobra.Command) error {
	switch {
	case f.exitCode < 0 || f.exitCode > 255:
		return fmt.Errorf("--exit-code %d is no exit status; use 0 to 255", f.exitCode)
	case f.exitCode == statusUsage || f.exitCode == statusIncomplete || f.exitCode == statusInterrupted:
		return fmt.Errorf("--exit-code %d already says something else (2 wrong usage, 3 incomplete, 130 interrupted); "+
			"use another", f.exitCode)
	case f.jobs < 0 || f.jobs > maxJobs:
		return fmt.Errorf("--jobs %d is out of range; use 1 to %d, or 0 for one for each processor", f.jobs, maxJobs)
	case f.quiet && f.verbose:
		return errors.New("-q and -v contradict each other; drop one")
	case f.failOn == run.FailNone && c.Flags().Changed("exit-code"):
		return fmt.Errorf("--fail-on none leaves --exit-code %d without effect; drop one", f.exitCode)
	}
	if f.revisions == "" && c.Flags().Changed("range") {
		return errors.New("--range is empty; write it as A..B, such as origin/main..HEAD, or leave it out for the whole " +
			"history")
	}
	if f.staged && f.revisions != "" {
		return errors.New("--staged and --range ask for different things; drop one")
	}
	for _, check := range []func(*cobra.Command) error{f.checkFailOn, f.checkMemory, f.checkRevoke, f.checkVerify} {
		if err := check(c); err != nil {
			return err
		}
	}
	return nil
}

func (f *flags) checkFailOn(*cobra.Command) error {
	switch f.failOn {
	case run.FailAny, run.FailLive, run.FailActive, run.FailNone:
		return nil
	default:
		return fmt.Errorf("--fail-on %s is unknown; use any, live, active or none", strconv.Quote(string(f.failOn)))
	}
}

// What --memory may be.
const (
	minMemory = 64 << 20
	maxMemory = 1 << 40
)

// addMemory declares the flag of commands that read git's objects, or what is packed.
func (f *flags) addMemory(c *cobra.Command) {
	f.memory = pack.DefaultMemory
	c.Flags().Var(&f.memory, "memory", "hold no more than `SIZE` of content at once, such as 512MB or 2GB; what does not fit is read piece by piece, or named")
	help.Group(c, help.Scan)
}

// addVerifyObjects declares the flag of commands that read whole histories.
func (f *flags) addVerifyObjects(c *cobra.Command) {
	c.Flags().BoolVar(&f.verifyObjects, "verify-objects", false,
		"compute the id of every object of git too, and name those that are not what their id says")
	help.Group(c, help.Scan)
}

func (f *flags) checkMemory(c *cobra.Command) error {
	if !c.Flags().Changed("memory") {
		return nil
	}
	given := c.Flags().Lookup("memory").Value.String()
	switch {
	case f.memory < minMemory:
		return fmt.Errorf("--memory %s is too little to work with; use at least %dMB, with its unit", given, minMemory>>20)
	case f.memory > maxMemory:
		return fmt.Errorf("--memory %s is more than any machine has; use a size such as 2GB", given)
	}
	return nil
}

// limitMemory tells the collector. It lets garbage grow as large as what is in use, and who bounds memory does not
// want that.
func (f *flags) limitMemory(c *cobra.Command) {
	if c.Flags().Changed("memory") {
		debug.SetMemoryLimit(int64(f.memory) + memoryBesides)
	}
}

// memoryBesides is for what is no content: rules, lists of objects, findings.
const memoryBesides = 128 << 20
