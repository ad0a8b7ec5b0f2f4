package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/liveness"
)

// Revoking says how active keys are revoked. All but Pauses is needed.
type Revoking struct {
	DryRun   bool // only say what would be sent
	EvenMine bool // also a key that this environment uses itself
	Max      int  // where there are more, none is revoked
	Verbose  bool // tell what a command that revokes prints
	Client   *liveness.Client
	Env      func(name string) string
	Pauses   []time.Duration // between the checks of a revoked key; nil, for the usual ones
	// Confirm asks a person. An error leaves the keys as they are.
	Confirm func(ctx context.Context, chosen []*scanner.Leak) error
}

// ErrNotRevoked ends a run that meant to revoke keys of which some may be active still.
var ErrNotRevoked = errors.New("not all keys could be revoked")

// revokeActive revokes what was found active in this run. The error is ErrNotRevoked, or what kept it
// from being done; then nothing was sent.
func (r *Run) revokeActive(ctx context.Context, leaks []scanner.Leak) error {
	chosen, without := r.revocable(leaks)
	switch {
	case len(chosen) > r.Revoke.Max:
		return fmt.Errorf("%s to revoke, and --max-revocations allows %d: nothing is revoked; look at the report first",
			scanner.Counted(int64(len(chosen)), "key"), r.Revoke.Max)
	case len(chosen) == 0 && len(without) == 0:
		r.note("no key is to be revoked")
	case len(chosen) == 0:
	case r.Revoke.DryRun:
		r.sayRequests(chosen)
	default:
		if err := r.Revoke.Confirm(ctx, chosen); err != nil {
			return err
		}
		if err := r.revokeAll(ctx, chosen); err != nil {
			return err
		}
	}
	if len(without) > 0 {
		return NoWay(without, r.Settings.Rules)
	}
	return nil
}

// revocable chooses the leaks to revoke, and names the providers of those for which there is no way.
func (r *Run) revocable(leaks []scanner.Leak) (chosen []*scanner.Leak, without []string) {
	for i := range leaks {
		l := &leaks[i]
		if l.Status != scanner.StatusActive || !l.Counts() {
			continue
		}
		p, _ := r.Settings.Rules.Provider(l.Provider)
		if p.Revoke == nil {
			without = append(without, l.Provider)
			continue
		}
		if name := r.usedHere(l.Active); name != "" && !r.Revoke.EvenMine {
			r.Say("%s is the key in %s of this environment and is not revoked; --even-mine includes it", l.Key.Redacted(), name)
			continue
		}
		chosen = append(chosen, l)
	}
	slices.Sort(without)
	return chosen, slices.Compact(without)
}

// usedHere names the variable of our own environment that holds the key, or "".
func (r *Run) usedHere(key rules.Key) string {
	names := []string{"LAMINR_API_KEY"}
	for _, p := range r.Settings.Rules.Providers() {
		if p.Revoke != nil {
			names = append(names, p.Revoke.EnvNames()...)
		}
	}
	for _, name := range names {
		held := rules.NewKey(strings.TrimSpace(r.Revoke.Env(name))) == key
		r.Settings.Rules.Scan([]byte(r.Revoke.Env(name)), func(m rules.Match) { held = held || m.Key == key })
		if held {
			return name
		}
	}
	return ""
}

func (r *Run) sayRequests(chosen []*scanner.Leak) {
	for _, l := range chosen {
		p, _ := r.Settings.Rules.Provider(l.Provider)
		r.Say("would revoke %s of %s:", l.Key.Redacted(), p.Name)
		r.sayBelow(liveness.Describe(p.Revoke, l.Active))
	}
	r.Say("a dry run: %s left as they are", scanner.Counted(int64(len(chosen)), "key"))
}

// revokeAll revokes one key after the other. What is begun is brought to its end; Ctrl-C keeps the
// next from being begun.
func (r *Run) revokeAll(ctx context.Context, chosen []*scanner.Leak) error {
	journal, err := r.Ask.openJournal()
	if err != nil {
		return fmt.Errorf("%w; nothing is revoked", err)
	}
	defer journal.Close()
	err = journal.Lock(ctx, func() { r.Say("another run of skleak is revoking keys; waiting for its end") })
	switch {
	case ctx.Err() != nil:
		r.Say("interrupted: %s not revoked", scanner.Counted(int64(len(chosen)), "key"))
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%w; nothing is revoked", err)
	}
	revoker := liveness.NewRevoker(liveness.RevokerOptions{Asker: r.Ask.Asker, Client: r.Revoke.Client,
		Providers: r.Settings.Rules.Providers(), Env: r.Revoke.Env, Journal: journal,
		Redact: r.Settings.Redactor.Redact, Asked: r.started, Pauses: r.Revoke.Pauses})
	failed := 0
	for i, l := range chosen {
		if ctx.Err() != nil {
			r.Say("interrupted: %s not revoked", scanner.Counted(int64(len(chosen)-i), "key"))
			break
		}
		out, err := revoker.Revoke(ctx, liveness.Question{Key: l.Active, Provider: l.Provider})
		r.noteOutcome(l, out)
		if err != nil {
			r.Say("%s: %v", l.Key.Redacted(), err)
		}
		if !out.Revoked {
			failed++
		}
	}
	if failed > 0 {
		return ErrNotRevoked
	}
	return nil
}

// noteOutcome puts the outcome into the leak, and says it.
func (r *Run) noteOutcome(l *scanner.Leak, out liveness.Outcome) {
	if !out.Result.At.IsZero() {
		setStatus(l, out.Result)
	}
	if l.Revoked = out.Revoked; l.Revoked {
		l.StatusDetail = "" // that it is revoked says it all
	}
	if out.Output != "" && (r.Revoke.Verbose || !out.Revoked) {
		r.Say("the command for %s printed:", l.Key.Redacted())
		r.sayBelow(out.Output)
	}
	switch {
	case out.Revoked:
		r.note("%s is revoked: its provider calls it inactive", l.Key.Redacted())
	case !out.Revoked && out.Detail != "":
		l.StatusDetail = out.Detail
		r.Say("%s could not be revoked: %s", l.Key.Redacted(), out.Detail)
	}
}
