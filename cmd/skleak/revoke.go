package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/liveness"
)

func revokeCommand(w *world) *cobra.Command {
	f := &flags{}
	f.verify, f.revoke = true, true
	c := &cobra.Command{
		Use:   "revoke",
		Short: "Revoke keys that are active",
		Long: `Revoke takes keys as verify does, from a saved JSON report or from standard input, one a line. It
asks the providers which are active and revokes those, in the way that your configuration gives. On
a terminal it asks first; without one it needs --yes.`,
		Example: `  skleak revoke --report report.json --dry-run
  skleak revoke --assume-provider laminr --yes < keys.txt`,
		Args: noArguments,
		RunE: parseThenScan(w, f, f.planSaved),
	}
	f.addSaved(c)
	f.addRevoking(c)
	return c
}

// errRevocationFailed ends a run that meant to revoke keys of which some may be active still.
var errRevocationFailed = outcome{statusLeaks, "not all keys could be revoked"}

// revokeActive revokes what was found active in this run. The error is nil, an outcome, or what kept
// it from being done; then nothing was sent.
func (s *scanning) revokeActive(ctx context.Context, leaks []scanner.Leak) error {
	chosen, without := s.revocable(leaks)
	switch {
	case len(chosen) > s.maxRevocations:
		return fmt.Errorf("%s to revoke, and --max-revocations allows %d: nothing is revoked; look at the report first", scanner.Counted(int64(len(chosen)), "key"), s.maxRevocations)
	case len(chosen) == 0 && len(without) == 0 && !s.quiet:
		s.say("no key is to be revoked")
	case len(chosen) == 0:
	case s.dryRun:
		s.sayRequests(chosen)
	default:
		if err := s.confirm(ctx, chosen); err != nil {
			return err
		}
		if err := s.revokeAll(ctx, chosen); err != nil {
			return err
		}
	}
	if len(without) > 0 {
		return noWay(without, s.rules)
	}
	return nil
}

// revocable chooses the leaks to revoke, and names the providers of those for which there is no way.
func (s *scanning) revocable(leaks []scanner.Leak) (chosen []*scanner.Leak, without []string) {
	for i := range leaks {
		l := &leaks[i]
		if l.Status != scanner.StatusActive || !l.Counts() {
			continue
		}
		p, _ := s.rules.Provider(l.Provider)
		if p.Revoke == nil {
			without = append(without, l.Provider)
			continue
		}
		if name := s.usedHere(l.Key); name != "" && !s.evenMine {
			s.say("%s is the key in %s of this environment and is not revoked; --even-mine includes it", l.Key.Redacted(), name)
			continue
		}
		chosen = append(chosen, l)
	}
	slices.Sort(without)
	return chosen, slices.Compact(without)
}

// usedHere names the variable of our own environment that holds the key, or "".
func (s *scanning) usedHere(key rules.Key) string {
	names := []string{"LAMINR_API_KEY"}
	for _, p := range s.rules.Providers() {
		if p.Revoke != nil {
			names = append(names, p.Revoke.EnvNames()...)
		}
	}
	for _, name := range names {
		held := rules.NewKey(strings.TrimSpace(s.env[name])) == key
		s.rules.Scan([]byte(s.env[name]), func(m rules.Match) { held = held || m.Key == key })
		if held {
			return name
		}
	}
	return ""
}

func (s *scanning) sayRequests(chosen []*scanner.Leak) {
	for _, l := range chosen {
		p, _ := s.rules.Provider(l.Provider)
		s.say("would revoke %s of %s:", l.Key.Redacted(), p.Name)
		s.sayBelow(liveness.Describe(p.Revoke, l.Key))
	}
	s.say("a dry run: %s left as they are", scanner.Counted(int64(len(chosen)), "key"))
}

