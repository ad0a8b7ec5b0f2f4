package run

import (
	"context"

	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/git/gitdir"
	"skleak/scanner/history"
)

// Plan says what a run reads, and whose word counts in it.
type Plan struct {
	Targets []string // as the user wrote them
	Source  Source
	Trees   []string // working trees whose own configuration counts, or what lies in them
	Tops    bool     // Trees are the tops of working trees, which need not be looked for
	// TreesFrom is the folder where their configuration is read; "" where it is read from them.
	TreesFrom string
	// End gives back what the plan holds, once nothing more is done with it; nil: nothing.
	End         func() error
	UnderReview bool // a change is checked that somebody proposes
	// Believes tells whether the comment that allows a finding counts; nil: every one does.
	Believes func(ctx context.Context, set *provider.Set, f scanner.Finding) bool
}

// Source reads what a run is about. It hands what it finds to s.Found and counts what it reads in s.Coverage. An error
// ends the run without a result: what could merely not be read belongs into the coverage.
type Source func(ctx context.Context, s *Scan) error

// Scan is what a source works with.
type Scan struct {
	Options
	Settings *Settings
	Coverage *scanner.Coverage
	Found    scanner.Handler
	Stages   *Stages
	Note     func(format string, args ...any) // tells a person something, unless it is to be quiet
	Amend    func(*Result)                    // set by a source that has a say in the result, beyond its findings

	repositories *repositories
	whole        *Scan // of which this is the scan of one repository; nil for the whole
}

// Reach is how far a repository at or below root may lead elsewhere.
func (o Options) Reach(root string) gitdir.Reach {
	return gitdir.Reach{Root: root, Elsewhere: o.Follow}
}

// History makes the options of a scan of git's objects, for what lies at root and is reported under prefix.
func (s *Scan) History(root, prefix, unit string) history.Options {
	return history.Options{Rules: s.Settings.Rules, Coverage: s.Coverage, Jobs: s.Jobs, Memory: s.Memory,
		VerifyObjects: s.VerifyObjects, NoArchives: s.NoArchives,
		Prefix: prefix, Ignore: s.Settings.IgnoreBelow(root, prefix), Progress: s.Stages.Next(unit)}
}
