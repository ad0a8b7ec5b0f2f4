package queue

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"skleak/scanner/audit/job"
)

// What a worker on another machine asks, each with a subject of its own.
const (
	askTake     = "take"
	askHold     = "hold"
	askProgress = "progress"
	askPart     = "part"
	askFinish   = "finish"
	askFail     = "fail"
	askGiveBack = "back"
	askToken    = "token"
	askOrders   = "orders"
)

// question is what a worker sends. All of it may be a lie.
type question struct {
	ID     string `json:"id,omitempty"`
	Secret string `json:"secret,omitempty"`

	Name string `json:"name,omitempty"` // take: who asks
	Seal string `json:"seal,omitempty"` // take: the key that tokens are encrypted with

	Moved     bool   `json:"moved,omitempty"`
	Objects   int64  `json:"objects,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Permanent bool   `json:"permanent,omitempty"`

	At   int    `json:"at,omitempty"`   // part: where Body starts
	Body []byte `json:"body,omitempty"` // part of a result, or in finish all of it; empty if it came in parts
}

// answer is what the desk says.
type answer struct {
	Claim *claim `json:"claim,omitempty"`
	Token *token `json:"token,omitempty"`

	Orders []byte `json:"orders,omitempty"`

	Lost      bool   `json:"lost,omitempty"`
	Over      bool   `json:"over,omitempty"`
	Permanent bool   `json:"permanent,omitempty"`
	Failed    string `json:"failed,omitempty"`
}

func answerTo(err error) answer {
	switch {
	case err == nil:
		return answer{}
	case errors.Is(err, errLost):
		return answer{Lost: true}
	case errors.Is(err, ErrOver):
		return answer{Over: true}
	}
	return answer{Failed: bounded(err.Error()), Permanent: errors.As(err, new(job.PermanentError))}
}

// err is the error that answerTo made an answer of.
func (a answer) err() error {
	switch {
	case a.Lost:
		return errLost
	case a.Over:
		return ErrOver
	case a.Permanent:
		return job.PermanentError{Err: errors.New(a.Failed)}
	case a.Failed != "":
		return errors.New(a.Failed)
	}
	return nil
}

// A result travels as its outcome in JSON, which has no line ends, one line end, and the report. hasReport tells none
// from an empty one.
func packResult(o job.Outcome, report []byte) ([]byte, error) {
	text, err := json.Marshal(struct {
		Outcome   job.Outcome `json:"outcome"`
		HasReport bool        `json:"hasReport"`
	}{o, report != nil})
	return append(append(text, '\n'), report...), err
}

func unpackResult(body []byte) (o job.Outcome, report []byte, err error) {
	text, report, found := bytes.Cut(body, []byte("\n"))
	if !found {
		return o, nil, errors.New("the result is cut off")
	}
	var head struct {
		Outcome   job.Outcome `json:"outcome"`
		HasReport bool        `json:"hasReport"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return o, nil, errors.New("the outcome is no JSON of an outcome")
	}
	if !head.HasReport {
		report = nil
	}
	return head.Outcome, report, nil
}

// Bounds of what travels. A question with a body of maxBody stays below a megabyte, also in base64.
const (
	maxMessage = 1 << 20
	maxBody    = 512 << 10
	maxName    = 100

	inboxes = "_INBOX."
)

// quietly are the options of every connection: it is kept up for as long as it takes, nothing is sent late that was
// meant for earlier, and answers come to a subject that nobody else knows.
func quietly(inbox string) []nats.Option {
	return []nats.Option{
		nats.CustomInboxPrefix(inboxes + inbox), nats.MaxReconnects(-1), nats.ReconnectWait(time.Second),
		nats.ReconnectBufSize(-1), nats.IgnoreDiscoveredServers(), nats.Timeout(waitForServer),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}
}

// dialer connects to another machine as long as ctx lasts. Of several addresses some may lead nowhere: none is waited
// for long.
type dialer struct{ ctx context.Context }

const waitForDial = 3 * time.Second

func (d dialer) Dial(network, address string) (net.Conn, error) {
	return (&net.Dialer{Timeout: waitForDial}).DialContext(d.ctx, network, address)
}

// mayAnswer is true for a subject that an answer may be sent to. Whoever asks chooses it, and the coordinator may
// write where the one who asks may not.
func mayAnswer(subject string) bool { return strings.HasPrefix(subject, inboxes) }
