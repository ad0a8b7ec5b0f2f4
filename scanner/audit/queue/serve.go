package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode"

	"github.com/nats-io/nats.go"
	"github.com/sourcegraph/conc"

	"skleak/scanner/audit/job"
	"skleak/scanner/crash"
)

// askedAtOnce bounds how many questions of workers are answered side by side; what comes on top of that is refused,
// and asked again. takesAtOnce is less, since a take may wait for a job.
const (
	askedAtOnce = 1024
	takesAtOnce = 512
)

// serve answers workers on other machines, until the queue is closed.
func (q *Queue) serve(nc *nats.Conn) error {
	ctx, cancel := context.WithCancel(context.Background())
	var answering conc.WaitGroup
	free := map[bool]chan struct{}{true: make(chan struct{}, takesAtOnce), false: make(chan struct{}, askedAtOnce)}
	subscriptions := map[string]*nats.Subscription{}
	q.atClose(func() {
		if q.elsewhere.Load() { // whoever asks for a job hears that there is none any more, and ends
			time.Sleep(2 * waitForJob)
		}
		for _, s := range subscriptions {
			_ = s.Unsubscribe()
		}
		time.AfterFunc(waitForJob*2, cancel) // takes that wait hear that it is over
		answering.Wait()
		cancel()
	})
	for name, f := range q.verbs() {
		free := free[name == askTake]
		s, err := nc.Subscribe(q.names.desk(name), func(m *nats.Msg) {
			select {
			case free <- struct{}{}:
				answering.Go(func() {
					defer func() { <-free }()
					q.reply(ctx, nc, m, f)
				})
			default:
				send(m, answer{Failed: "too many ask at once"})
			}
		})
		if err == nil {
			err = s.SetPendingLimits(askedAtOnce, 64*maxMessage)
		}
		if err != nil {
			return fmt.Errorf("listening to workers: %w", err)
		}
		subscriptions[name] = s
	}
	return nil
}

// verb answers one kind of question.
type verb func(context.Context, question) (answer, error)

// verbs are what a worker may ask for, and there is nothing else.
func (q *Queue) verbs() map[string]verb {
	// of is for the answers that say only whether it went well.
	of := func(f func(context.Context, *claim, question) error) verb {
		return func(ctx context.Context, ask question) (answer, error) {
			return answer{}, f(ctx, &claim{ID: ask.ID, Secret: ask.Secret}, ask)
		}
	}
	return map[string]verb{
		askTake:   q.takeFor,
		askToken:  q.tokenFor,
		askOrders: q.ordersFor,
		askHold: of(func(ctx context.Context, c *claim, ask question) error {
			return q.hold(ctx, c, ask.Moved, ask.Objects)
		}),
		askProgress: of(func(_ context.Context, c *claim, ask question) error {
			q.progress(c, ask.Objects)
			return nil
		}),
		askPart: of(func(ctx context.Context, c *claim, ask question) error {
			return q.takePart(ctx, c, ask.At, ask.Body)
		}),
		askFinish: of(q.finishFor),
		askFail: of(func(ctx context.Context, c *claim, ask question) error {
			return q.fail(ctx, c, ask.Reason, ask.Permanent)
		}),
		askGiveBack: of(func(ctx context.Context, c *claim, _ question) error { return q.giveBack(ctx, c) }),
	}
}

func (q *Queue) reply(ctx context.Context, nc *nats.Conn, m *nats.Msg, f verb) {
	var ask question
	if err := json.Unmarshal(m.Data, &ask); err != nil {
		send(m, answer{Failed: "that is no question", Permanent: true})
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 3*waitForServer)
	defer cancel()
	var a answer
	err := crash.Catch(func() (err error) {
		a, err = f(ctx, ask)
		return err
	})
	if crashed := new(crash.Crash); errors.As(err, &crashed) { // one question must not end the audit
		q.say("answering a worker: " + err.Error())
		err = job.PermanentError{Err: err}
	}
	switch {
	case err != nil:
		send(m, answerTo(err))
	case a.Claim == nil:
		send(m, a)
	case !handOver(nc, m, a):
		if err := q.giveBack(ctx, a.Claim); err != nil {
			q.say("a worker that asked for a job was gone: " + err.Error())
		}
	}
}

// handOver sends a job, and says false if nobody is there to take it any more: then it need not be missed for a minute.
// The server says so before it answers what was sent later.
func handOver(nc *nats.Conn, m *nats.Msg, a answer) bool {
	text, err := json.Marshal(a)
	if err != nil || !mayAnswer(m.Reply) {
		return false
	}
	back, err := nc.SubscribeSync(nc.NewInbox())
	if err != nil {
		return false
	}
	defer func() { _ = back.Unsubscribe() }()
	if err := nc.PublishRequest(m.Reply, back.Subject, text); err != nil {
		return false
	}
	if err := nc.FlushTimeout(waitForServer); err != nil {
		return false
	}
	_, err = back.NextMsg(time.Millisecond)
	return !errors.Is(err, nats.ErrNoResponders)
}

func send(m *nats.Msg, a answer) {
	if !mayAnswer(m.Reply) {
		return
	}
	if text, err := json.Marshal(a); err == nil {
		_ = m.Respond(text) // who does not hear it asks again
	}
}

func (q *Queue) takeFor(ctx context.Context, ask question) (answer, error) {
	if ask.Name == "" || len(ask.Name) > maxName || !isPrintable(ask.Name) || len(ask.Seal) > maxName || ask.Seal == "" {
		return answer{}, job.PermanentError{Err: errors.New("who asks for a job must say who it is")}
	}
	q.elsewhere.Store(true)
	c, err := q.claimNext(ctx, taker{name: ask.Name, seal: ask.Seal})
	return answer{Claim: c}, err
}

func isPrintable(s string) bool {
	for _, r := range s {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// finishFor takes a result that came with the question, or before it in parts.
func (q *Queue) finishFor(ctx context.Context, c *claim, ask question) error {
	body := ask.Body
	if len(body) == 0 {
		body = q.uploads.whole(c.Secret)
	}
	o, report, err := unpackResult(body)
	if err != nil {
		return err
	}
	if err := q.finish(ctx, c, o, report); err != nil {
		return err
	}
	q.uploads.forget(c.Secret)
	return nil
}
