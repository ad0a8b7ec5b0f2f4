package queue

import "context"

// Work does jobs on this machine, n at once, until ctx ends or Over is called.
func (q *Queue) Work(ctx context.Context, n int, do Do) error { return work(ctx, q, n, do) }

// take takes jobs for this process. What else the desk does, it does for all alike.
func (q *Queue) take(ctx context.Context) (*claim, error) {
	return q.claimNext(ctx, taker{name: q.host, local: q.process})
}
