package ivr

import "fmt"

// Reason is the cause of a result in the flow language's words
// (result.reason).
type Reason string

// The reasons a flow can see. ReasonNone is the reason of a success.
const (
	ReasonNone          Reason = ""
	ReasonCancelled     Reason = "cancelled"      // we cancelled it ourselves; never an error
	ReasonHungUp        Reason = "hung_up"        // the other side ended the call
	ReasonBusy          Reason = "busy"           // the callee is busy
	ReasonNoAnswer      Reason = "no_answer"      // nobody answered in time
	ReasonDeclined      Reason = "declined"       // the callee declined
	ReasonUnreachable   Reason = "unreachable"    // the callee has no reachable endpoint
	ReasonNotAllowed    Reason = "not_allowed"    // a permission or the bot's configuration forbids it
	ReasonNotFound      Reason = "not_found"      // the call or the target does not exist
	ReasonThrottled     Reason = "throttled"      // the service refused for load
	ReasonMedia         Reason = "media"          // audio could not be fetched, played, recorded or connected
	ReasonTimedOut      Reason = "timed_out"      // no result before the deadline
	ReasonUnknownResult Reason = "unknown_result" // it may or may not have happened
	ReasonEscalated     Reason = "escalated"      // the call became a meeting
	ReasonTransferred   Reason = "transferred"    // the call left us by our own transfer
	ReasonService       Reason = "service"        // any other failure of the service
)

// Result is the outcome the platform reported: Graph's resultInfo with its
// cause translated. The zero Result is a success without codes.
type Result struct {
	Code    int    `json:"code,omitempty"`    // HTTP-like class: 2xx success, 4xx client, 5xx service
	Subcode int    `json:"subcode,omitempty"` // Graph's refinement, 0 if absent
	Reason  Reason `json:"reason,omitempty"`  // ReasonNone on success
	Message string `json:"message,omitempty"` // the service's own words, for the log
}

// String is the codes and the reason, for logs and messages.
func (r Result) String() string {
	s := fmt.Sprintf("%d/%d", r.Code, r.Subcode)
	if r.Reason != ReasonNone {
		s += " " + string(r.Reason)
	}
	return s
}

// EndedBy says who or what ended a session (call.ended_by).
type EndedBy string

// The ways in which a session ends.
const (
	EndedByCaller   EndedBy = "caller"   // the far side hung up
	EndedByFlow     EndedBy = "flow"     // an end step, or a path that ended
	EndedByTransfer EndedBy = "transfer" // handed over by transfer
	EndedByRedirect EndedBy = "redirect" // sent elsewhere before it was answered
	EndedByReject   EndedBy = "reject"   // refused before it was answered
	EndedByError    EndedBy = "error"    // a fault that on_error could not mend
	EndedByLimit    EndedBy = "limit"    // a limit of the flow or the platform
	EndedByService  EndedBy = "service"  // the platform ended it without a caller's or our doing
	EndedByOperator EndedBy = "operator" // hung up from outside the flow, by hand or by the bot's program
	EndedByShutdown EndedBy = "shutdown" // the process was stopped and could not wait
)
