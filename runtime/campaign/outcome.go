package campaign

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// Outcome is what came of calling somebody.
type Outcome string

// The outcomes.
const (
	Answered  Outcome = "answered"    // somebody, or a machine, took the call
	OptedOut  Outcome = "opted_out"   // ... and wants no more calls
	Busy      Outcome = "busy"        // as far as the platform tells it apart
	NoAnswer  Outcome = "no_answer"   // nobody took the call, or he could not be reached
	Declined  Outcome = "declined"    // the call was refused at the phone
	Throttled Outcome = "throttled"   // the platform refused for load: no phone has rung
	Failed    Outcome = "failed"      // no call came about; the reason says why
	Unwanted  Outcome = "do_not_call" // he is on the do-not-call list, and was not called
	Unknown   Outcome = "unknown"     // he may have been called, and nobody knows what came of it
)

// Outcomes are all, as they are best listed.
func Outcomes() []Outcome {
	return []Outcome{Answered, OptedOut, Busy, NoAnswer, Declined, Throttled, Failed, Unwanted, Unknown}
}

// Retry says who is called again, and when.
type Retry struct {
	// Attempts is how often one person is called at most, 1 to 20; 0: 3.
	Attempts int `json:"attempts"`
	// Busy, NoAnswer and Throttled are how long after such a call the next one comes;
	// 0: 15 minutes, 2 hours, 1 minute. Negative: none.
	Busy      time.Duration `json:"busy"`
	NoAnswer  time.Duration `json:"no_answer"`
	Throttled time.Duration `json:"throttled"`
}

func (r Retry) withDefaults() Retry {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	if r.Attempts == 0 {
		r.Attempts = 3
	}
	set(&r.Busy, 15*time.Minute)
	set(&r.NoAnswer, 2*time.Hour)
	set(&r.Throttled, time.Minute)
	return r
}

// after is how long after an outcome the next call comes, negative if none does.
// Whoever may have heard a phone ring without our knowing it is not called again.
func (r Retry) after(o Outcome, attempt int) time.Duration {
	if attempt >= r.Attempts {
		return -1
	}
	switch o {
	case Busy:
		return r.Busy
	case NoAnswer:
		return r.NoAnswer
	case Throttled:
		return r.Throttled
	case Answered, OptedOut, Declined, Failed, Unwanted, Unknown:
	}
	return -1
}

// outcomeOf is what came of a call that is over.
func outcomeOf(o bot.Outgoing) Outcome {
	switch {
	case o.Damaged:
		return Unknown
	case !o.Answered.IsZero():
		return Answered
	case o.Reason == ivr.ReasonUnknownResult:
		return Unknown
	}
	switch o.Dialled {
	case "busy":
		return Busy
	case "no_answer":
		return NoAnswer
	case "declined":
		return Declined
	}
	switch o.Reason {
	case ivr.ReasonThrottled:
		return Throttled
	default:
		return Failed
	}
}

// endOf is a call that is over as the campaign keeps it.
func endOf(t Try, o bot.Outgoing) *End {
	e := &End{Target: t.Target, Attempt: t.Attempt, Outcome: outcomeOf(o), Reason: o.Reason, Started: o.Started, Answered: o.Answered,
		Ended: o.Ended, EndedBy: string(o.EndedBy), Transfer: o.Transfer}
	if e.Outcome != Failed {
		e.Reason = "" // the outcome says it all
	}
	e.Milestones, e.Tags = o.Told()
	e.Returned = o.Returned
	return e
}