// revokeAll revokes one key after the other. What is begun is brought to its end; Ctrl-C keeps the
// next from being begun.
func (s *scanning) revokeAll(ctx context.Context, chosen []*scanner.Leak) error {
	path, err := s.journalPath()
	if err != nil {
		return err
	}
	journal, err := liveness.OpenJournal(path)
	if err != nil {
		return fmt.Errorf("%w; nothing is revoked", err)
	}
	defer journal.Close()
	err = journal.Lock(ctx, func() { s.say("another run of skleak is revoking keys; waiting for its end") })
	switch {
	case ctx.Err() != nil:
		s.say("interrupted: %s not revoked", scanner.Counted(int64(len(chosen)), "key"))
		return errInterrupted
	case err != nil:
		return fmt.Errorf("%w; nothing is revoked", err)
	}
	revoker := liveness.NewRevoker(liveness.RevokerOptions{Asker: s.asker, Client: s.client, Providers: s.rules.Providers(),
		Env: func(name string) string { return s.env[name] }, Journal: journal, Redact: s.rules.Redact, Asked: s.started, Pauses: s.pauses})
	failed := 0
	for i, l := range chosen {
		if ctx.Err() != nil {
			s.say("interrupted: %s not revoked", scanner.Counted(int64(len(chosen)-i), "key"))
			break
		}
		out, err := revoker.Revoke(ctx, liveness.Question{Key: l.Key, Provider: l.Provider})
		s.noteOutcome(l, out)
		if err != nil {
			s.say("%s: %v", l.Key.Redacted(), err)
		}
		if !out.Revoked {
			failed++
		}
	}
	if failed > 0 {
		return errRevocationFailed
	}
	return nil
}

// noteOutcome puts the outcome into the leak, and says it.
func (s *scanning) noteOutcome(l *scanner.Leak, out liveness.Outcome) {
	if !out.Result.At.IsZero() {
		setStatus(l, out.Result)
	}
	if l.Revoked = out.Revoked; l.Revoked {
		l.StatusDetail = "" // that it is revoked says it all
	}
	if out.Output != "" && (s.verbose || !out.Revoked) {
		s.say("the command for %s printed:", l.Key.Redacted())
		s.sayBelow(out.Output)
	}
	switch {
	case out.Revoked && !s.quiet:
		s.say("%s is revoked: its provider calls it inactive", l.Key.Redacted())
	case !out.Revoked && out.Detail != "":
		l.StatusDetail = out.Detail
		s.say("%s could not be revoked: %s", l.Key.Redacted(), out.Detail)
	}
}

// openIntentions reads what an earlier run began to revoke and did not see the end of.
func (s *scanning) openIntentions() []liveness.Entry {
	path, err := s.journalPath()
	if err != nil {
		return nil // nowhere for a journal to be
	}
	open, damaged, err := liveness.OpenIntentions(path)
	if err != nil {
		s.sayError(err)
	}
	if damaged > 0 {
		s.say("the journal of revocations %s has %d lines that cannot be read; look at it before you trust it", path, damaged)
	}
	for _, e := range open {
		s.say("an earlier run began to revoke the key with fingerprint %s of %s at %s and did not say how it ended; it is checked first, if it is among the keys",
			e.Fingerprint, e.Provider, e.Time.UTC().Format("2006-01-02 15:04 UTC"))
	}
	return open
}

// settle ends the open intentions whose keys this run found inactive.
func (s *scanning) settle(open []liveness.Entry, leaks []scanner.Leak) {
	for _, e := range open {
		i := slices.IndexFunc(leaks, func(l scanner.Leak) bool { return l.Key.Fingerprint() == e.Fingerprint })
		if i < 0 || leaks[i].Status != scanner.StatusInactive {
			continue
		}
		leaks[i].Revoked = true
		if err := s.settleOne(e); err != nil {
			s.sayError(err)
			continue
		}
		s.say("the key with fingerprint %s is revoked: its provider calls it inactive", e.Fingerprint)
	}
}

func (s *scanning) settleOne(e liveness.Entry) error {
	path, err := s.journalPath()
	if err != nil {
		return err
	}
	journal, err := liveness.OpenJournal(path)
	if err != nil {
		return err
	}
	return errors.Join(journal.Settle(e), journal.Close())
}

// journalPath is where the journal lies, in the user's folder for what programs have to remember.
func (s *scanning) journalPath() (string, error) {
	folder := stateFolder(s.env, os.PathSeparator)
	if folder == "" {
		return "", errors.New("there is no folder for the journal of revocations: set HOME, or XDG_STATE_HOME to an absolute path; nothing is revoked")
	}
	return folder + string(os.PathSeparator) + "revocations.jsonl", nil
}
