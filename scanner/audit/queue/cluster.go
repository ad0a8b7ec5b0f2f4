package queue

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"skleak/scanner/cause"
)

// Cluster is a NATS server, or several, that somebody else runs. What its workers may do is for its owner to say: a
// worker publishes to skleak.AUDIT.desk.* and hears answers at _INBOX.>.
type Cluster struct {
	URL    string // nats:// or tls://, several with commas between; TLS is demanded but of this machine
	Creds  string // file with a user's JWT and key; "" for none
	CA     string // file with the CAs that are believed, PEM; "" for those of the system
	Audit  string // names the audit, among those on the same servers: letters, digits, _ and -
	Say    func(string)
	Limits Limits
	Tokens Tokens // as in Options
	Orders []byte // as in Options
}

// auditName is what may stand in the names of streams and in subjects.
var auditName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Connect opens the queue of an audit on somebody else's servers, or makes it there.
func Connect(ctx context.Context, c Cluster) (*Queue, error) {
	nc, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	q := newQueue(c.Audit, c.Limits, c.Say)
	q.atClose(nc.Close)
	q.nc, q.place = nc, "the queue of audit "+c.Audit
	if c.Tokens != nil {
		q.ServeTokens(c.Tokens)
	}
	if err = q.setOrders(c.Orders); err == nil {
		err = q.adopt(ctx)
	}
	if err != nil {
		q.Close()
		return nil, err
	}
	return q, nil
}

func (q *Queue) adopt(ctx context.Context) error {
	if m, err := q.nc.Request(q.names.desk(askHold), []byte("{}"), waitForJob); err == nil && len(m.Data) > 0 {
		return InUseError{q.place}
	}
	js, err := jetstream.New(q.nc, jetstream.WithDefaultTimeout(waitForServer))
	if err != nil {
		return err
	}
	_, err = js.KeyValue(ctx, q.names.entries())
	fresh := errors.Is(err, jetstream.ErrBucketNotFound)
	if err != nil && !fresh {
		return fmt.Errorf("opening %s: %w", q.place, err)
	}
	if q.nc.ConnectedClusterName() != "" {
		q.replicas = 3
	}
	if err := q.open(ctx, fresh); err != nil {
		return fmt.Errorf("opening %s: %w", q.place, err)
	}
	if err := q.serve(q.nc); err != nil {
		return err
	}
	q.tend()
	return nil
}

// Attach connects a worker to the coordinator of an audit on somebody else's servers.
func Attach(ctx context.Context, c Cluster) (*Worker, error) {
	nc, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	return newWorker(nc, c.Audit)
}

func (c Cluster) connect(ctx context.Context) (*nats.Conn, error) {
	if !auditName.MatchString(c.Audit) {
		return nil, fmt.Errorf("%q cannot name an audit: letters, digits, _ and - can", c.Audit)
	}
	options := append(quietly(rand.Text()), nats.SetCustomDialer(dialer{ctx}))
	local := true
	for text := range strings.SplitSeq(c.URL, ",") {
		own, err := isLocal(text)
		if err != nil {
			return nil, err
		}
		local = local && own
	}
	if !local || c.CA != "" {
		t := &tls.Config{MinVersion: tls.VersionTLS12}
		if c.CA != "" {
			pem, err := os.ReadFile(c.CA)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", c.CA, cause.Of(err))
			}
			if t.RootCAs = x509.NewCertPool(); !t.RootCAs.AppendCertsFromPEM(pem) {
				return nil, fmt.Errorf("%s holds no certificate", c.CA)
			}
		}
		options = append(options, nats.Secure(t))
	}
	if c.Creds != "" {
		options = append(options, nats.UserCredentials(c.Creds))
	}
	nc, err := nats.Connect(c.URL, options...)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", c.URL, err)
	}
	if nc.MaxPayload() < maxMessage {
		nc.Close()
		return nil, fmt.Errorf("%s takes messages of %d bytes at most, and a megabyte is needed", c.URL, nc.MaxPayload())
	}
	return nc, nil
}

// isLocal is true for a server on this machine. One whose address holds a password is refused, since other users of
// the machine see it in the list of processes.
func isLocal(text string) (bool, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return false, errors.New("the address of the NATS server is no URL")
	case u.User != nil:
		return false, fmt.Errorf("the address of %s holds a user or a token: they belong into a file of credentials", u.Host)
	case u.Scheme != "nats" && u.Scheme != "tls":
		return false, fmt.Errorf("%s is no address of a NATS server: it starts with nats:// or tls://", text)
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback(), nil
}
