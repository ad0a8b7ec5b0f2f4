package fetch

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"skleak/scanner/git/oid"
)

// Server is a conversation with a server that has named its refs. What is fetched are these refs: a server that names
// others when it is asked again is not asked again.
type Server struct {
	Refs  Refs
	Moved Moved // where it has led the client

	ctx     context.Context // of who asked
	request Request
	watch   *watch
	session session // nil where the repository is empty, or git fetches
	able    *capability.List
	closed  bool
}

// Moved says where a server has led the client.
type Moved int

const (
	NotMoved  Moved = iota
	Renamed         // to another path on the same host
	Elsewhere       // to another host, where no token goes along
)

// Connect begins a conversation. It is to be closed, and must not be left alone for longer than a minute.
func Connect(ctx context.Context, r Request) (*Server, error) {
	s := &Server{ctx: ctx, request: r, watch: newWatch(ctx, r), able: capability.NewList()}
	if err := s.explain(s.connect()); err != nil {
		_ = s.Close() // which adds nothing to why
		return nil, err
	}
	return s, nil
}

// explain says what was being done when an error happened, or that ctx has ended.
func (s *Server) explain(err error) error {
	if cause := context.Cause(s.watch.ctx); cause != nil {
		err = cause
	}
	if err == nil || s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	return fmt.Errorf("fetching %s: %w", s.request.URL, err)
}

// Close ends the conversation. A nil Server, and one that is closed, are closed.
func (s *Server) Close() error {
	if s == nil || s.closed {
		return nil
	}
	s.closed = true
	s.watch.end()
	if s.session == nil {
		return nil
	}
	return s.session.Close()
}

// connect asks the server for its refs: with the credentials that are at hand, and if it wants others, with those that
// git knows.
func (s *Server) connect() error {
	r := s.request
	if r.WithGit {
		return s.askProgram()
	}
	user, secret, from := r.Credentials.forURL(r.URL)
	refs, err := s.ask(user, secret)
	if errors.Is(err, transport.ErrAuthenticationRequired) && secret == "" {
		if user, secret = askGit(s.watch.ctx, r.URL, r.Credentials.Env); secret != "" {
			from = "what `git credential fill` gave"
			refs, err = s.ask(user, secret)
		}
	}
	s.Moved = s.watch.moved(r.URL)
	switch {
	case errors.Is(err, transport.ErrEmptyRemoteRepository):
		return nil
	case err != nil:
		return r.explainAs(err, from)
	}
	s.able = refs.Capabilities
	s.Refs, err = refsOf(refs)
	return err
}

func (s *Server) ask(user, secret string) (*packp.AdvRefs, error) {
	session, err := s.request.session(s.watch, user, secret)
	if err != nil {
		return nil, err
	}
	refs, err := session.AdvertisedReferencesContext(s.watch.ctx)
	if err != nil {
		return nil, errors.Join(err, session.Close())
	}
	s.session = session
	return refs, nil
}

// Fetch brings what the refs lead to and the mirror does not have, and then puts them in the place of the mirror's. A
// fetch that fails leaves the mirror as it was.
func (s *Server) Fetch() error {
	err := makeMirror(s.request.Dir, s.request.URL)
	if err == nil {
		err = s.bringNew()
	}
	if err == nil {
		err = writeRefs(s.request.Dir, s.Refs)
	}
	return s.explain(err)
}

func (s *Server) bringNew() error {
	had, err := MirrorRefs(s.request.Dir)
	if err != nil {
		return err
	}
	wants, haves := s.missing(had)
	if len(wants) == 0 {
		return nil
	}
	return s.bring(wants, haves)
}

// maxHaves bounds how many objects the server is told of that are here. Each is a line; what goes beyond costs that some
// of them may come again.
const maxHaves = 50_000

// missing are the objects to ask for, and those of which the server is told that they are here with all that they lead
// to: first those that it surely knows, because refs of its lead there.
func (s *Server) missing(had Refs) (wants, haves []oid.ID) {
	here := map[oid.ID]bool{}
	for _, id := range had.IDs() {
		here[id] = true
	}
	for _, id := range s.Refs.IDs() {
		if here[id] {
			haves = append(haves, id)
			delete(here, id)
		} else {
			wants = append(wants, id)
		}
	}
	for _, id := range had.IDs() {
		if here[id] {
			haves = append(haves, id)
		}
	}
	return wants, haves[:min(len(haves), maxHaves)]
}

// bring asks for a pack, which holds what wants lead to and haves do not, and puts it into the mirror.
func (s *Server) bring(wants, haves []oid.ID) error {
	if err := s.request.checkRoom(s.request.Expected); err != nil {
		return err
	}
	if s.request.WithGit {
		return s.bringByProgram(wants)
	}
	request := packp.NewUploadPackRequest()
	request.Wants, request.Haves = hashes(wants), hashes(haves)
	for _, one := range []capability.Capability{capability.OFSDelta, capability.Sideband64k, capability.NoProgress} {
		if s.able.Supports(one) {
			_ = request.Capabilities.Set(one) // it takes no argument
		}
	}
	s.watch.alive()
	answer, err := s.session.UploadPack(s.watch.ctx, request)
	switch {
	case isRefusal(err):
		return errNotOurs
	case err != nil:
		return s.request.explain(err)
	}
	defer answer.Close() //nolint:errcheck // all that was wanted has come, or an error is returned
	return s.request.receive(s.watch, answer, request)
}

func hashes(ids []oid.ID) (all []plumbing.Hash) {
	all = make([]plumbing.Hash, len(ids))
	for i, id := range ids {
		copy(all[i][:], id[:])
	}
	return all
}
