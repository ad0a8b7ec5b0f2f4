package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/flags"
	"skleak/cmd/internal/help"
	"skleak/cmd/internal/program"
	"skleak/cmd/internal/terminal"
	"skleak/report"
	"skleak/scanner"
	"skleak/scanner/run"
)

func verifyCommand(w *world) *cobra.Command {
	s := &saved{w: w, f: &flags.Flags{Verify: true}}
	c := &cobra.Command{
		Use:   "verify",
		Short: "Ask the providers whether keys are active",
		Long: `Verify asks about the keys of a saved JSON report, or about keys on standard input, one a line.

A report made with --show-secrets holds the keys. Of any other it has only their fingerprints: then
the report's targets are read again to find them. A key is sent only to the provider that something
beside it names, or that --assume-provider names; on standard input nothing stands beside it.`,
		Example: `  skleak verify --report report.json
  pass show laminr/old-key | skleak verify --assume-provider laminr`,
		Args: program.NoArguments,
		RunE: s.scanning(),
	}
	s.add(c)
	return c
}

// add declares the flags of the commands that take keys from elsewhere than a scan of their own.
func (s *saved) add(c *cobra.Command) {
	f := s.f
	f.AddReport(c)
	f.AddWork(c)
	f.AddReach(c)
	f.AddMemory(c)
	f.AddAsking(c)
	c.Flags().StringVar(&s.path, "report", "", "take the keys from a JSON report, `FILE` or - for standard input")
	help.Files(c, "report", "json")
	help.Group(c, help.Scan)
	// Whoever asks wants to know what is active; that a key leaked is known already.
	failOn := c.Flags().Lookup("fail-on")
	f.FailOn, failOn.DefValue = run.FailActive, string(run.FailActive)
}

func revokeCommand(w *world) *cobra.Command {
	s := &saved{w: w, f: &flags.Flags{Verify: true, Revoke: true}}
	c := &cobra.Command{
		Use:   "revoke",
		Short: "Revoke keys that are active",
		Long: `Revoke takes keys as verify does, from a saved JSON report or from standard input, one a line. It
asks the providers which are active and revokes those, in the way that your configuration gives. On
a terminal it asks first; without one it needs --yes.`,
		Example: `  skleak revoke --report report.json --dry-run
  skleak revoke --assume-provider laminr --yes < keys.txt`,
		Args: program.NoArguments,
		RunE: s.scanning(),
	}
	s.add(c)
	s.f.AddRevoking(c)
	return c
}

// saved is where keys come from that were found before: from the report that --report names, or else from standard
// input.
type saved struct {
	w      *world
	f      *flags.Flags
	path   string        // of a report, - for standard input, "" for keys on standard input
	report *report.Saved // once it is read
}

// scanning is the frame of commands that take their keys from elsewhere than a scan of their own.
func (s *saved) scanning() work {
	return s.w.scanningWith(s.f, s.plan, func(t *telling, result *run.Result) error {
		if s.report != nil && s.report.Whole() {
			t.about.Version, t.about.Folder = s.report.Version, s.report.Folder
			t.digests = func() (string, string) { return s.report.Searched, s.report.Configured }
		}
		return t.all(result)
	})
}

func (s *saved) plan([]string) (run.Plan, error) {
	switch s.path {
	case "":
		if terminal.Is(s.w.In) && !s.f.Quiet {
			s.w.Say("reading keys from the terminal, one a line; end with %s", endOfInput())
		}
		return run.Plan{Targets: []string{"standard input"}, Source: run.Keys(s.w.In)}, nil
	case "-":
	default:
		info, err := existing(s.path)
		if err != nil {
			return run.Plan{}, err
		}
		if info.IsDir() {
			return run.Plan{}, fmt.Errorf("%s is a folder, not a report; to scan it: \"skleak scan --verify %s\"", s.path,
				s.path)
		}
	}
	return run.Plan{Targets: []string{s.path}, Source: s.read}, nil
}

