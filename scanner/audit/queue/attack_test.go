package queue

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"skleak/scanner/audit/job"
)

// intruder connects with the options that a join file gives, and others.
func intruder(t testing.TB, file string, change ...nats.Option) (*nats.Conn, error) {
	t.Helper()
	j, err := readJoinFile(file)
	if err != nil {
		t.Fatal(err)
	}
	options, err := j.options()
	if err != nil {
		t.Fatal(err)
	}
	options = append(append(options, nats.PermissionErrOnSubscribe(true)), change...)
	nc, err := nats.Connect("tls://"+j.Addresses[0], options...)
	if err == nil {
		t.Cleanup(nc.Close)
	}
	return nc, err
}

func TestWhoIsNotLetIn(t *testing.T) {
	_, file := listening(t, quick())
	stranger, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, err := stranger.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	j, err := readJoinFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := nkeys.FromSeed([]byte(j.Key))
	if err != nil {
		t.Fatal(err)
	}
	oursPublic, err := ours.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	none := func(o *nats.Options) error { o.Nkey, o.SignatureCB = "", nil; return nil }
	spoken := func(o *nats.Options) error { o.TLSHandshakeFirst, o.Timeout = false, time.Second; return nil }
	for name, change := range map[string][]nats.Option{
		"no key":                  {none},
		"another key":             {nats.Nkey(public, stranger.Sign)},
		"a key without signature": {nats.Nkey(oursPublic, func([]byte) ([]byte, error) { return []byte("no"), nil })},
		"a signature of another":  {nats.Nkey(oursPublic, stranger.Sign)},
		"a name with a wildcard":  {nats.Name(">")},
		"no name":                 {nats.Name("")},
		"coordinator":             {none, nats.UserInfo(coordinatorUser, "")},
		"the desk":                {none, nats.UserInfo(deskUser, "")},
		"TLS 1.2":                 {nats.Secure(&tls.Config{MaxVersion: tls.VersionTLS12, InsecureSkipVerify: true})},
		"after it speaks first":   {spoken},
	} {
		if nc, err := intruder(t, file, change...); err == nil {
			t.Errorf("%s: let in, as %v", name, nc.Status())
		} else {
			t.Log(name, err)
		}
	}
	if _, err := intruder(t, file); err != nil {
		t.Errorf("the key: %v", err)
	}
	if _, err := intruder(t, file, nats.Secure(&tls.Config{RootCAs: x509.NewCertPool()})); err == nil {
		t.Error("a coordinator of another CA is believed")
	}
}

// TestPlainText says what a client without TLS would say, and hears nothing.
func TestPlainText(t *testing.T) {
	_, file := listening(t, quick())
	j, err := readJoinFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", j.Addresses[0])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "CONNECT {}\r\nPING\r\nSUB > 1\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if bytes.Contains(got, []byte("INFO")) || bytes.Contains(got, []byte("PONG")) || len(got) > 7 {
		t.Errorf("%q, %v", got, err)
	}
}

