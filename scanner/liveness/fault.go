package liveness

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// faultText says in words of ours why no answer came. The text of err is never passed on: it can hold
// the URL, a header, a proxy's password, or what a server wrote in its place.
func faultText(err error) string {
	var unknownAuthority x509.UnknownAuthorityError
	var wrongName x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.As(err, &wrongName):
		return "no secure connection: the certificate is for another name"
	case errors.As(err, &unknownAuthority):
		return "no secure connection: the certificate is signed by nobody known here"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "no secure connection: the certificate has expired or is not valid yet"
	case errors.As(err, &verification), errors.As(err, &invalid):
		return "no secure connection: the certificate is not valid"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "no secure connection: the server does not speak TLS"
	case strings.Contains(err.Error(), "tls: "): // such errors have no type
		return "no secure connection: TLS could not be agreed on"
	case errors.As(err, &dns):
		return "no answer: the name of the host could not be looked up"
	case isTimeout(err):
		return "no answer in time"
	case isRefused(err):
		return "no answer: the connection was refused"
	case isDropped(err):
		return "the connection was dropped before the answer was complete, after retries as well"
	case errors.Is(err, errNotLoopback):
		return "no answer: localhost is not this machine"
	}
	return "no answer: the connection failed"
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout()
}

// isDropped is true where a connection that was there ended too early: what a restart of the server
// or of something on the way does, and worth another try.
func isDropped(err error) bool {
	if isTimeout(err) {
		return false
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || isWindows(err, 10053, 10054)
}

func isRefused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || isWindows(err, 10061)
}

// isWindows compares with Windows' own numbers, for which Go has no names that all systems know.
func isWindows(err error, numbers ...syscall.Errno) bool {
	for _, n := range numbers {
		if runtime.GOOS == "windows" && errors.Is(err, n) {
			return true
		}
	}
	return false
}
