package queue

import (
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"skleak/scanner/cause"
)

// gate lets connections in. The coordinator's own come from within the process and know a word made for this process.
// Workers come over TLS and have signed what the server gave them to sign. They are in an account of their own: it has
// no JetStream, and nothing that is said in it reaches the other one but through the desk.
type gate struct {
	word    string                         // of our own connections
	worker  string                         // public key of workers; "" if nobody else is let in
	desk    string                         // subjects that workers may publish to
	workers atomic.Pointer[server.Account] // nil until there is one: nobody else is let in before
}

const (
	coordinatorUser = "coordinator"
	deskUser        = "desk"
)

// inboxOf is what a worker calls its connection, and the subject that its answers come to. Nobody else can guess it,
// so nobody can listen to what another worker is told.
var inboxOf = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// Check is asked by the server about each connection.
func (g *gate) Check(c server.ClientAuthentication) bool {
	said := c.GetOpts()
	if c.Kind() != server.CLIENT {
		return false
	}
	if state := c.GetTLSConnectionState(); state == nil {
		if _, remote := c.RemoteAddress().(*net.TCPAddr); remote {
			return false
		}
		return g.own(c, said)
	}
	key, err := nkeys.FromPublicKey(g.worker)
	account := g.workers.Load()
	if err != nil || account == nil || said.Nkey != g.worker || !inboxOf.MatchString(said.Name) {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(said.Sig)
	if err != nil || key.Verify(c.GetNonce(), signature) != nil {
		return false
	}
	c.RegisterUser(&server.User{Username: "worker", Account: account, Permissions: &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: []string{g.desk}},
		Subscribe: &server.SubjectPermission{Allow: []string{inboxes + said.Name + ".>"}},
	}})
	return true
}

func (g *gate) own(c server.ClientAuthentication, said *server.ClientOpts) bool {
	if subtle.ConstantTimeCompare([]byte(said.Password), []byte(g.word)) != 1 {
		return false
	}
	switch account := g.workers.Load(); said.Username {
	case coordinatorUser:
		return true
	case deskUser:
		c.RegisterUser(&server.User{Username: deskUser, Account: account})
		return account != nil
	}
	return false
}

// keys are what a queue that listens has, and what a join file is made of.
type keys struct {
	CA     []byte `json:"ca"`     // certificate, PEM
	CAKey  []byte `json:"caKey"`  // PEM
	Worker []byte `json:"worker"` // nkey seed that all workers have
}

// keys reads the keys of a folder, or makes them.
func (d *folder) keys() (k keys, err error) {
	path := filepath.Join(d.path, listenName)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return d.newKeys(path)
	}
	if err != nil {
		return k, fmt.Errorf("reading %s: %w", path, cause.Of(err))
	}
	if err := json.Unmarshal(text, &k); err != nil {
		return k, DamagedError{path, err}
	}
	return k, nil
}

func (d *folder) newKeys(path string) (k keys, err error) {
	if k.CA, k.CAKey, err = newAuthority(); err != nil {
		return k, fmt.Errorf("making a CA: %w", err)
	}
	pair, err := nkeys.CreateUser()
	if err == nil {
		k.Worker, err = pair.Seed()
	}
	if err != nil {
		return k, fmt.Errorf("making a key for workers: %w", err)
	}
	text, err := json.Marshal(k)
	if err != nil {
		return k, err
	}
	return k, writeNew(path, text)
}

// listener is what a server that listens has besides.
type listener struct {
	keys        keys
	worker      string // public key of workers
	host        string
	port        int
	addresses   []string // that it is reached at; those without a port have the one that it listens at
	certificate tls.Certificate
}

func newListener(o Options, d *folder) (*listener, error) {
	host, text, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("port %q is no number", text)
	}
	l := &listener{host: host, port: int(port)}
	if port == 0 {
		l.port = server.RANDOM_PORT
	}
	if l.keys, err = d.keys(); err != nil {
		return nil, err
	}
	pair, err := nkeys.FromSeed(l.keys.Worker)
	if err == nil {
		l.worker, err = pair.PublicKey()
	}
	if err != nil {
		return nil, fmt.Errorf("reading the key for workers: %w", err)
	}
	hosts, err := reachable(host)
	if err != nil {
		return nil, err
	}
	l.addresses = slices.Concat(o.Addresses, hosts)
	if l.certificate, err = newCertificate(l.keys, l.addresses); err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	return l, nil
}

// open has a server listen: with TLS from the first byte, and to nobody without the key.
func (l *listener) open(o *server.Options, g *gate) {
	g.worker = l.worker
	o.DontListen, o.Host, o.Port = false, l.host, l.port
	o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{l.certificate}, MinVersion: tls.VersionTLS13}
	o.TLSHandshakeFirst, o.TLSTimeout, o.AuthTimeout = true, 5, 5
	o.MaxConn, o.MaxSubs = maxConnections, maxSubscriptions
}

// maxConnections bounds how many workers there are at once; maxSubscriptions what each of them listens to, but also our
// own connection, which has one for each job that somebody waits for.
const (
	maxConnections   = 4096
	maxSubscriptions = 2 * (takesAtOnce + askedAtOnce)
)

// connect makes a connection of our own to the server in this process.
func (g *gate) connect(s *server.Server, user string) (*nats.Conn, error) {
	options := append(quietly(rand.Text()), nats.InProcessServer(s), nats.Name(user), nats.UserInfo(user, g.word))
	nc, err := nats.Connect("", options...)
	if err != nil {
		return nil, fmt.Errorf("connecting to the NATS server: %w", err)
	}
	return nc, nil
}

// welcome answers workers, and writes the file that lets them in.
func (q *Queue) welcome(s *server.Server, g *gate, l *listener, join string) error {
	// Not before the server runs: of several accounts, it would give JetStream to none.
	account, _ := s.LookupOrRegisterAccount("workers")
	g.workers.Store(account)
	nc, err := g.connect(s, deskUser)
	if err != nil {
		return err
	}
	q.atClose(nc.Close)
	if err := q.serve(nc); err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(s.Addr().String())
	if err != nil {
		return err
	}
	j := joinFile{Version: joinVersion, CA: string(l.keys.CA), Key: string(l.keys.Worker)}
	for _, a := range l.addresses {
		if _, _, err := net.SplitHostPort(a); err != nil {
			a = net.JoinHostPort(a, port)
		}
		j.Addresses = append(j.Addresses, a)
	}
	return j.write(join)
}
