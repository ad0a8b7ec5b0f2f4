package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"skleak/rules"
	"skleak/scanner"
	"skleak/scanner/liveness"
)

// Asking says whom to ask about keys.
type Asking struct {
	Asker   liveness.Asker
	AtOnce  int    // questions at the same time
	Journal string // the file in which revocations are written down; "" where there is no place for one
}

// askProviders asks about the leaks that count and puts the answers into them, beginning with the keys
// of open intentions. Of those that are not asked about, the leak says why.
func (r *Run) askProviders(ctx context.Context, leaks []scanner.Leak, open []liveness.Entry) {
	var questions []liveness.Question
	asked := map[rules.Key]int{}
	for i := range leaks {
		l := &leaks[i]
		provider, why := r.whomToAsk(l)
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
	results := r.ask(ctx, questions)
	for key, i := range asked {
		if r, ok := results[key]; ok {
			setStatus(&leaks[i], r)
		} else {
			leaks[i].StatusDetail = "interrupted before its provider had answered"
		}
	}
	if ctx.Err() != nil {
		r.note("interrupted: %d of %d keys were asked about; the others stay unchecked", len(results), len(questions))
	}
}

func (r *Run) ask(ctx context.Context, questions []liveness.Question) map[rules.Key]liveness.Result {
	var stages Stages
	progress := stages.Next("keys")
	if r.Watch != nil {
		defer r.Watch(&stages)()
	}
	return liveness.Run(ctx, r.Ask.Asker, questions, r.Ask.AtOnce, progress)
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
func (r *Run) whomToAsk(l *scanner.Leak) (provider, why string) {
	p, known := r.Settings.Rules.Provider(l.Provider)
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