// TestWorkerThatTriesAll has the join file, and tries what a worker need not do.
func TestWorkerThatTriesAll(t *testing.T) {
	q, file := listening(t, quick())
	all := jobs(3)
	put(t, q, all...)
	honest := joined(t, file)
	c, err := honest.take(t.Context())
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	before, err := q.records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	nc, err := intruder(t, file)
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{">", "*.>", "skleak.>", q.names.desk(askTake), q.names.desk("*"), "$JS.>", "$SYS.>",
		"$KV.>", "$O.>", "_INBOX.>", "_INBOX.*.>", "_INBOX." + honest.nc.Opts.Name + ".>", "_R_.>", "$JS.ACK.>"} {
		s, err := nc.SubscribeSync(subject)
		if err == nil {
			_, err = s.NextMsg(waitForServer)
		}
		if !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("subscribing to %s: %v", subject, err)
		}
	}
	names := []string{q.names.stream(), "KV_" + q.names.entries(), "OBJ_" + q.names.reports()}
	for _, n := range names {
		for _, verb := range []string{"STREAM.DELETE", "STREAM.PURGE", "STREAM.INFO", "STREAM.MSG.GET", "STREAM.UPDATE",
			"DIRECT.GET", "CONSUMER.CREATE", "CONSUMER.NAMES"} {
			if m, err := nc.Request("$JS.API."+verb+"."+n, []byte("{}"), 20*time.Millisecond); err == nil {
				t.Errorf("%s %s: %s", verb, n, m.Data)
			}
		}
	}
	for _, subject := range []string{"$JS.API.INFO", "$SYS.REQ.SERVER.PING",
		"$JS.API.CONSUMER.MSG.NEXT." + q.names.stream() + "." + forAny,
		q.names.jobs(forAny) + ".0123456789abcdef0123", "$KV." + q.names.entries() + "." + keyOf(c.ID), before[c.ID].Ack,
		"$JS.ACK." + q.names.stream() + "." + forAny + ".1.1.1.1.1", "_INBOX." + honest.nc.Opts.Name + ".x"} {
		if m, err := nc.Request(subject, []byte("+ACK"), 20*time.Millisecond); err == nil {
			t.Errorf("%s: %s", subject, m.Data)
		}
	}
	after, err := q.records(t.Context())
	if err != nil || len(after) != len(before) {
		t.Fatal(len(after), err)
	}
	for id, r := range after {
		if r.revision != before[id].revision {
			t.Errorf("entry %s was changed", id)
		}
	}
	if info, err := q.jobs.Info(t.Context()); err != nil || info.State.Msgs != 3 {
		t.Errorf("%v, %v", info, err)
	}
	if err := honest.hold(t.Context(), c, true, 1); err != nil {
		t.Errorf("the other worker: %v", err)
	}
}

// asker sends questions that no Worker would send.
func asker(t *testing.T, nc *nats.Conn, q *Queue, verb string, ask question) (a answer) {
	t.Helper()
	text, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	m, err := nc.Request(q.names.desk(verb), text, waitForServer)
	if err == nil {
		err = json.Unmarshal(m.Data, &a)
	}
	if err != nil {
		t.Fatalf("%s: %v", verb, err)
	}
	return a
}

