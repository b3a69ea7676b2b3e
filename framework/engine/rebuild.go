package engine

import (
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// mostLost is how many further calls may go on of a session that is rebuilt.
const mostLost = 8

// Rebuild makes a session anew of which only the identity and the call are
// known, since what was stored of it cannot be read any more: ID, Flow, Version,
// Tenant and Leg.Call; and, if these are known, Started, Caller, Called, and the
// calls of Others, the oldest first, of which the newest are hung up: the others must
// be over. It takes the call to on_error as if it had
// been answered; of one that was not the platform refuses the prompt, and then it
// is hung up.
func Rebuild(f *flow.Flow, s Session, at time.Time, cause error) (Session, []ivr.Command) {
	fresh := New(s.ID, f, nil)
	fresh.Tenant, fresh.Leg.Call = s.Tenant, s.Leg.Call
	fresh.Outgoing = f.Kind != flow.Incoming
	fresh.Caller, fresh.Called = s.Caller, s.Called
	fresh.Started, fresh.Answered = s.Started, at
	if fresh.Started.IsZero() {
		fresh.Started = at
	}
	fresh.Leg.State, fresh.Leg.AudioNow = ivr.StateEstablished, ivr.AudioActive
	fresh.Leg.Answering, fresh.Leg.Audio = true, true
	r := &run{root: f, f: f, s: fresh, now: at}
	r.s.Vars, r.ownVars = defaults(f), true
	r.fire(flow.TriggerStart)
	for _, leg := range s.Others[max(0, len(s.Others)-mostLost):] {
		r.s.Others = append(r.s.Others, Leg{ID: leg.ID, Call: leg.Call, State: ivr.StateEstablished})
		r.release(leg.ID)
	}
	r.note("rebuilt: %v", cause)
	r.fault(nil, fmt.Errorf("session rebuilt: %w", cause))
	r.advance()
	return r.s, r.cmds
}