// read takes the keys from the report, or from its targets where it has none.
func (s *saved) read(ctx context.Context, scan *run.Scan) (err error) {
	if s.report, err = s.open(); err != nil {
		return fmt.Errorf("reading the report %s: %w", s.path, err)
	}
	if !s.report.Whole() {
		return s.readTargets(ctx, scan)
	}
	scan.Amend = func(result *run.Result) {
		for i := range s.report.Leaks {
			// Nothing that keeps a key from being sent is taken from the report alone: it may be of an older version, or
			// have been changed.
			l := &s.report.Leaks[i]
			l.Placeholder = l.Placeholder || scan.Settings.Rules.IsPlaceholder(l.Key)
			l.Status, l.StatusDetail, l.CheckedAt = scanner.StatusUnchecked, "", time.Time{}
		}
		r := s.report
		result.StartedAt, result.Duration, result.Targets = r.StartedAt, r.Duration, r.Targets
		result.Repositories, result.Coverage, result.Leaks = r.Repositories, r.Coverage, r.Leaks
		result.Partial = r.Interrupted
	}
	return nil
}

func (s *saved) open() (*report.Saved, error) {
	if s.path == "-" {
		return report.Read(s.w.In)
	}
	return report.ReadFile(s.path)
}

// readTargets scans what the report was made of, for the keys that it names. Whose they are is told by what stands
// beside them now.
func (s *saved) readTargets(ctx context.Context, scan *run.Scan) error {
	scan.NoIgnore = true // a key that was found may lie in what git ignores
	if s.report.Audit {
		return s.readRepositories(ctx, scan)
	}
	paths, err := scan.Locate(s.report.Folder, s.report.Targets, s.report.Repositories)
	if err != nil {
		return notAgain(err)
	}
	scan.Note("the report holds fingerprints, not keys; reading %s again to find them", strings.Join(paths, ", "))
	scan.Amend = func(result *run.Result) {
		result.Targets, result.Leaks = paths, s.onlyNamed(scan, result.Leaks)
		result.Coverage = scan.Coverage.Totals()
	}
	return scan.Audit(ctx, paths...)
}

func notAgain(err error) error {
	return fmt.Errorf("the report holds no whole keys, and its target cannot be read again: %w; "+
		"run this where the scan ran, or scan with --show-secrets", err)
}

// readRepositories is readTargets for the report of an audit: the repositories are read in which it tells of keys.
func (s *saved) readRepositories(ctx context.Context, scan *run.Scan) error {
	holds := map[string]bool{}
	for _, l := range s.report.Leaks {
		for _, f := range l.Findings {
			holds[f.Repository] = true
		}
	}
	all := slices.DeleteFunc(slices.Clone(s.report.Repositories), func(r scanner.Repository) bool { return !holds[r.Name] })
	if err := scan.LocateRepositories(all); err != nil {
		return notAgain(err)
	}
	scan.Note("the report holds fingerprints, not keys; reading %s of the audit again to find them",
		scanner.Counted(int64(len(all)), "repository"))
	scan.Amend = func(result *run.Result) {
		result.Targets, result.Leaks = s.report.Targets, s.onlyNamed(scan, result.Leaks)
		result.Coverage = scan.Coverage.Totals()
		mirrors := map[string]string{}
		for _, r := range all {
			mirrors[r.Name] = r.Mirror
		}
		for i := range result.Repositories { // a mirror is no place to open files at
			if r := &result.Repositories[i]; mirrors[r.Name] != "" {
				r.Path, r.Mirror = "", mirrors[r.Name]
			}
		}
	}
	return scan.AuditNamed(ctx, all)
}

// onlyNamed keeps the leaks that the saved report names, and counts as unreadable those that are not
// to be found any more.
func (s *saved) onlyNamed(scan *run.Scan, leaks []scanner.Leak) []scanner.Leak {
	byPrint := map[string]scanner.Leak{}
	for _, l := range leaks {
		byPrint[l.Key.Fingerprint()] = l
	}
	kept := []scanner.Leak{}
	for _, old := range s.report.Leaks {
		print := old.Key.Fingerprint()
		l, found := byPrint[print]
		if !found {
			scan.Coverage.Unreadable(scanner.UnreadableKey, print,
				"the report names this key, and its targets do not hold it any more")
			continue
		}
		l.Suppressed, l.Placeholder = old.Suppressed, l.Placeholder || old.Placeholder
		kept = append(kept, l)
	}
	if more := len(leaks) - len(kept); more > 0 {
		scan.Note("%s in the targets that the report does not name, left alone; scan again to see them",
			scanner.Counted(int64(more), "key"))
	}
	return kept
}