// TestLies has somebody with the join file say things of jobs that others have.
func TestLies(t *testing.T) {
	q, file := listening(t, Limits{})
	q.ServeTokens(func(context.Context, job.Job) (string, string, error) { return "user", "secret", nil })
	put(t, q, jobs(2)...)
	honest := joined(t, file)
	c, err := honest.take(t.Context())
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	nc, err := intruder(t, file)
	if err != nil {
		t.Fatal(err)
	}
	body, err := packResult(job.Outcome{Reading: job.Reading{Complete: true}}, []byte("nothing was found"))
	if err != nil {
		t.Fatal(err)
	}
	other := jobs(2)[0].ID()
	if other == c.ID {
		other = jobs(2)[1].ID()
	}
	for _, who := range []question{{ID: c.ID, Secret: rand.Text()}, {ID: c.ID}, {ID: other, Secret: c.Secret}, {ID: other},
		{}, {ID: "*"}, {ID: ">"}, {ID: "../" + c.ID}, {ID: c.ID + ".x", Secret: c.Secret},
		{ID: strings.ToUpper(c.ID), Secret: c.Secret}} {
		for _, verb := range []string{askHold, askFinish, askPart, askFail, askGiveBack, askToken} {
			who.Body, who.Reason, who.Permanent, who.Moved = body, "it is gone", true, true
			if a := asker(t, nc, q, verb, who); !a.Lost || a.Token != nil || a.Claim != nil {
				t.Errorf("%s of %q: %+v", verb, who.ID, a)
			}
		}
	}
	for name, ask := range map[string]question{
		"no name": {Seal: "X"}, "no key": {Name: "w"}, "a long name": {Name: strings.Repeat("w", 1000), Seal: "X"},
		"a name with an escape": {Name: "w\x1b[2J", Seal: "X"}, "a name that turns": {Name: "w\u202e", Seal: "X"},
	} {
		if a := asker(t, nc, q, askTake, ask); a.Failed == "" || a.Claim != nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if r := entryOf(t, q, c.Job); r.State != Running || r.Worker != honest.name {
		t.Errorf("%+v", r)
	}
	// Answers go where answers go, and nowhere else, whatever is asked for.
	wipe := "$JS.API.STREAM.DELETE." + q.names.stream()
	for _, reply := range []string{q.names.desk(askTake), wipe, "skleak.x", "$KV.x"} {
		if err := nc.PublishRequest(q.names.desk(askTake), reply, []byte(`{"name": "w", "seal": "X"}`)); err != nil {
			t.Fatal(err)
		}
	}
	if err := honest.finish(t.Context(), c, job.Outcome{}, []byte("report")); err != nil {
		t.Error(err)
	}
	if a := asker(t, nc, q, askFinish, question{ID: c.ID, Secret: rand.Text(), Body: body}); !a.Lost {
		t.Errorf("finished twice: %+v", a)
	}
}

// TestAskerThatIsGone has somebody ask for a job, who is not there any more when it comes.
func TestAskerThatIsGone(t *testing.T) {
	q, file := listening(t, Limits{})
	put(t, q, jobs(1)...)
	nc, err := intruder(t, file)
	if err != nil {
		t.Fatal(err)
	}
	ask := []byte(`{"name": "w", "seal": "X"}`)
	for range 5 {
		if err := nc.PublishRequest(q.names.desk(askTake), inboxes+nc.Opts.Name+".nobody", ask); err != nil {
			t.Fatal(err)
		}
	}
	w := joined(t, file)
	var c *claim
	for until := time.Now().Add(time.Minute); c == nil && time.Now().Before(until); {
		c, _ = w.take(t.Context())
	}
	if c == nil {
		t.Fatal("the job is missed")
	}
	if e := entryOf(t, q, c.Job); e.Tries != 1 || e.Worker != w.name {
		t.Errorf("%+v", e)
	}
}

// TestBodies are results that are none, from somebody who has the job.
func TestBodies(t *testing.T) {
	limits := quick()
	limits.Report = 1000
	q, file := listening(t, limits)
	put(t, q, jobs(1)...)
	w := joined(t, file)
	c, err := w.take(t.Context())
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	many := `{"outcome":{"reading":{"leaks":"many"}}}` + "\n"
	for _, body := range []string{"", "\n", "x\nreport", "{}", many, "null\n", "{}\n"} {
		a := asker(t, w.nc, q, askFinish, question{ID: c.ID, Secret: c.Secret, Body: []byte(body)})
		if a.Failed == "" || a.Lost {
			t.Errorf("%q: %+v", body, a)
		}
	}
	part := func(at, size int) answer {
		return asker(t, w.nc, q, askPart, question{ID: c.ID, Secret: c.Secret, At: at, Body: make([]byte, size)})
	}
	for _, at := range []int{1, 1 << 40, -1} {
		if a := part(at, 1); a.Failed == "" {
			t.Errorf("a part at %d: %+v", at, a)
		}
	}
	for at, a := 0, (answer{}); a.Failed == ""; at += maxBody {
		if a = part(at, maxBody); at > 2*maxPayload {
			t.Fatal("parts without end are taken")
		} else if a.Failed != "" && (!a.Permanent || len(q.uploads.of) != 0) {
			t.Errorf("%+v, and %d uploads are kept", a, len(q.uploads.of))
		}
	}
	if e := entryOf(t, q, c.Job); e.State != Running {
		t.Errorf("%+v", e)
	}
}
