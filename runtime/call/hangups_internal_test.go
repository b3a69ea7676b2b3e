package call

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// A session is given up after its callee was to be hung up: that is still done, and
// nothing else of what was to be sent.
func TestGivenUpWithHangUp(t *testing.T) {
	s := engine.Session{State: flow.StateEnded, Others: []engine.Leg{{ID: "b", Call: "c2"}}}
	o := &owner{pending: []Pending{{Cmd: ivr.PlayPrompt{Op: 6, Leg: "b"}}, {Cmd: ivr.HangUp{Op: 7, Leg: "b"}}}}
	o.pending = hangUps(o.pending)
	rest := o.left(&Change{Session: s})
	if len(rest) != 1 || opOf(rest[0].Cmd) != 7 {
		t.Errorf("left to be sent: %+v, want the hang-up only", rest)
	}
}
