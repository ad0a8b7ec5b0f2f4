package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"skleak/scanner/crash"
)

// Watch tells of each entry as it is, and then of each change, until ctx ends; then the channel is closed. Of several
// changes in quick succession only the last may be told. Objects are those of the moment; Objects tells later ones.
func (q *Queue) Watch(ctx context.Context) (<-chan Entry, error) {
	w, err := q.entries.Watch(ctx, keyOf("*"))
	if err != nil {
		return nil, fmt.Errorf("watching the jobs: %w", err)
	}
	changes := make(chan Entry)
	go func() {
		defer close(changes)
		for {
			select {
			case <-ctx.Done():
				return
			case stored, open := <-w.Updates():
				if !open {
					return
				}
				q.pass(ctx, stored, changes)
			}
		}
	}()
	return changes, nil
}

// pass sends an entry on. The end of those that were there already is a nil, and is passed over.
func (q *Queue) pass(ctx context.Context, stored jetstream.KeyValueEntry, to chan<- Entry) {
	if stored == nil {
		return
	}
	var e Entry
	err := crash.Catch(func() error {
		r, err := q.parse(stored)
		if err == nil {
			e, err = q.entryOf(ctx, r)
		}
		return err
	})
	if err != nil {
		if ctx.Err() == nil {
			q.say(err.Error())
		}
		return
	}
	if e.State == Running {
		e.Objects = q.heard.objects(e.ID())
	}
	select {
	case <-ctx.Done():
	case to <- e:
	}
}

// Objects is how many objects the running try of a job has read so far; 0 where that is not known.
func (q *Queue) Objects(id string) int64 { return q.heard.objects(id) }

// Entries are all entries, in no order.
func (q *Queue) Entries(ctx context.Context) ([]Entry, error) {
	records, err := q.records(ctx)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(records))
	for _, r := range records {
		e, err := q.entryOf(ctx, r)
		if err != nil {
			return nil, err
		}
		if e.State == Running {
			e.Objects = q.heard.objects(e.ID())
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// records are all entries as they are stored, by the IDs of their jobs.
func (q *Queue) records(ctx context.Context) (map[string]record, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	least, err := q.least(ctx)
	if err != nil {
		return nil, err
	}
	w, err := q.entries.Watch(ctx, keyOf("*"))
	if err != nil {
		return nil, fmt.Errorf("reading the entries: %w", err)
	}
	defer func() { _ = w.Stop() }()
	all, ended := map[string]record{}, false
	silence := time.NewTimer(q.limits.silence)
	defer silence.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-silence.C: // the server waits for what it cannot read
			return nil, DamagedError{q.place, fmt.Errorf("of %d jobs, %d can be read", least, len(all))}
		case stored, open := <-w.Updates():
			if !open {
				return nil, fmt.Errorf("reading the entries: %w", context.Cause(ctx))
			}
			// An entry that was written meanwhile comes after the end of those that were there.
			if stored == nil && uint64(len(all)) >= least {
				return all, nil
			}
			if ended = ended || stored == nil; stored == nil {
				continue
			}
			r, err := q.parse(stored)
			if err != nil {
				return nil, err
			}
			all[stored.Key()[len(keyOf("")):]] = r
			if silence.Reset(q.limits.silence); ended && uint64(len(all)) >= least {
				return all, nil
			}
		}
	}
}
