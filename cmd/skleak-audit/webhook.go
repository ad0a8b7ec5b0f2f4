package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/console"
	"skleak/cmd/internal/help"
	"skleak/scanner"
	"skleak/scanner/audit"
	"skleak/scanner/audit/notify"
	"skleak/scanner/audit/state"
)

// webhookFlags say whom to tell of what is new.
type webhookFlags struct{ where, secretFile string }

func (f *webhookFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.where, "webhook", "",
		"post a summary to `URL`, or to the one in @FILE, when something new is found; it does not change the exit status")
	c.Flags().StringVar(&f.secretFile, "webhook-secret-file", "",
		"sign what is posted with the secret in `FILE` (or in SKLEAK_WEBHOOK_SECRET), as GitHub does")
	help.Group(c, help.Report)
}

// hook is nil where nobody is to be told.
func (f *webhookFlags) hook(w *console.Console) (*notify.Hook, error) {
	if f.where == "" {
		return nil, nil
	}
	return notify.New(f.where, f.secretFile, w.Env)
}

// tellNew posts what no summary has told yet, and remembers it as told. What goes wrong is said, and nothing more: the
// next audit tries again.
func tellNew(ctx context.Context, w *console.Console, hook *notify.Hook, f *state.Folder, result *audit.Result) {
	if hook == nil || result.Interrupted {
		return
	}
	told, err := f.Told()
	if err != nil {
		w.SayError(err)
		return
	}
	summary, fresh := summaryOf(result, told, w.Harmless)
	if len(fresh) == 0 {
		return
	}
	if err := hook.Post(ctx, summary); err != nil {
		w.SayError(fmt.Errorf("%w; what is new is posted again after the next audit", err))
		return
	}
	if err := f.SaveTold(append(fresh, told...)); err != nil {
		w.SayError(err)
	}
}

// summaryOf is what to post, and the fingerprints of the keys that are new in it. Names are made harmless: a key may stand
// in one.
func summaryOf(result *audit.Result, told []string, harmless func(string) string) (s notify.Summary, fresh []string) {
	s = notify.Summary{SchemaVersion: 1, StartedAt: result.Run.StartedAt,
		Complete: result.Coverage.Complete(), Repositories: len(result.Repositories), Incomplete: []string{},
		New: []notify.Leak{}}
	for _, r := range result.Repositories {
		if !r.Coverage.Complete() {
			s.Incomplete = append(s.Incomplete, harmless(r.Name))
		}
	}
	for _, source := range result.Run.Sources {
		s.Sources = append(s.Sources, harmless(source))
	}
	for _, l := range result.Leaks {
		if !l.Counts() {
			continue
		}
		s.Leaks++
		if print := l.Key.Fingerprint(); !slices.Contains(told, print) {
			fresh = append(fresh, print)
			s.New = append(s.New, leakOf(l, print, harmless))
		}
	}
	slices.SortStableFunc(s.New, func(a, b notify.Leak) int { return cmp.Compare(urgency(b), urgency(a)) })
	s.Bound()
	s.Text = summaryText(s)
	return s, fresh
}

// urgency is higher for what should be looked at first.
func urgency(l notify.Leak) int {
	n := len(l.Repositories)
	if l.Environment == "live" {
		n += 1 << 20
	}
	switch l.Status {
	case scanner.StatusActive:
		n += 1 << 21
	case scanner.StatusInactive:
		n -= 1 << 21
	}
	return n
}

func leakOf(l scanner.Leak, print string, harmless func(string) string) notify.Leak {
	out := notify.Leak{Fingerprint: print, Key: l.Key.Redacted(), Environment: string(l.Environment), Provider: l.Provider,
		Status: l.Status, Repositories: []string{}, Places: len(l.Findings)}
	for _, f := range l.Findings {
		if name := harmless(f.Repository); !slices.Contains(out.Repositories, name) {
			out.Repositories = append(out.Repositories, name)
		}
	}
	return out
}

// summaryText is what a chat shows.
func summaryText(s notify.Summary) string {
	const shown = 10
	var b strings.Builder
	fmt.Fprintf(&b, "skleak: %s in the audit of %s (%s in %s)", scanner.Counted(int64(s.NewCount), "new leaked key"),
		strings.Join(s.Sources, " "), scanner.Counted(int64(s.Leaks), "leak"),
		scanner.Counted(int64(s.Repositories), "repository"))
	for _, l := range s.New[:min(len(s.New), shown)] {
		fmt.Fprintf(&b, "\n• %s key, provider %s, %s: %s, in %s", l.Environment, l.Provider, l.Status, l.Key,
			strings.Join(l.Repositories[:min(len(l.Repositories), 3)], ", "))
		if n := len(l.Repositories) - 3; n > 0 {
			b.WriteString(more(n))
		}
	}
	if n := s.NewCount - shown; n > 0 {
		fmt.Fprintf(&b, "\n%s", strings.TrimSpace(more(n)))
	}
	if n := len(s.Incomplete); n > 0 {
		fmt.Fprintf(&b, "\n%s could not be read, or not whole", scanner.Counted(int64(n), "repository"))
	}
	return b.String()
}
