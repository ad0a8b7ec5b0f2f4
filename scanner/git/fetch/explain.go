package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/transport"
	gohttp "github.com/go-git/go-git/v5/plumbing/transport/http"
)

// Error is why a fetch failed, where that says what to do about it.
type Error struct {
	Kind Kind
	text string
}

// Kind is what an Error is about.
type Kind int

const (
	Gone      Kind = iota + 1 // there is no such repository, or it is not for everybody to see
	Forbidden                 // it is not for who one is
	Withheld                  // it is withheld for legal reasons
	TooLarge                  // it is larger than what is taken
	DiskFull                  // there is no room for it here
)

func (e *Error) Error() string { return e.text }

var (
	errGone        = &Error{Gone, "there is no such repository any more: look at the URL again"}
	errWithheld    = &Error{Withheld, "the host withholds this repository for legal reasons (status 451)"}
	errUnknownHost = errors.New("no host of this name is known: look at the URL again, and whether this machine has a network")
	errNotSpoken   = errors.New("the server does not answer as a git server does (SHA-256 repositories are not fetched: " +
		"clone it with git, and scan the clone)")
)

// KindOf is what an error is about; 0 where that is none of the kinds.
func KindOf(err error) Kind {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Kind
	}
	return 0
}

// explain puts an error of go-git into words that say what to try. What the server said is never repeated: it was sent
// the token, and may send it back.
func (r Request) explain(err error) error { return r.explainAs(err, "") }

// explainAs is explain for who came with credentials from somewhere.
func (r Request) explainAs(err error, from string) error {
	if err == nil || errors.Is(err, transport.ErrEmptyRemoteRepository) || errors.Is(err, context.Canceled) {
		return err
	}
	var status *gohttp.Err
	if unexpected := (*plumbing.UnexpectedError)(nil); errors.As(err, &unexpected) {
		err = unexpected.Err // which it does not unwrap
	}
	text := err.Error()
	switch {
	case errors.As(err, new(sshError)):
		return err
	case errors.Is(err, transport.ErrAuthenticationRequired) && from != "":
		return &Error{Forbidden, "the server refuses " + from + ": it may have expired, or be for another host"}
	case errors.Is(err, transport.ErrAuthenticationRequired):
		return &Error{Forbidden, "the server asks who you are: " + r.whoToBe()}
	case errors.Is(err, transport.ErrAuthorizationFailed) && from != "":
		return &Error{Forbidden, "the server does not let " + from +
			" read this repository: it needs the right to read its contents"}
	case errors.Is(err, transport.ErrAuthorizationFailed):
		return &Error{Forbidden, "the server lets nobody read this repository who does not say who he is: " + r.whoToBe()}
	case errors.Is(err, transport.ErrRepositoryNotFound) && (from != "" || r.URL.scheme == "git"):
		return &Error{Gone, "there is no such repository, or it is not for you: look at the URL again"}
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return &Error{Gone, "there is no such repository, or it is private: look at the URL again, or " + r.whoToBe()}
	case errors.As(err, &status) && status.Response.StatusCode == http.StatusGone:
		return errGone
	case errors.As(err, &status) && status.Response.StatusCode == http.StatusUnavailableForLegalReasons:
		return errWithheld
	case errors.As(err, &status):
		return errors.New("the server answers with status " +
			status.Response.Status[:min(3, len(status.Response.Status))] + ": try again later, or look at the URL again")
	case strings.Contains(text, "http redirect:"):
		return errors.New("the server sends the client elsewhere, where it does not follow: give the URL that the " +
			"repository has now")
	}
	if told := Unconnected(err); told != nil {
		return told
	}
	return errNotSpoken
}

// Unconnected puts an error of a connection into words that say what to try. It returns nil for all other errors.
func Unconnected(err error) error {
	var unknown x509.UnknownAuthorityError
	var invalid *tls.CertificateVerificationError
	var name *net.DNSError
	var connection *net.OpError
	switch {
	case errors.As(err, &unknown), errors.As(err, &invalid):
		return errors.New("the server's certificate is not one that this machine trusts: SSL_CERT_FILE names a file of " +
			"others")
	case errors.As(err, &name):
		return errUnknownHost
	case strings.HasSuffix(err.Error(), "EOF"):
		return errors.New("the server broke off: try again")
	case errors.As(err, &connection):
		return errors.New("there is no connection to the host: look at the URL again, and whether this machine has a network")
	}
	return nil
}

// whoToBe is how to say who one is.
func (r Request) whoToBe() string {
	switch {
	case r.URL.scheme == "ssh":
		return "use a key of SSH that may read it"
	case r.URL.scheme == "http" && !r.URL.isLoopback():
		return "use https, since tokens are not sent over http"
	}
	if f, ok := r.Credentials.forgeAt(r.URL.origin()); ok {
		return "give --token-file FILE, or set " + f.variables[0]
	}
	return "give --token-file FILE"
}
