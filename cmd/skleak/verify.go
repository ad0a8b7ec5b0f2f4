package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/liveness"
)

func verifyCommand(w *world) *cobra.Command {
	f := &flags{}
	f.verify = true
	c := &cobra.Command{
		Use:   "verify",
		Short: "Ask the providers whether keys are active",
		Long: `Verify asks about the keys of a saved JSON report, or about keys on standard input, one a line.

A report made with --show-secrets holds the keys. Of any other it has only their fingerprints: then
the report's targets are read again to find them. A key is sent only to the provider that something
beside it names, or that --assume-provider names; on standard input nothing stands beside it.`,
		Example: `  skleak verify --report report.json
  pass show laminr/old-key | skleak verify --assume-provider laminr`,
		Args: noArguments,
		RunE: parseThenScan(w, f, f.planSaved),
	}
	f.addSaved(c)
	return c
}

// addSaved declares the flags of the commands that take keys from elsewhere than a scan of their own.
func (f *flags) addSaved(c *cobra.Command) {
	f.addReport(c)
	f.addWork(c)
	f.addReach(c)
	f.addMemory(c)
	f.addAsking(c)
	c.Flags().StringVar(&f.saved, "report", "", "take the keys from a JSON report, `FILE` or - for standard input")
	// Whoever asks wants to know what is active; that a key leaked is known already.
	failOn := c.Flags().Lookup("fail-on")
	f.failOn, failOn.DefValue = failOnActive, failOnActive
}

// askProviders asks about the leaks that count and puts the answers into them, beginning with the keys
// of open intentions. Of those that are not asked about, the leak says why.
func (s *scanning) askProviders(ctx context.Context, leaks []scanner.Leak, open []liveness.Entry) {
	var questions []liveness.Question
	asked := map[rules.Key]int{}
	for i := range leaks {
		l := &leaks[i]
		provider, why := s.whomToAsk(l)
		if provider == "" {
			l.StatusDetail = why
			continue
		}
		asked[l.Key] = i
		questions = append(questions, liveness.Question{Key: l.Key, Provider: provider})
	}
	isOpen := func(q liveness.Question) int {
		return slices.IndexFunc(open, func(e liveness.Entry) bool { return e.Fingerprint == q.Key.Fingerprint() })
	}
	slices.SortStableFunc(questions, func(a, b liveness.Question) int { return cmp.Compare(isOpen(b), isOpen(a)) })
	results := s.ask(ctx, questions)
	for key, i := range asked {
		if r, ok := results[key]; ok {
			setStatus(&leaks[i], r)
		} else {
			leaks[i].StatusDetail = "interrupted before its provider had answered"
		}
	}
	if ctx.Err() != nil && !s.quiet {
		s.say("interrupted: %d of %d keys were asked about; the others stay unchecked", len(results), len(questions))
	}
}

func (s *scanning) ask(ctx context.Context, questions []liveness.Question) map[rules.Key]liveness.Result {
	var shown stages
	progress := shown.next("keys")
	if s.wantsProgress() && !s.noProgress && !s.quiet {
		defer showProgress(s.errw, &shown)()
	}
	return liveness.Run(ctx, s.asker, questions, s.verifyJobs, progress)
}

// setStatus puts an answer into a leak. The words of the two packages are the same, on purpose: one
// is what a provider says, the other what a report does.
func setStatus(l *scanner.Leak, r liveness.Result) {
	l.Status, l.StatusDetail, l.CheckedAt = string(r.Status), r.Detail, r.At
	if l.Status != scanner.StatusInactive {
		l.Revoked = false
	}
}

// whomToAsk names the provider to send a key to, or says why it is sent to nobody. Wherever there is
// doubt, it is nobody: a key that reaches the wrong provider has leaked once more.
func (s *scanning) whomToAsk(l *scanner.Leak) (provider, why string) {
	p, known := s.rules.Provider(l.Provider)
	switch {
	case !l.Counts():
		return "", ""
	case l.HasLongPrefix():
		return "", "it stands behind a longer prefix, so it may be another vendor's; such keys are sent to nobody"
	case l.Provider == scanner.ProviderUnknown || l.Provider == "":
		return "", "nothing names its provider; --assume-provider ID asks one that you name"
	case !known:
		return "", "its provider is not known here"
	case !p.Issues(l.Key.Environment()):
		return "", fmt.Sprintf("%s issues no %s keys", p.Name, l.Key.Environment())
	case p.Check == nil:
		return "", fmt.Sprintf("no harmless way to check keys of %s is known; see its dashboard", p.Name)
	}
	return p.ID, ""
}

// assume attributes keys of unknown provider to the one that the user names.
func (s *scanning) assume(leaks []scanner.Leak) {
	id := cmp.Or(s.assumeProvider, s.settings.config.AssumeProvider)
	p, known := s.rules.Provider(id)
	if !known {
		return
	}
	for i := range leaks {
		l := &leaks[i]
		if l.Provider == scanner.ProviderUnknown && p.Issues(l.Key.Environment()) && !l.HasLongPrefix() {
			l.Provider, l.Evidence = id, "assumed"
		}
	}
}

// sayUnlearned says of which keys --fail-on active does not know, and counts them all the same.
func (s *scanning) sayUnlearned(leaks []scanner.Leak) {
	n := 0
	for _, l := range leaks {
		if s.counts(l) && l.Status != scanner.StatusActive {
			n++
		}
	}
	if n > 0 {
		s.say("the status of %s could not be learned; --fail-on active counts what may be active", scanner.Counted(int64(n), "key"))
	}
}
