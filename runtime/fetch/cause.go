package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// broke is the error of an exchange that the network, or the time, broke off.
func (p *plan) broke(ctx context.Context, err error, connected bool) *Error {
	var e *Error
	switch {
	case ctx.Err() != nil:
		e = ended(ctx)
	case errors.Is(err, errGuard):
		e = fault(ErrAddress, "%s", guardText(err))
	case !connected:
		e = fault(ErrConnect, "%s", causeOf(err))
		e.again = mayPass(err)
	default:
		e = fault(ErrTransport, "%s", causeOf(err))
		e.again = true
	}
	if connected {
		return p.received(e)
	}
	return e // nothing was sent, so nothing can have been done
}

// received is an error after which the host may have acted. A request that
// changes something is then sent again only if the host can tell that it is
// the same one, and its result is unknown.
func (p *plan) received(e *Error) *Error {
	if safe(p.first.method) {
		return e
	}
	e.again = e.again && p.keyed
	if !errors.Is(e, ErrHungUp) {
		e.Reason = ivr.ReasonUnknownResult
	}
	return e
}

// causeOf says in fixed words why the network failed. The errors of net/http
// and its neighbours hold addresses, and pieces of what the other side sent,
// which may be our own secrets sent back.
func causeOf(err error) string {
	if text := certificateCause(err); text != "" {
		return text
	}
	if errors.Is(err, errProxy) {
		return "the proxy refuses"
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return nameCause(e)
	}
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return e.Error() // the operating system's words, such as "connection refused"
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return "it did not answer in time"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it hung up"
	}
	return "it does not keep to the protocol"
}

func nameCause(e *net.DNSError) string {
	switch {
	case e.IsNotFound:
		return "its name is not known"
	case e.IsTimeout:
		return "its name was not found in time"
	}
	return "its name could not be looked up"
}

func certificateCause(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "its certificate is for another name"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "its certificate is signed by nobody known"
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired {
			return "its certificate has expired, or is not valid yet"
		}
		return "its certificate is not valid"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "its certificate is not valid"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "it does not speak TLS"
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return "it ended the TLS handshake"
	}
	return ""
}

// mayPass reports a failure to connect that may be gone a moment later.
func mayPass(err error) bool {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return !e.IsNotFound
	}
	return certificateCause(err) == ""
}

// guardText is what a guard said, out of the dialler's error.
func guardText(err error) string {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if text, ok := strings.CutPrefix(e.Error(), errGuard.Error()+": "); ok {
			return text
		}
	}
	return "no host that may be called"
}
