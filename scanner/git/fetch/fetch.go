// Package fetch brings a repository from another machine onto this one, to be scanned: all its refs, and one pack that
// is written as it comes. Nothing of it is unpacked, and no more of it is held in memory than the names of the refs.
//
// go-git speaks to the server. The server is as little trusted as what it sends: it may name refs without end, send
// packs without end or none, stop in mid-stream, and send the client elsewhere. Each of these has a bound, and a name.
// What the pack holds is for the scan to find out, which trusts no pack.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/transport"
)

// Request says what to fetch.
type Request struct {
	URL         URL
	Dir         string // a folder that is empty, and becomes a bare repository
	Credentials Credentials
	MaxBytes    int64             // of the pack; 0: DefaultMaxBytes
	Received    func(bytes int64) // hears how many bytes of the pack have come; may be nil

	stall   time.Duration // in place of stallTime, for tests
	maxRefs int64         // in place of maxRefBytes, for tests
}

const (
	// DefaultMaxBytes is far above what anybody keeps in one repository.
	DefaultMaxBytes = 64 << 30
	// stallTime is how long a server may be silent. One that is busy counting says something every five seconds.
	stallTime = time.Minute
	// maxRefBytes bounds what the names of refs may take: ten million names are a gigabyte, the largest honest
	// repositories have one million.
	maxRefBytes = 512 << 20
)

// Fetch makes Dir a bare repository with all that the refs of the server's repository lead to. An empty repository has
// no pack. Errors say what to try, in one line, and hold nothing that the server said.
func Fetch(ctx context.Context, r Request) error {
	w := newWatch(ctx, r.stall, r.maxRefs)
	defer w.end()
	err := r.fetch(w)
	if cause := context.Cause(w.ctx); cause != nil {
		err = cause
	}
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("fetching %s: %w", r.URL, err)
}

func (r Request) fetch(w *watch) error {
	session, refs, err := r.connect(w)
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return writeMirror(r.Dir, r.URL, packp.NewAdvRefs())
	}
	if err != nil {
		return err
	}
	defer session.Close() //nolint:errcheck // all that was wanted has come, or an error was returned
	if err := writeMirror(r.Dir, r.URL, refs); err != nil {
		return err
	}
	wants := wantsOf(refs)
	if len(wants) == 0 {
		return nil
	}
	request := packp.NewUploadPackRequest()
	request.Wants = wants
	for _, one := range []capability.Capability{capability.OFSDelta, capability.Sideband64k, capability.NoProgress} {
		if refs.Capabilities.Supports(one) {
			_ = request.Capabilities.Set(one) // it takes no argument
		}
	}
	w.alive()
	answer, err := session.UploadPack(w.ctx, request)
	if err != nil {
		return r.explain(err)
	}
	defer answer.Close() //nolint:errcheck // as above
	return r.receive(w, answer, request)
}

// wantsOf are the objects that refs name, each once.
func wantsOf(refs *packp.AdvRefs) (wants []plumbing.Hash) {
	seen := map[plumbing.Hash]bool{}
	add := func(id plumbing.Hash) {
		if !seen[id] && !id.IsZero() {
			seen[id] = true
			wants = append(wants, id)
		}
	}
	for _, id := range refs.References {
		add(id)
	}
	if refs.Head != nil {
		add(*refs.Head)
	}
	return wants
}

// connect asks the server for its refs: with the credentials that are at hand, and if it wants others, with those that
// git knows.
func (r Request) connect(w *watch) (session, *packp.AdvRefs, error) {
	user, secret, from := r.Credentials.forURL(r.URL)
	session, refs, err := r.ask(w, user, secret)
	if !errors.Is(err, transport.ErrAuthenticationRequired) || secret != "" {
		return session, refs, r.explainAs(err, from)
	}
	if user, secret = askGit(w.ctx, r.URL, r.Dir, r.Credentials.Env); secret == "" {
		return nil, nil, r.explainAs(err, from)
	}
	session, refs, err = r.ask(w, user, secret)
	return session, refs, r.explainAs(err, "what `git credential fill` gave")
}

func (r Request) ask(w *watch, user, secret string) (session, *packp.AdvRefs, error) {
	session, err := r.session(w, user, secret)
	if err != nil {
		return nil, nil, err
	}
	refs, err := session.AdvertisedReferencesContext(w.ctx)
	if err != nil {
		return nil, nil, errors.Join(err, session.Close())
	}
	return session, refs, nil
}

// MakeTemporary makes the folder for a mirror that is to be thrown away, for its owner alone, named as the repository.
func MakeTemporary(u URL) (dir string, remove func() error, err error) {
	root, err := os.MkdirTemp("", "skleak-fetch-")
	if err != nil {
		return "", nil, fmt.Errorf("making a folder for what is fetched: %w", err)
	}
	remove = func() error { return os.RemoveAll(root) }
	dir = root + string(os.PathSeparator) + safeName(u.Name()) + ".git"
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", nil, errors.Join(fmt.Errorf("making a folder for what is fetched: %w", err), remove())
	}
	return dir, remove, nil
}
