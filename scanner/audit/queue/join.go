package queue

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"skleak/scanner/cause"
)

// joinFile lets a worker in. Whoever has it may take jobs, and is told what to clone them with.
type joinFile struct {
	Version   int      `json:"version"`
	Addresses []string `json:"addresses"` // host:port, to be tried in turn
	CA        string   `json:"ca"`        // PEM: the coordinator has a certificate of this CA
	Key       string   `json:"key"`       // nkey seed
}

const (
	joinVersion = 1
	maxJoinFile = 1 << 20
)

func (j joinFile) write(path string) error {
	text, err := json.MarshalIndent(j, "", "  ")
	if err != nil {
		return err
	}
	return writeNew(path, append(text, '\n'))
}

func readJoinFile(path string) (j joinFile, err error) {
	f, err := os.Open(path)
	if err != nil {
		return j, fmt.Errorf("reading %s: %w", path, cause.Of(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxJoinFile))
	if err != nil {
		return j, fmt.Errorf("reading %s: %w", path, cause.Of(err))
	}
	if err := json.Unmarshal(text, &j); err != nil {
		return j, fmt.Errorf("%s is no file to join an audit with: copy the one that the coordinator wrote", path)
	}
	if j.Version != joinVersion {
		return j, VersionError{path, j.Version}
	}
	if len(j.Addresses) == 0 {
		return j, fmt.Errorf("%s is no file to join an audit with: it names no address", path)
	}
	return j, nil
}

// Join connects to the coordinator that wrote a join file. When ctx ends, a connection that breaks is not made again.
func Join(ctx context.Context, path string) (*Worker, error) {
	j, err := readJoinFile(path)
	if err != nil {
		return nil, err
	}
	options, err := j.options()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	urls := make([]string, len(j.Addresses))
	for i, a := range j.Addresses {
		urls[i] = "tls://" + a
	}
	options = append(options, nats.SetCustomDialer(dialer{ctx}))
	nc, err := nats.Connect(strings.Join(urls, ","), options...)
	if err != nil {
		return nil, fmt.Errorf("joining the audit at %s: %w", strings.Join(j.Addresses, ", "), plainly(path, err))
	}
	return newWorker(nc, embedded)
}

// plainly says why nobody let us in, in words of ours where there are any.
func plainly(path string, err error) error {
	var authority x509.UnknownAuthorityError
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &authority), errors.As(err, &verify):
		return fmt.Errorf("who answers there is not the audit that wrote %s: copy the file again", path)
	case errors.Is(err, nats.ErrNoServers):
		return errors.New("nobody answers there: is skleak-audit run --listen at work, and can this machine reach it?")
	}
	return err
}

func (j joinFile) options() ([]nats.Option, error) {
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM([]byte(j.CA)) {
		return nil, errors.New("its CA is none")
	}
	pair, err := nkeys.FromSeed([]byte(j.Key))
	if err != nil {
		return nil, fmt.Errorf("its key is none: %w", err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("its key is none: %w", err)
	}
	inbox := rand.Text()
	return append(quietly(inbox), nats.Name(inbox), nats.DontRandomize(),
		nats.Secure(&tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS13}), nats.TLSHandshakeFirst(),
		nats.Nkey(public, pair.Sign)), nil
}
