package fetch

import (
	"errors"
	"fmt"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Why a request had no usable answer. The errors of [Fetcher.Do] are of type
// [*Error] and wrap one of these.
var (
	// Refused before anything was dialled.
	ErrRequest    = errors.New("the request is not well-formed")
	ErrValue      = errors.New("a value cannot stand where it is put")
	ErrNotAllowed = errors.New("the configuration does not allow it")
	ErrBusy       = errors.New("too many requests to this host at the same time")
	ErrOpen       = errors.New("the host failed too often; its circuit breaker is open")

	// Refused on the way.
	ErrAddress   = errors.New("the host's name leads to an address that may not be dialled")
	ErrRedirect  = errors.New("the host redirects to where the request may not go")
	ErrRedirects = errors.New("the host redirects too often")

	// The network, the host, the time.
	ErrConnect   = errors.New("no connection")
	ErrTransport = errors.New("the connection broke")
	ErrTimeout   = errors.New("no whole answer in time")
	ErrHungUp    = errors.New("the caller hung up")

	// An answer that is not taken.
	ErrEncoding    = errors.New("the answer is compressed")
	ErrContentType = errors.New("the answer is neither JSON nor plain text")
	ErrTooLarge    = errors.New("the answer is too large")
	ErrTooDeep     = errors.New("the answer's JSON is nested too deep")
	ErrTooMany     = errors.New("an array of the answer has too many items")
	ErrNotJSON     = errors.New("the answer is not the JSON it says it is")
)

// Error says why a request failed. It holds no value, no secret, and no text
// of the other side, so it may be logged.
type Error struct {
	Kind   error      // one of the Err… values above
	Host   string     // the origin that was asked, "" if the request names none
	Reason ivr.Reason // in the flow language's words
	Detail string     // more than Kind says, in this package's words; may be ""

	again bool // the same request may be sent again
}

// Error is a sentence for the log.
func (e *Error) Error() string {
	s := "fetch"
	if e.Host != "" {
		s += " from " + e.Host
	}
	s += ": " + e.Kind.Error()
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Unwrap is the kind.
func (e *Error) Unwrap() error { return e.Kind }

// fault is an error of a kind, with the reason that the kind alone gives.
func fault(kind error, format string, args ...any) *Error {
	return &Error{Kind: kind, Reason: reasonOf(kind), Detail: fmt.Sprintf(format, args...)}
}

// at is the same error with the origin that was asked.
func (e *Error) at(host string) *Error {
	e.Host = host
	return e
}

// reasonOf is the reason of a kind of error, as far as the kind alone says.
func reasonOf(kind error) ivr.Reason {
	for _, r := range [...]struct {
		kind   error
		reason ivr.Reason
	}{
		{ErrRequest, ivr.ReasonNotAllowed},
		{ErrValue, ivr.ReasonNotAllowed},
		{ErrNotAllowed, ivr.ReasonNotAllowed},
		{ErrAddress, ivr.ReasonNotAllowed},
		{ErrRedirect, ivr.ReasonNotAllowed},
		{ErrBusy, ivr.ReasonThrottled},
		{ErrOpen, ivr.ReasonUnreachable},
		{ErrConnect, ivr.ReasonUnreachable},
		{ErrTimeout, ivr.ReasonTimedOut},
		{ErrHungUp, ivr.ReasonHungUp},
	} {
		if errors.Is(kind, r.kind) {
			return r.reason
		}
	}
	return ivr.ReasonService
}
