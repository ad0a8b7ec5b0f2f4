package fetch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
)

// stream is a session over one connection in both directions, as SSH and git: have it. go-git's own of this kind connect
// without a context, tell nothing before the last ref has come, and read no configuration of SSH but a part of one file.
type stream struct {
	heard  *heard
	from   *bufio.Reader
	to     *bufio.Writer
	end    func() error          // closes the connection, and waits for what held it
	reason func(err error) error // says why the server sent no refs, or broke off; may be nil
}

// newStream begins a session over a connection, of which no more refs are taken than the watch allows.
func newStream(w *watch, from io.Reader, to io.Writer, end func() error) *stream {
	h := &heard{ReadCloser: io.NopCloser(from), watch: w, left: w.maxRefs, over: errManyRefs}
	return &stream{heard: h, from: bufio.NewReaderSize(h, 64<<10), to: bufio.NewWriter(to), end: end}
}

// AdvertisedReferencesContext implements session. The connection knows the context already.
func (s *stream) AdvertisedReferencesContext(context.Context) (*packp.AdvRefs, error) {
	refs := packp.NewAdvRefs()
	err := refs.Decode(s.from)
	switch {
	case errors.Is(err, packp.ErrEmptyAdvRefs), err == nil && refs.IsEmpty():
		return nil, transport.ErrEmptyRemoteRepository
	case err != nil:
		return nil, s.because(err)
	}
	s.heard.left = -1 // how much may come of the pack is for others to say
	transport.FilterUnsupportedCapabilities(refs.Capabilities)
	return refs, nil
}

// UploadPack implements session.
func (s *stream) UploadPack(_ context.Context, request *packp.UploadPackRequest) (*packp.UploadPackResponse, error) {
	err := request.UploadRequest.Encode(s.to)
	if err == nil {
		err = request.UploadHaves.Encode(s.to, true)
	}
	if err == nil {
		err = pktline.NewEncoder(s.to).EncodeString("done\n")
	}
	if err == nil {
		err = s.to.Flush()
	}
	if err != nil {
		return nil, s.because(fmt.Errorf("asking for the pack: %w", err))
	}
	answer := packp.NewUploadPackResponse(request)
	if err := answer.Decode(io.NopCloser(s.from)); err != nil {
		return nil, s.because(err)
	}
	return answer, nil
}

// Close implements session.
func (s *stream) Close() error { return s.end() }

// because is why the conversation ended: what the server said in place of refs, or what else is known.
func (s *stream) because(err error) error {
	var line *pktline.ErrorLine
	if errors.As(err, &line) && saysNotFound(line.Text) {
		return transport.ErrRepositoryNotFound
	}
	if errors.Is(err, packp.ErrEmptyInput) {
		err = io.ErrUnexpectedEOF
	}
	if s.reason != nil {
		return s.reason(err)
	}
	return err
}

// saysNotFound recognises how servers say that a repository is not there, or not for everybody.
func saysNotFound(text string) bool {
	text = strings.ToLower(text)
	for _, words := range []string{
		"not found", "not appear to be a git repository", "does not exist", "no such repository", "access denied",
		"could not be found", "cannot find repository",
	} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// gitPort is where programs listen that speak git's own protocol.
const gitPort = 9418

// overGit begins a session over git's own protocol, which is in the clear and asks nobody who he is.
func (r Request) overGit(w *watch) (session, error) {
	port := r.URL.port
	if port == 0 {
		port = gitPort
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second}
	conn, err := dialer.DialContext(w.ctx, "tcp", net.JoinHostPort(r.URL.host, strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	unhook := context.AfterFunc(w.ctx, func() { conn.Close() })
	s := newStream(w, conn, conn, func() error { unhook(); return conn.Close() })
	hello := packp.GitProtoRequest{RequestCommand: uploadPack, Pathname: r.URL.pathOnServer(), Host: r.URL.hostPort()}
	if err := hello.Encode(conn); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// uploadPack is what serves a fetch.
const uploadPack = "git-upload-pack"

// pathOnServer is the path as git hands it over: one that begins with a home has no slash before it.
func (u URL) pathOnServer() string {
	if strings.HasPrefix(u.path, "/~") {
		return u.path[1:]
	}
	return u.path
}
