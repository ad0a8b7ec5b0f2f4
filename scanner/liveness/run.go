package liveness

import (
	"context"

	"github.com/sourcegraph/conc/pool"

	"skleak/rules"
	"skleak/scanner"
)

// Run asks about each distinct key once, however many questions name it: the first counts. Up to
// atOnce questions are under way at the same time (0: DefaultAtOnce), begun in the order given.
// Where ctx is cancelled, Run returns at once what is known until then: keys without an answer are
// not in the map. progress, unless nil, counts keys.
func Run(ctx context.Context, asker Asker, questions []Question, atOnce int,
	progress *scanner.Progress) map[rules.Key]Result {
	if atOnce <= 0 {
		atOnce = DefaultAtOnce
	}
	if progress == nil {
		progress = &scanner.Progress{}
	}
	distinct := distinctKeys(questions)
	progress.Total.Add(int64(len(distinct)))
	answers := make([]*Result, len(distinct))
	workers := pool.New().WithMaxGoroutines(atOnce)
	for i, q := range distinct {
		if ctx.Err() != nil {
			break
		}
		workers.Go(func() {
			if ctx.Err() != nil {
				return
			}
			r := asker.Ask(ctx, q)
			if ctx.Err() == nil || r.Status != Unknown {
				answers[i] = &r
			}
			progress.Done.Add(1)
		})
	}
	workers.Wait()
	results := make(map[rules.Key]Result, len(distinct))
	for i, q := range distinct {
		if answers[i] != nil {
			results[q.Key] = *answers[i]
		}
	}
	return results
}

func distinctKeys(questions []Question) []Question {
	seen := make(map[rules.Key]bool, len(questions))
	var out []Question
	for _, q := range questions {
		if !seen[q.Key] && !q.Key.IsZero() && !q.Key.IsRedacted() {
			seen[q.Key] = true
			out = append(out, q)
		}
	}
	return out
}
