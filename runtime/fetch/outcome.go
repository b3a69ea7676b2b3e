package fetch

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Outcome is what a request's end means to a flow.
type Outcome struct {
	// Names are the outcomes that a step may handle, the most exact first:
	// "ok"; or "404", "4xx", "failed"; or "failed". The last always counts.
	Names  []string
	Reason ivr.Reason // ivr.ReasonNone with "ok"
}

// OutcomeOf says what Do's results mean to a flow.
func OutcomeOf(res Response, err error) Outcome {
	if err != nil {
		reason := ivr.ReasonService
		if e, ok := errors.AsType[*Error](err); ok {
			reason = e.Reason
		}
		return Outcome{Names: []string{"failed"}, Reason: reason}
	}
	if res.ok() {
		return Outcome{Names: []string{"ok"}}
	}
	class := strconv.Itoa(res.Status/100) + "xx"
	return Outcome{Names: []string{strconv.Itoa(res.Status), class, "failed"}, Reason: res.reason()}
}

// reason is that of a status that is no success.
func (r Response) reason() ivr.Reason {
	switch r.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return ivr.ReasonNotAllowed
	case http.StatusNotFound, http.StatusGone:
		return ivr.ReasonNotFound
	case http.StatusTooManyRequests:
		return ivr.ReasonThrottled
	case http.StatusRequestTimeout:
		return ivr.ReasonTimedOut
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return r.fiveHundred()
	}
	return ivr.ReasonService
}

// fiveHundred is the reason of a status that does not say whether anything was
// done. What changes nothing has simply failed.
func (r Response) fiveHundred() ivr.Reason {
	switch {
	case !safe(r.Method):
		return ivr.ReasonUnknownResult
	case r.Status == http.StatusServiceUnavailable:
		return ivr.ReasonThrottled
	case r.Status == http.StatusGatewayTimeout:
		return ivr.ReasonTimedOut
	}
	return ivr.ReasonService
}
