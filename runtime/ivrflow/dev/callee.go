package dev

import (
	"fmt"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tell"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// called says that a call is one that this call's flow made.
func (t *talk) called(id ivr.CallID, e graphsim.Event) bool {
	if _, new := e.(graphsim.Calling); new && !t.ended {
		if t.legs == nil {
			t.legs = map[ivr.CallID]bool{}
		}
		t.legs[id] = true
	}
	return t.legs[id]
}

// showCallee shows what happens on the phone of somebody whom the flow calls.
func (d *desk) showCallee(e graphsim.Event) {
	at := e.When()
	switch e := e.(type) {
	case graphsim.Calling:
		d.sayAt(at, "calls", tell.Target(e.Target))
	case graphsim.PickedUp:
		text := tell.Target(e.Target) + " answers"
		if e.Behaviour == graphsim.Machine {
			text = "a machine answers for " + tell.Target(e.Target)
		}
		d.sayAt(at, "calls", text)
	case graphsim.PromptStarted:
		d.sayAt(at, "calls", "hears "+d.promptText(e))
	case graphsim.ToneSent:
		d.sayAt(at, "calls", "presses "+e.Key.String())
	case graphsim.Ended:
		d.sayAt(at, "calls", fmt.Sprintf("over (%d/%d)", e.Result.Code, e.Result.Subcode))
	case graphsim.Request:
		if e.Status >= 400 && !d.talk.ended {
			d.sayAt(at, "graph", fmt.Sprintf("refused %s %s: %d %s %s", e.Method, e.Path, e.Status, e.Code, e.Message))
		}
	default:
	}
}
