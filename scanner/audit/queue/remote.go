package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"skleak/scanner/audit/job"
)

// Worker does jobs of a coordinator on another machine.
type Worker struct {
	nc    *nats.Conn
	names names
	name  string
	seal  nkeys.KeyPair // its tokens are encrypted with
}

func newWorker(nc *nats.Conn, audit string) (*Worker, error) {
	seal, err := nkeys.CreateCurveKeys()
	if err != nil {
		return nil, err
	}
	return &Worker{nc: nc, names: names{audit}, name: workerName(), seal: seal}, nil
}

// Work does jobs, n at once, until ctx ends or the audit is over. A connection that breaks is made again, for as long
// as it takes.
func (w *Worker) Work(ctx context.Context, n int, do Do) error { return work(ctx, w, n, do) }

// Close ends the connection.
func (w *Worker) Close() { w.nc.Close() }

// Token is what to clone the repository of a job with. Its context is the one that the job's Do was given.
func (w *Worker) Token(ctx context.Context, j job.Job) (user, secret string, err error) {
	c := claimIn(ctx)
	if c == nil || c.ID != j.ID() {
		return "", "", errLost
	}
	a, err := w.ask(ctx, askToken, question{ID: c.ID, Secret: c.Secret})
	if err != nil {
		return "", "", fmt.Errorf("asking the coordinator for a token: %w", err)
	}
	if a.Token == nil {
		return "", "", errors.New("the coordinator sent no token")
	}
	got, err := a.Token.open(w.seal)
	return got.User, got.Secret, err
}

func (w *Worker) take(ctx context.Context) (*claim, error) {
	public, err := w.seal.PublicKey()
	if err != nil {
		return nil, err
	}
	// A job may be on its way when ctx ends, so its answer is waited for.
	asking, cancel := outliving(ctx, 2*waitForJob)
	defer cancel()
	a, err := w.ask(asking, askTake, question{Name: w.name, Seal: public})
	if err != nil {
		return nil, err
	}
	if c := a.Claim; c != nil && (c.Wait <= 0 || c.Job.ID() != c.ID) {
		return nil, errors.New("the coordinator sent a job that is none")
	}
	return a.Claim, nil
}

func (w *Worker) hold(ctx context.Context, c *claim, moved bool, objects int64) error {
	_, err := w.ask(ctx, askHold, question{ID: c.ID, Secret: c.Secret, Moved: moved, Objects: objects})
	return err
}

func (w *Worker) progress(c *claim, objects int64) {
	text, err := json.Marshal(question{ID: c.ID, Secret: c.Secret, Objects: objects})
	if err == nil {
		_ = w.nc.Publish(w.names.desk(askProgress), text)
	}
}

func (w *Worker) finish(ctx context.Context, c *claim, o job.Outcome, report []byte) error {
	body, err := packResult(o, report)
	if err != nil {
		return err
	}
	ask := question{ID: c.ID, Secret: c.Secret, Body: body}
	if len(body) > maxBody {
		ask.Body = nil
		at := 0
		for part := range slices.Chunk(body, maxBody) {
			if _, err := w.ask(ctx, askPart, question{ID: c.ID, Secret: c.Secret, At: at, Body: part}); err != nil {
				return err
			}
			at += len(part)
		}
	}
	_, err = w.ask(ctx, askFinish, ask)
	return err
}

func (w *Worker) fail(ctx context.Context, c *claim, reason string, permanent bool) error {
	_, err := w.ask(ctx, askFail, question{ID: c.ID, Secret: c.Secret, Reason: bounded(reason), Permanent: permanent})
	return err
}

func (w *Worker) giveBack(ctx context.Context, c *claim) error {
	_, err := w.ask(ctx, askGiveBack, question{ID: c.ID, Secret: c.Secret})
	return err
}

// ask asks the desk, and waits for its answer.
func (w *Worker) ask(ctx context.Context, verb string, q question) (a answer, err error) {
	text, err := json.Marshal(q)
	if err != nil {
		return a, err
	}
	ctx, cancel := context.WithTimeout(ctx, 3*waitForServer)
	defer cancel()
	m, err := w.nc.RequestWithContext(ctx, w.names.desk(verb), text)
	if errors.Is(err, nats.ErrConnectionClosed) {
		return a, errShut
	}
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(m.Data, &a); err != nil {
		return a, fmt.Errorf("the coordinator's answer is none: %w", err)
	}
	return a, a.err()
}
