package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"skleak/rules"
	"skleak/rules/provider"
	"skleak/scanner"
	"skleak/scanner/liveness"
)

// Asking says whom to ask about keys.
type Asking struct {
	Asker   liveness.Asker
	Sent    func() []scanner.Requests // how many requests the asker and the revoker sent; nil: none
	AtOnce  int                       // questions at the same time
	Journal string                    // the file in which revocations are written down; "" where there is no place for one
}

// askProviders asks about the leaks that count and puts the answers into them, beginning with the keys
// of open intentions. Of those that are not asked about, the leak says why.
func (r *Run) askProviders(ctx context.Context, leaks []scanner.Leak, open []liveness.Entry) {
	var questions []liveness.Question
	var asked []int
	for i := range leaks {
		l := &leaks[i]
		provider, why := r.whomToAsk(l)
		if provider == "" {
			l.StatusDetail = why
			continue
		}
		asked = append(asked, i)
		for _, key := range l.Readings() {
			questions = append(questions, liveness.Question{Key: key, Provider: provider})
		}
	}
	isOpen := func(q liveness.Question) int {
		return slices.IndexFunc(open, func(e liveness.Entry) bool { return e.Fingerprint == q.Key.Fingerprint() })
	}
	slices.SortStableFunc(questions, func(a, b liveness.Question) int { return cmp.Compare(isOpen(b), isOpen(a)) })
	results := r.ask(ctx, questions)
	for _, i := range asked {
		result, ok := readingsTogether(&leaks[i], results)
		if !ok {
			leaks[i].StatusDetail = "interrupted before its provider had answered"
			continue
		}
		setStatus(&leaks[i], result)
		wasKnown := func(e liveness.Entry) bool { return isReading(leaks[i], e.Fingerprint) }
		if !slices.ContainsFunc(open, wasKnown) { // else the provider knew the key: it was to be revoked there
			r.doubt(&leaks[i])
		}
	}
	if ctx.Err() != nil {
		r.note("interrupted: %d of %d keys were asked about; the others stay unchecked", len(results), len(questions))
	}
}

// readingsTogether is what the answers about all readings of a leak's key say together: it is active if any is, and
// inactive only if each is. It is not ok if an answer is missing.
func readingsTogether(l *scanner.Leak, results map[rules.Key]liveness.Result) (together liveness.Result, ok bool) {
	l.Active = rules.Key{}
	for i, key := range l.Readings() {
		result, answered := results[key]
		switch {
		case result.Status == liveness.Active:
			l.Active = key
			return result, true
		case !answered:
			return together, false
		case i == 0 || together.Status == liveness.Inactive && result.Status != liveness.Inactive:
			together = result
		}
	}
	return together, true
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

// doubt takes back that a key is inactive where its provider may never have known it. That somebody wrote a
// provider's name beside the key of another one must not clear it.
func (r *Run) doubt(l *scanner.Leak) {
	why := ""
	switch kind := provider.KindOf(l.Evidence); {
	case l.Status != scanner.StatusInactive:
	case l.IsAmbiguous() && len(l.Others) == 0:
		why = "does not accept it, but it may end earlier, which is not known from the report alone"
	case r.UnderReview && kind != provider.KindShape && kind != provider.KindDocumentation && kind != provider.KindRule:
		why = "does not accept it, but only the change that is checked says that it is its key"
	case !r.UnderReview && !r.confirmed(l):
		why = "does not accept it, but nothing besides a name says that it is its key"
	}
	if why != "" {
		p, _ := r.Settings.Rules.Provider(l.Provider)
		l.Status, l.StatusDetail = scanner.StatusUnknown, p.Name+" "+why
	}
}

// confirmed is true where more than a name near the key says whose it is: a host, a header, the shape of the key, or
// the user.
func (r *Run) confirmed(l *scanner.Leak) bool {
	return l.Provider == r.assumed() || r.Settings.Rules.Confirms(l.Key, l.Provider, l.Evidence) ||
		slices.ContainsFunc(l.Findings, func(f scanner.Finding) bool { return f.Confirmed && f.Provider == l.Provider })
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
