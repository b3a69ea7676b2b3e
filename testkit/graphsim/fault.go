package graphsim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fault is a scripted fault of the service. The zero values of its fields
// mean that nothing special happens.
type Fault struct {
	// Action is what it strikes, one of [FaultActions]: an action of the call API
	// by its documented name ("answer", "playPrompt", "invite",
	// "muteParticipant", "createAudioRoutingGroup" ...), "create" for a new call,
	// "get" or "delete" for the call itself, "token", "tenant" (where the token endpoint
	// is), "metadata" and "keys" (by which callbacks are verified), "download" (of a recording), or "callback".
	Action string
	// Nth is the one that is struck, counted over all calls from 1; 0 is every
	// one.
	Nth int

	// For all but callbacks.

	Status     int           // HTTP status of the answer; 500
	Code       string        // error.code; "UnknownError"
	Message    string        // error.message
	RetryAfter time.Duration // sends the header Retry-After
	Body       string        // this text instead of an error body
	Accept     bool          // the request is executed all the same
	NoResponse bool          // the connection drops instead of an answer
	// Ends is the completionReason with which a playPrompt, recordResponse or
	// sendDtmfTones fails as soon as it runs; its request is answered as ever.
	Ends string

	// For callbacks.

	// Match names the notifications that it strikes, one of [Tellings]; empty is
	// any.
	Match     string
	Lose      bool          // it never comes
	Delay     time.Duration // it comes that much later
	Duplicate int           // so many more come at the same time
	Empty     bool          // it comes without a body
}

// armed is a fault with its count.
type armed struct {
	Fault
	seen int
}

// Tellings are the words for [Fault.Match]: what a notification tells.
func Tellings() []string {
	return []string{"incoming", "establishing", "established", "audio", "tone", "transferring", "transferAccepted",
		"transferFailed", "terminating", "terminated", "redirecting", "escalated", "participants", "running", "playPrompt", "recordResponse",
		"sendDtmfTones", "invite", "startHoldMusic", "addLargeGalleryView", "contentSharing", "transcription"}
}

// mediaFailures are the results of operations that end with a completionReason
// of failure: https://learn.microsoft.com/graph/api/resources/recordoperation.
// The numbers are those of the sibling service.
func mediaFailures() map[string]Result {
	return map[string]Result{
		"unknown":             {500, 9999, "Action failed, unknown error."},
		"playPromptFailed":    {500, 8511, "Action failed, the prompt could not be played."},
		"playBeepFailed":      {500, 8512, "Action failed, the beep could not be played."},
		"mediaReceiveTimeout": {500, 8513, "Action failed, no media was received in time."},
		"unspecifiedError":    {500, 9999, "Action failed, unspecified error."},
	}
}

func endedBy(reason string) ending {
	return ending{status: "failed", reason: reason, result: mediaFailures()[reason]}
}

// Validate finds the first mistake.
func (f Fault) Validate() error {
	known := FaultActions()
	switch {
	case !slices.Contains(known, f.Action):
		return fmt.Errorf("action %q is unknown; there are %s", f.Action, strings.Join(known, ", "))
	case f.Nth < 0:
		return fmt.Errorf("nth is %d; count from 1, 0 is every one", f.Nth)
	case f.Ends != "" && !f.canEnd():
		return fmt.Errorf("ends %q fits no action %q; playPrompt has unknown, sendDtmfTones unknown and mediaOperationCanceled, recordResponse playPromptFailed, playBeepFailed, mediaReceiveTimeout and unspecifiedError", f.Ends, f.Action)
	case f.Match != "" && !slices.Contains(Tellings(), f.Match):
		return fmt.Errorf("match %q is unknown; there are %s", f.Match, strings.Join(Tellings(), ", "))
	case f.Action != "callback" && (f.Match != "" || f.Lose || f.Delay != 0 || f.Duplicate != 0 || f.Empty):
		return fmt.Errorf("match, lose, delay, duplicate and empty are for callbacks, not for %q", f.Action)
	case f.Action == "callback" && (f.Status != 0 || f.Accept || f.NoResponse || f.RetryAfter != 0 || f.Body != ""):
		return fmt.Errorf("a callback has no status, accept, noResponse, retryAfter or body of the service's")
	}
	return nil
}

