package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Error is a request that did not succeed. It never holds a token or a secret.
type Error struct {
	Op      string     // Graph's name of the action
	CallID  ivr.CallID // the call it acted on
	Status  int        // HTTP status, 0 without an answer
	Code    string     // the error's code as sent: "7504", "UnknownError"
	Subcode int        // the number in Code, 0 if there is none
	Message string     // the service's words, at most 500 bytes

	RequestID       string // Graph's id of the request, for its support
	ClientRequestID string // ours
	// RetryAfter is how long the service asks to wait, 0 if it does not say.
	RetryAfter time.Duration
	// Sent is false if it is certain that the service did not see the request:
	// no token, no connection. True with Status 0: nobody knows whether the
	// operation was executed.
	Sent bool
	Err  error // the cause, if there was no answer

	final ivr.Reason // set if no repeat can help, for a cause on our side
}

// Error names the operation, the call, what happened and the ids for support.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.CallID != "" { // a new call has none yet
		fmt.Fprintf(&b, " of call %s", e.CallID)
	}
	b.WriteString(": ")
	switch {
	case e.Status != 0:
		fmt.Fprintf(&b, "HTTP %d, code %q: %s", e.Status, e.Code, e.Message)
	case e.Sent:
		fmt.Fprintf(&b, "sent, but no answer came: %v", e.Err)
	default:
		fmt.Fprintf(&b, "not sent: %v", e.Err)
	}
	if e.Err != nil && e.Status != 0 {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.ClientRequestID != "" {
		fmt.Fprintf(&b, " (request-id %s, client-request-id %s)", e.RequestID, e.ClientRequestID)
	}
	return b.String()
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Retryable reports whether a repeat could succeed. Whether one is allowed
// depends on the operation's class and on Ambiguous.
func (e *Error) Retryable() bool {
	var token *TokenError
	switch {
	case e.final != ivr.ReasonNone:
		return false
	case errors.As(e.Err, &token):
		return !token.Permanent()
	case e.Status == 0:
		return !errors.Is(e.Err, context.Canceled)
	case e.Status == http.StatusNotImplemented:
		return false
	}
	return e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooManyRequests || e.Status >= 500
}

// Ambiguous reports whether the service may have executed the operation all
// the same: no answer came, or a gateway answered in its place.
func (e *Error) Ambiguous() bool {
	return e.Sent && (e.Status == 0 || e.Status >= 500 && e.Status != http.StatusNotImplemented)
}

// Reason is the cause in the flow language's words, never [ivr.ReasonNone].
func (e *Error) Reason() ivr.Reason {
	var token *TokenError
	switch {
	case e.final != ivr.ReasonNone:
		return e.final
	case errors.As(e.Err, &token) && token.Permanent():
		return ivr.ReasonNotAllowed
	case e.Status == 0 && e.Sent:
		return ivr.ReasonUnknownResult
	case errors.Is(e.Err, context.DeadlineExceeded):
		return ivr.ReasonTimedOut
	case e.Status == 0:
		return ivr.ReasonService
	}
	if reason := ReasonOf(e.Status, e.Subcode); reason != ivr.ReasonNone {
		return reason
	}
	return ivr.ReasonService
}

// Result is the error as the outcome of an operation.
func (e *Error) Result() ivr.Result {
	message := e.Message
	if e.Status == 0 && e.Err != nil {
		message = e.Err.Error()
	}
	return ivr.Result{Code: e.Status, Subcode: e.Subcode, Reason: e.Reason(), Message: message}
}

// Event is the error as the event of its command: [ivr.OperationUnknown] if it
// may have been executed (for an HTTP 5xx only where that matters, in class B),
// [ivr.CallRead] with Gone for a [ivr.ReadCall] of a call that is over, else
// [ivr.OperationFailed].
func (e *Error) Event(cmd ivr.Command, at time.Time) ivr.Event {
	o := operationOf(cmd)
	head := ivr.Head{At: at, Leg: o.leg}
	if _, ok := cmd.(ivr.ReadCall); ok && e.Reason() == ivr.ReasonNotFound {
		return ivr.CallRead{Head: head, Op: o.op, Gone: true}
	}
	if e.Ambiguous() && (e.Status == 0 || o.class == ClassB) {
		return ivr.OperationUnknown{Head: head, Op: o.op, Detail: e.Error()}
	}
	return ivr.OperationFailed{Head: head, Op: o.op, Result: e.Result()}
}

// longestMessage is how much of the service's words is kept, in bytes.
const longestMessage = 500

// readBody fills in what an error's body says; any body will do.
func (e *Error) readBody(body []byte) {
	var b ErrorBody
	if checkShape(body) != nil || json.Unmarshal(body, &b) != nil {
		e.Message = "the answer's body is not Graph's error form"
		return
	}
	e.Code, e.Message = shorten(b.Error.Code, 64), shorten(b.Error.Message, longestMessage)
	digits := e.Code[strings.LastIndexByte(e.Code, '#')+1:]
	if n, err := strconv.Atoi(digits); err == nil {
		e.Subcode = n
	}
	if e.RequestID == "" && b.Error.InnerError != nil {
		e.RequestID = shorten(b.Error.InnerError.RequestID, 64)
	}
}

// shorten cuts a text of another's to a length that suits a log.
func shorten(text string, most int) string {
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}
