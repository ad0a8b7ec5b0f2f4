package run

import (
	"errors"
	"slices"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/liveness"
)

// openIntentions reads what an earlier run began to revoke and did not see the end of.
func (r *Run) openIntentions() []liveness.Entry {
	if r.Ask.Journal == "" {
		return nil
	}
	open, damaged, err := liveness.OpenIntentions(r.Ask.Journal)
	if err != nil {
		r.sayError(err)
	}
	if damaged > 0 {
		r.Say("the journal of revocations %s has %d lines that cannot be read; look at it before you trust it",
			r.Ask.Journal, damaged)
	}
	for _, e := range open {
		r.Say("an earlier run began to revoke the key with fingerprint %s of %s at %s and did not say how that ended; "+
			"this key is checked first, if it is among the keys",
			e.Fingerprint, e.Provider, e.Time.UTC().Format("2006-01-02 15:04 UTC"))
	}
	return open
}

// endIntentions ends the open intentions whose keys this run found inactive.
func (r *Run) endIntentions(open []liveness.Entry, leaks []scanner.Leak) {
	for _, e := range open {
		i := slices.IndexFunc(leaks, func(l scanner.Leak) bool { return isReading(l, e.Fingerprint) })
		if i < 0 || leaks[i].Status != scanner.StatusInactive {
			continue
		}
		leaks[i].Revoked = true
		if err := r.Ask.settle(e); err != nil {
			r.sayError(err)
			continue
		}
		r.Say("the key with fingerprint %s is revoked: its provider calls it inactive", e.Fingerprint)
	}
}

// isReading says whether the fingerprint is that of one of the keys that a leak may be.
func isReading(l scanner.Leak, fingerprint string) bool {
	return slices.ContainsFunc(l.Readings(), func(k rules.Key) bool { return k.Fingerprint() == fingerprint })
}

func (a *Asking) settle(e liveness.Entry) error {
	journal, err := a.openJournal()
	if err != nil {
		return err
	}
	return errors.Join(journal.Settle(e), journal.Close())
}

func (a *Asking) openJournal() (*liveness.Journal, error) {
	if a.Journal == "" {
		return nil, errors.New("there is no folder for the journal of revocations: set HOME, or XDG_STATE_HOME to an " +
			"absolute path")
	}
	return liveness.OpenJournal(a.Journal)
}