// canEnd says whether the action's operation knows the completionReason.
func (f Fault) canEnd() bool {
	_, known := mediaFailures()[f.Ends]
	switch f.Action {
	case "playPrompt":
		return f.Ends == "unknown"
	case "sendDtmfTones":
		return f.Ends == "unknown" || f.Ends == "mediaOperationCanceled"
	}
	return known && f.Ends != "unknown" && f.Action == "recordResponse"
}

// SetFaults replaces the scripted faults, those of [Config] among them, from the
// next request and notification on; they count anew. Its error names every
// mistake; the faults are then as they were.
func (s *Sim) SetFaults(faults ...Fault) error {
	if err := checkFaults("faults", faults); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = arm(faults)
	return nil
}

func checkFaults(place string, faults []Fault) error {
	var mistakes []error
	for i, f := range faults {
		if err := f.Validate(); err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s[%d]: %w", place, i, err))
		}
	}
	return errors.Join(mistakes...)
}

func arm(faults []Fault) []*armed {
	var all []*armed
	for _, f := range faults {
		all = append(all, &armed{Fault: f})
	}
	return all
}

// endsKey is where a request's context has what EndWith gave it.
type endsKey struct{}

// EndWith lets the playPrompt, recordResponse or sendDtmfTones that a request
// asks for fail with a completionReason, as [Fault.Ends] does, in a context for
// that request. It is for those who serve a Sim and have faults of their own.
func EndWith(ctx context.Context, completionReason string) context.Context {
	return context.WithValue(ctx, endsKey{}, completionReason)
}

func endsIn(ctx context.Context) string {
	ends, _ := ctx.Value(endsKey{}).(string)
	return ends
}

// fault counts a request of an action and finds the fault that strikes it.
func (s *Sim) fault(action string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.strike(func(f Fault) bool { return f.Action == action })
}

// strike counts every fault that fits, and returns the first whose turn it is.
func (s *Sim) strike(fits func(Fault) bool) *Fault {
	var hit *Fault
	for _, a := range s.faults {
		if !fits(a.Fault) {
			continue
		}
		a.seen++
		if hit == nil && (a.Nth == 0 || a.Nth == a.seen) {
			hit = &a.Fault
		}
	}
	return hit
}

func (f *Fault) status() int {
	if f.Status == 0 {
		return http.StatusInternalServerError
	}
	return f.Status
}

// reply is the answer instead of the true one.
func (f *Fault) reply() reply {
	if f.Body != "" || f.status() < 300 {
		return reply{status: f.status(), text: f.Body}
	}
	out := &failure{status: f.status(), code: f.Code, message: f.Message, retryAfter: f.RetryAfter}
	if out.code == "" {
		out.code = "UnknownError"
	}
	return reply{fail: out}
}

// scripted is what the faults of callbacks leave of notifications. Delayed
// ones are queued later. The lock is held.
func (s *Sim) scripted(c *Call, notes []*note) []*note {
	var out []*note
	for _, n := range notes {
		f := s.strike(func(f Fault) bool { return f.Action == "callback" && (f.Match == "" || f.Match == n.kind) })
		if f == nil {
			out = append(out, n)
			continue
		}
		n.empty = f.Empty
		var copies []*note
		for range 1 + f.Duplicate {
			twin := *n
			copies = append(copies, &twin)
		}
		switch {
		case f.Lose:
		case f.Delay > 0:
			s.after(f.Delay, func() {
				for _, n := range copies {
					c.enqueue(n)
				}
			})
		default:
			out = append(out, copies...)
		}
	}
	return out
}
