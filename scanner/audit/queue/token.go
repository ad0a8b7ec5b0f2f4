package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nkeys"

	"skleak/scanner/audit/job"
)

// Tokens says what to clone a job's repository with; both are "" for a repository that needs nothing.
type Tokens func(ctx context.Context, j job.Job) (user, secret string, err error)

// ServeTokens has workers on other machines be told what to clone with, each for the repository of a job that it has.
func (q *Queue) ServeTokens(f Tokens) { q.tokens.Store(&f) }

// Token is what to clone the repository of a job with on this machine.
func (q *Queue) Token(ctx context.Context, j job.Job) (user, secret string, err error) {
	if f := q.tokens.Load(); f != nil {
		return (*f)(ctx, j)
	}
	return "", "", nil
}

// token is a user and a secret, encrypted so that only the worker that took the job can read them, and not whoever
// watches the NATS server between.
type token struct {
	From   string `json:"from"` // key of the coordinator, made for this one token
	Sealed []byte `json:"sealed"`
}

type credentials struct {
	User   string `json:"user"`
	Secret string `json:"secret"`
}

func (q *Queue) tokenFor(ctx context.Context, ask question) (answer, error) {
	r, err := q.running(ctx, &claim{ID: ask.ID, Secret: ask.Secret})
	if err != nil {
		return answer{}, err
	}
	var j job.Job
	if err := q.unpack(ctx, r.Job, &j); err != nil {
		return answer{}, err
	}
	var c credentials
	if c.User, c.Secret, err = q.Token(ctx, j); err != nil {
		return answer{}, err
	}
	t, err := seal(c, r.Seal)
	return answer{Token: t}, err
}

func seal(c credentials, to string) (*token, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	once, err := nkeys.CreateCurveKeys()
	if err != nil {
		return nil, err
	}
	from, err := once.PublicKey()
	if err != nil {
		return nil, err
	}
	sealed, err := once.Seal(text, to)
	if err != nil {
		return nil, errors.New("the worker's key for tokens is none")
	}
	return &token{from, sealed}, nil
}

func (t *token) open(with nkeys.KeyPair) (c credentials, err error) {
	text, err := with.Open(t.Sealed, t.From)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		return c, fmt.Errorf("reading a token: %w", err)
	}
	return c, nil
}
