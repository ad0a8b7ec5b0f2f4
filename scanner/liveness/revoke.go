package liveness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"skleak/rules"
	"skleak/rules/provider"
)

// RevokerOptions say how keys are revoked. All but Redact, Asked and Pauses are needed.
type RevokerOptions struct {
	Asker     Asker // who says afterwards whether a key is inactive
	Client    *Client
	Providers []provider.Provider // those without a Revoke cannot be asked to
	Env       func(name string) string
	Journal   *Journal
	Redact    func(string) string // replaces keys in what a command prints; nil: by the built-in rules
	Asked     time.Time           // when the keys were asked about at the earliest; zero: when that was does not matter
	Pauses    []time.Duration     // before each check afterwards; nil: five, 15 seconds in all
}

// Revoker disables keys, each once.
type Revoker struct {
	o    RevokerOptions
	ways map[string]*provider.Revocation
	done map[rules.Key]bool
}

// Outcome is how a revocation ended.
type Outcome struct {
	Revoked bool   // the provider calls the key inactive
	Detail  string // why not, or what was done; in words of ours
	Output  string // what a command printed, scrubbed
	Result  Result // what the provider said last; without a time if it was not asked
}

// NewRevoker makes a Revoker.
func NewRevoker(o RevokerOptions) *Revoker {
	if o.Pauses == nil {
		o.Pauses = []time.Duration{time.Second / 2, time.Second, 2 * time.Second, 4 * time.Second, 7500 * time.Millisecond}
	}
	if o.Redact == nil {
		o.Redact = rules.Default().Redact
	}
	r := &Revoker{o: o, ways: map[string]*provider.Revocation{}, done: map[rules.Key]bool{}}
	for _, p := range o.Providers {
		if p.Revoke != nil {
			r.ways[p.ID] = p.Revoke
		}
	}
	return r
}

// Revoke disables a key that was found active. The intention is on the disk before anything is sent,
// and what is under way is brought to its end even where ctx is cancelled: half a revocation is the worst of
// all. An error means that nothing was sent, or that the outcome could not be written down.
//
// It is not for several goroutines.
func (r *Revoker) Revoke(ctx context.Context, q Question) (Outcome, error) {
	way := r.ways[q.Provider]
	switch {
	case way == nil:
		return Outcome{}, fmt.Errorf("no way to revoke keys of %s is configured", q.Provider)
	case r.done[q.Key]:
		return Outcome{}, errors.New("this run has already asked to revoke the key")
	case ctx.Err() != nil:
		return Outcome{}, ctx.Err()
	}
	if out, dealtWith := r.byAnother(ctx, q); dealtWith {
		return out, nil
	}
	o, err := fill(way, revealed(q.Key, r.o.Env))
	if err != nil {
		return Outcome{}, err
	}
	carryOut, err := r.prepare(&o, way, q.Key)
	if err != nil {
		return Outcome{}, err
	}
	if err := r.o.Journal.add(q.Key.Fingerprint(), q.Provider, stateIntended, ""); err != nil {
		return Outcome{}, err
	}
	r.done[q.Key] = true
	out := carryOut(r.o.Client.sent.counting(context.WithoutCancel(ctx), q.Provider))
	if r.confirm(ctx, q, &out); ctx.Err() != nil && !out.Revoked {
		return out, nil // the intention stays open, so that the next run asks
	}
	return out, r.o.Journal.add(q.Key.Fingerprint(), q.Provider, stateOf(out), out.Detail)
}

// byAnother looks after a key that another run wrote of since it was asked about. What was learned of it
// then may be past: it is asked about anew, and revoked again only if it is active still.
func (r *Revoker) byAnother(ctx context.Context, q Question) (out Outcome, dealtWith bool) {
	at, known := r.o.Journal.others[q.Key.Fingerprint()]
	if !known || r.o.Asked.IsZero() || at.Before(r.o.Asked) {
		return Outcome{}, false
	}
	out.Result = r.o.Asker.Ask(ctx, q)
	switch out.Result.Status {
	case Active:
		return Outcome{}, false
	case Inactive:
		out.Revoked = true
	default:
		out.Detail = "another run asked for it to be revoked, and whether it is inactive now could not be found out: " +
			out.Result.Detail
	}
	return out, true
}

func stateOf(o Outcome) string {
	switch {
	case o.Revoked:
		return stateRevoked
	case o.Result.Status == Active:
		return stateActive
	}
	return stateUnconfirmed
}

// prepare does all that can fail before anything is sent.
func (r *Revoker) prepare(o *order, way *provider.Revocation, key rules.Key) (func(context.Context) Outcome, error) {
	if len(o.command) > 0 {
		return func(ctx context.Context) (out Outcome) {
			printed, err := runCommand(ctx, commandTimeout, o.command, key)
			out.Output = scrub(printed, key, r.o.Redact)
			if err != nil {
				out.Detail = err.Error()
			}
			return out
		}, nil
	}
	request, err := o.request(way, key)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", r.o.Client.userAgent)
	return func(ctx context.Context) (out Outcome) {
		// Once: no retries of ours, and a connection of its own, since net/http repeats by itself what
		// fails on a used one.
		r.o.Client.http.CloseIdleConnections()
		response, err := r.o.Client.http.Do(request.WithContext(ctx))
		if err != nil {
			out.Detail = "asked to be revoked: " + faultText(err)
			return out
		}
		defer response.Body.Close()
		_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxBody)) // the status says all
		if !way.Accepts(response.StatusCode) {
			out.Detail = fmt.Sprintf("the request to revoke it was answered by status %d", response.StatusCode)
		}
		return out
	}, nil
}

// confirm asks the provider until it calls the key inactive, or has said something else each time.
// It asks also where the request failed: that its answer was lost does not mean that it was.
func (r *Revoker) confirm(ctx context.Context, q Question, out *Outcome) {
	for _, pause := range r.o.Pauses {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		if ctx.Err() != nil { // also where the time was up at the same moment
			break
		}
		if result := r.o.Asker.Ask(ctx, q); ctx.Err() == nil || result.Status == Inactive {
			out.Result = result
		}
		if out.Result.Status == Inactive {
			out.Revoked, out.Detail = true, ""
			return
		}
	}
	switch {
	case ctx.Err() != nil:
		out.Detail = join(out.Detail, "interrupted before it was confirmed")
	case out.Result.Status == Active:
		out.Detail = join(out.Detail, "its provider still calls it active")
	default:
		out.Detail = join(out.Detail, "whether it is inactive now could not be found out: "+out.Result.Detail)
	}
}

func join(first, second string) string {
	if first == "" {
		return second
	}
	return first + "; " + second
}

// Settle ends the open intention of an earlier run whose key turned out to be inactive.
func (j *Journal) Settle(e Entry) error {
	return j.add(e.Fingerprint, e.Provider, stateRevoked, "found inactive by a later run")
}
