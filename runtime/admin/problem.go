package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// problemError is an error as the API tells it.
type problemError struct {
	Name   string
	Status int
	Place  string // of the request: "body /flow", "query limit", "header Authorization"
	Cause  string
	Mend   string
	why    error // for the log only
}

// Error is the place, the cause and the mend.
func (p *problemError) Error() string {
	text := p.Cause
	if p.Place != "" {
		text = p.Place + ": " + text
	}
	if p.Mend != "" {
		text += "; " + p.Mend
	}
	return text
}

// Unwrap is what only the log is told.
func (p *problemError) Unwrap() error { return p.why }

// problemType begins the types of problems.
const problemType = "urn:ivrflow:problem:"

// Document is a problem on the wire: a problem document (RFC 9457) with three members
// of its own.
type Document struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"` // place, cause and mend
	Instance string `json:"instance"`
	Place    string `json:"place,omitempty"`
	Cause    string `json:"cause"`
	Mend     string `json:"mend,omitempty"`
}

// titles are the kinds of problem.
func titles() map[string]string {
	return map[string]string{
		"unauthorized": "The request bears no token that is known",
		"forbidden":    "The token may not do this",
		"too-many":     "Too many requests",
		"no-route":     "There is no such path",
		"method":       "The path does not take the method",
		"bad-request":  "The request is not understood",
		"media-type":   "The body is not JSON",
		"too-large":    "The body is too large",
		"unknown-call": "There is no such call",
		"unknown-node": "There is no such node",
		"target":       "The target is refused",
		"order":        "The order cannot be carried out",
		"key-used":     "The key belongs to another order",
		"busy":         "The bot cannot take this now",
		"internal":     "Something went wrong in the bot",
	}
}

// known is a problem that the bot told, by its error.
func known(err error) *problemError {
	cause := trimmed(err)
	switch {
	case errors.Is(err, call.ErrUnknown), errors.Is(err, store.ErrNone):
		return &problemError{Name: "unknown-call", Status: http.StatusNotFound, Place: "path id", Cause: "there is no such call, or it is over",
			Mend: "GET /v1/calls?state=live lists those that live, and so does ivrflow calls list --live"}
	case errors.Is(err, ErrTarget):
		return &problemError{Name: "target", Status: http.StatusUnprocessableEntity, Place: "body /to", Cause: cause, Mend: "name another, or allow this one in the bot's configuration"}
	case errors.Is(err, ErrKeyUsed):
		return &problemError{Name: "key-used", Status: http.StatusUnprocessableEntity, Place: "header Idempotency-Key", Cause: "another order had this key",
			Mend: "give each order a key of its own"}
	case errors.Is(err, ErrOrder):
		return &problemError{Name: "order", Status: http.StatusUnprocessableEntity, Place: "body", Cause: cause, Mend: "mend the order; the key stays good"}
	case errors.Is(err, call.ErrFull), errors.Is(err, call.ErrBusy), errors.Is(err, call.ErrDraining), errors.Is(err, call.ErrClosed),
		errors.Is(err, call.ErrNotOpen), errors.Is(err, call.ErrNoLease), errors.Is(err, call.ErrUncertain), errors.Is(err, call.ErrLost), errors.Is(err, store.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		return &problemError{Name: "busy", Status: http.StatusServiceUnavailable, Cause: "the bot is full, draining, or waits for its store", Mend: "ask again, with the same key if it is an order", why: err}
	}
	return &problemError{Name: "internal", Status: http.StatusInternalServerError, Cause: "the bot's log says what", Mend: "look for the request's number there", why: err}
}

// trimmed is an error's text without what says whose it is.
func trimmed(err error) string {
	text := err.Error()
	for _, e := range []error{ErrTarget, ErrOrder} {
		if _, cause, ok := strings.Cut(text, e.Error()+": "); ok {
			return cause
		}
	}
	return text
}

// writeProblem answers with a problem.
func (x *exchange) writeProblem(p *problemError) {
	h := x.w.Header()
	h.Set("Content-Type", "application/problem+json")
	x.w.WriteHeader(p.Status)
	_ = json.NewEncoder(x.w).Encode(Document{Type: problemType + p.Name, Title: titles()[p.Name], Status: p.Status, Detail: p.Error(),
		Instance: "urn:ivrflow:request:" + x.id, Place: p.Place, Cause: p.Cause, Mend: p.Mend})
}

// clip shortens what a client sent for a message.
func clip(s string) string {
	const most = 100
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}
