package engine_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

const callsFlow = `
ivr: 1
flow: calls
prompts: {sorry: "Sorry."}
start: main
states:
  main:
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001, kind: consult}
      failed: [{play: sorry}, end]
`

// Whoever is being called is hung up when the call is stopped from outside, also
// if nothing of the flow can run any more.
func TestStopHangsUpCallees(t *testing.T) {
	f := load(t, callsFlow)
	s := engine.New("s", f, nil)
	for _, ev := range []ivr.Event{comes, talks} {
		s, _, _ = engine.Step(f, s, ev)
	}
	leg := s.Consult.Leg
	s, _, _ = engine.Step(f, s, ivr.CallCreated{Head: ivr.Head{At: head().At, Leg: leg}, Call: "second"})
	if s.CallOf(leg) != "second" || s.CallOf("a") != "c" || s.CallOf("z") != "" {
		t.Fatalf("calls %q, %q", s.CallOf(leg), s.CallOf("a"))
	}
	_, stopped := engine.Stop(f, s, head().At)
	_, abandoned := engine.Abandon(s, head().At)
	for how, cmds := range map[string][]ivr.Command{"stopped": stopped, "abandoned": abandoned} {
		ended := map[ivr.LegID]int{}
		for _, c := range cmds {
			if c, ok := c.(ivr.HangUp); ok {
				ended[c.Leg]++
			}
		}
		if ended[leg] != 1 || ended[ivr.CallerLeg] != 1 {
			t.Errorf("%s: hung up %v, want both legs once", how, ended)
		}
	}
}

// An idle session is small, also with the books of further legs.
func TestForgottenLegs(t *testing.T) {
	f := load(t, callsFlow)
	s := engine.New("s", f, nil)
	for _, ev := range []ivr.Event{comes, talks} {
		s, _, _ = engine.Step(f, s, ev)
	}
	leg := s.Consult.Leg
	late := ivr.Head{At: head().At, Leg: leg}
	s, _, _ = engine.Step(f, s, ivr.CallTerminated{Head: late, Result: ivr.Result{Code: 486, Reason: ivr.ReasonBusy}})
	if len(s.Others) != 0 || s.Consult.Begun || s.Consult.Leg != "" {
		t.Errorf("after the end: legs %v, consult %+v", s.Others, s.Consult)
	}
	// What is said of it later changes nothing.
	for _, ev := range []ivr.Event{ivr.CallCreated{Head: late, Call: "second"}, ivr.CallChanged{Head: late, Call: "second", State: ivr.StateEstablished},
		ivr.ToneReceived{Head: late, Key: '1', Seq: 1}, ivr.CallTerminated{Head: late}} {
		next, cmds, err := engine.Step(f, s, ev)
		if len(cmds) > 0 || err != nil || len(next.Others) > 0 {
			t.Errorf("%T: commands %v, legs %v, %v", ev, cmds, next.Others, err)
		}
	}
}
