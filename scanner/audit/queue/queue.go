// Package queue hands out the jobs of an audit and keeps what came of them: on one machine, or between a coordinator
// and its workers. It knows jobs and outcomes, and nothing of git, scanning or reports.
//
// A Queue belongs to the coordinator. Start runs a NATS server inside this process, which listens nowhere unless asked
// to and keeps everything in a folder; Connect uses a server or cluster that is there already. What is stored is
//
//   - a stream of messages that name the jobs to be done, each until its job is done or parked,
//   - a bucket with one entry a job: what is to be done, who does it, what came of it,
//   - an object store with the reports, each named by its SHA-256.
//
// Only the coordinator writes any of this. A Worker on another machine asks it, by request and reply: for a job,
// whether it still has it, to take its outcome, for a token to clone with. So a worker can do no more than the few
// things that the desk (desk.go) does for it, whatever it sends; and all of NATS' own interface is out of its reach.
// The first design had workers write entries themselves, but NATS cannot demand a compare-and-set of who may publish,
// and a delivery can be directed to any subject by who asks for it.
//
// An entry decides. Whoever takes a job writes its name into the entry by compare-and-set, and its outcome counts only
// if the entry is unchanged since. So a job that was handed out twice, because its worker seemed to be dead, is done
// once. A message is acknowledged after its entry says done or parked, and only by whose compare-and-set said so: NATS
// takes an acknowledgement for the message, not for the delivery, and a late one would remove the job that another has
// taken.
package queue

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Limits says how long things take at most, and how often they are tried. What is zero is as usual.
type Limits struct {
	AckWait time.Duration   // a job whose worker is not heard of for so long, or moves nothing, is given to another: 60 s
	Pauses  []time.Duration // before the second, third and fourth try of a job that failed: 5 s, 30 s, 2 min
	Report  int             // bytes of one report: 64 MB

	patience time.Duration // how long a try may take to end when it is asked to: 5 s
	silence  time.Duration // how long the server may take to send the next of many entries: 10 s
}

func (l Limits) orUsual() Limits {
	if l.Pauses == nil {
		l.Pauses = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute}
	}
	l.AckWait = cmp.Or(l.AckWait, time.Minute)
	l.Report = cmp.Or(l.Report, 64<<20)
	l.patience = cmp.Or(l.patience, 5*time.Second)
	l.silence = cmp.Or(l.silence, waitForServer)
	return l
}

// tries is how often a job is tried before it is parked.
func (l Limits) tries() int { return len(l.Pauses) + 1 }

// waitForServer bounds every single question to the NATS server.
const waitForServer = 10 * time.Second

// Queue is the coordinator's side. All its methods may be called at the same time.
type Queue struct {
	limits   Limits
	names    names
	place    string // where it is, in errors
	replicas int
	say      func(string)

	nc      *nats.Conn
	js      jetstream.JetStream
	jobs    jetstream.Stream
	entries jetstream.KeyValue
	reports jetstream.ObjectStore
	here    jetstream.Consumer // of jobs that only this machine can do
	any     jetstream.Consumer // of all others

	host      string // names this machine's workers
	process   string // names this process among those that have had the queue
	heard     heard
	tally     *tally      // nil on somebody else's servers
	stores    func() bool // false once the server stores nothing any more
	full      atomic.Bool // the disk was, once
	tokens    atomic.Pointer[Tokens]
	orders    atomic.Pointer[[]byte]
	elsewhere atomic.Bool // a worker on another machine has asked for a job
	uploads   uploads
	over      chan struct{} // closed: no job is handed out any more
	ending    sync.Once

	mu     sync.Mutex
	run    string
	closes []func() // in the order in which things were opened
}

func newQueue(audit string, l Limits, say func(string)) *Queue {
	if say == nil {
		say = func(string) {}
	}
	return &Queue{
		limits: l.orUsual(), names: names{audit}, say: say, replicas: 1,
		host: workerName(), process: rand.Text(), over: make(chan struct{}), stores: func() bool { return true },
	}
}

// workerName is what a worker is called where people look: its machine and process.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}

// names are what NATS calls the parts of one audit.
type names struct{ audit string }

func (n names) stream() string           { return "skleak-jobs-" + n.audit }
func (n names) entries() string          { return "skleak-entries-" + n.audit }
func (n names) reports() string          { return "skleak-reports-" + n.audit }
func (n names) jobs(where string) string { return "skleak." + n.audit + ".job." + where }
func (n names) desk(verb string) string  { return "skleak." + n.audit + ".desk." + verb }

const (
	forHere = "here" // jobs of repositories that lie on this machine
	forAny  = "any"
)

// Run is the run that the queue is of; "" before the first one.
func (q *Queue) Run() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.run
}

// Over tells all workers that there is nothing more to do: their Work returns.
func (q *Queue) Over() { q.ending.Do(func() { close(q.over) }) }

// Close ends the queue. What is stored stays, and the next Start goes on with it.
func (q *Queue) Close() {
	q.Over()
	q.mu.Lock()
	closes := q.closes
	q.closes = nil
	q.mu.Unlock()
	for _, f := range slices.Backward(closes) {
		f()
	}
}

// atClose has f called by Close, before all that was said earlier.
func (q *Queue) atClose(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closes = append(q.closes, f)
}

func (q *Queue) setRun(run string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.run = run
}
