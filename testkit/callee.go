package testkit

import (
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// calleeThinks is how long a person takes to press the key that takes a call.
const calleeThinks = time.Second

// Callees lets the people whom a flow calls do what people do: one who answers
// presses the key with which a call is taken, once it is asked for. A machine
// presses nothing. What it returns is told of every change of a call, in order.
func Callees(sim *graphsim.Sim, clock call.Clock) func(*flow.Flow, call.Change) {
	var mu sync.Mutex
	people := map[ivr.CallID]bool{}
	sim.Observe(func(e graphsim.Event) {
		if up, ok := e.(graphsim.PickedUp); ok && up.Behaviour == graphsim.Answers {
			mu.Lock()
			defer mu.Unlock()
			people[up.Call] = true
		}
	})
	return func(f *flow.Flow, ch call.Change) {
		key, asked := askedFor(f, ch)
		if !asked {
			return
		}
		id := ch.Session.CallOf(ch.Session.Consult.Leg)
		clock.AfterFunc(calleeThinks, func() {
			mu.Lock()
			person := people[id]
			mu.Unlock()
			if c := sim.Call(id); c != nil && person {
				c.Press(key)
			}
		})
	}
}

// askedFor is the key that a callee is asked for by a change.
func askedFor(f *flow.Flow, ch call.Change) (ivr.Key, bool) {
	for _, cmd := range ch.Commands {
		m, ok := cmd.(ivr.Moved)
		if !ok {
			continue
		}
		step, phase := f.StepAt(m.Flow, m.State)
		if phase != flow.PhaseAccepting {
			continue
		}
		if _, dial := step.Spec.(*flow.Dial); !dial { // who is dialled is the caller of the test
			return flow.ConsultOf(step.Spec).Accept, true
		}
	}
	return 0, false
}

// calleeEvent takes what happened on the phone of somebody whom the flow
// called.
func (w *witness) calleeEvent(ev graphsim.Event) {
	switch e := ev.(type) {
	case graphsim.Calling:
		w.made = append(w.made, e.Call)
		w.say(byFlow, "calls %s", target(e.Target))
	case graphsim.PickedUp:
		who := target(e.Target)
		if e.Behaviour == graphsim.Machine {
			who = "a machine of " + who
		}
		w.say(byGraph, "%s answers", who)
	case graphsim.PromptStarted:
		w.say(byFlow, "tells whom it called %s", w.toldCallee(e))
	case graphsim.ToneSent:
		w.say(byGraph, "whom it called presses %s", e.Key)
	case graphsim.ToneLost:
		w.say(byGraph, "a key %s of whom it called is lost: %s", e.Key, e.Why)
	case graphsim.Ended:
		w.say(byGraph, "the call that the flow made is over (%d/%d)", e.Result.Code, e.Result.Subcode)
	case graphsim.CallbackFailed:
		w.say(byGraph, "a callback is not accepted (%d, %v)", e.Status, e.Err)
	case graphsim.Request:
		w.refused(e)
	default:
	}
}
