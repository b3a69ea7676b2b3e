package prove

import (
	"cmp"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// people are those whom a flow calls, in the order of the calls.
type people []*calledPerson

// calledPerson is one call to somebody.
type calledPerson struct {
	id     string
	leg    ivr.LegID
	does   string        // empty: the phone still rings
	at     time.Time     // when it was answered
	leaves time.Duration // how long after that they hang up; 0: they do not
}

// calls notes that somebody is called.
func (p *people) calls(cmd ivr.CreateCall) {
	*p = append(*p, &calledPerson{id: cmd.Target.ID, leg: cmd.Leg})
}

// last is whom the flow called last, nil if it called nobody.
func (p people) last() *calledPerson {
	if len(p) == 0 {
		return nil
	}
	return p[len(p)-1]
}

// callee lets somebody who is called do something. Who is dialled is the caller of
// the test.
func (w *testWriter) callee(i int, a *Act, in *flow.Step, phase flow.Phase) {
	_, dial := in.Spec.(*flow.Dial)
	how, who := flow.ConsultOf(in.Spec), w.people.last()
	if how == nil { // a meeting
		w.meeting.lobby = w.meeting.lobby || a.Outcome == "lobby"
		return
	}
	now := w.call.states[i].now
	answered := phase == flow.PhaseAnnouncing || phase == flow.PhaseAccepting
	switch {
	case who == nil || a.Outcome == failed: // its request fails
		w.people = w.people[:max(len(w.people)-1, 0)]
	case a.Kind == Answers:
		who.does, who.at = "answers", now
		if how.Accept != 0 && !dial {
			who.does = "machine" // as long as no key is pressed
		}
	case a.Kind == Takes && dial:
		w.do("press", string(how.Accept))
	case a.Kind == Takes:
		who.does = "answers"
	case answered && dial:
		w.do("hang_up", nil)
	case answered:
		who.does, who.leaves = "answers", max(now.Sub(who.at), time.Second)
	default:
		who.does = a.Outcome
	}
}

const noAnswer = "no_answer"

// mostRefusals bounds how many calls are refused, to see who might be called, too.
const mostRefusals = 60

// nobodyElse lets nobody answer whom a hunt would call next: what happens while it
// rings may happen later in a test.
func (w *testWriter) nobodyElse(i int, in *flow.Step, phase flow.Phase) {
	if in == nil || phase == flow.PhaseTransferring {
		return
	}
	if _, hunt := in.Spec.(*flow.Hunt); !hunt {
		return
	}
	if who := w.people.last(); who != nil && who.does == "" {
		who.does = noAnswer
	}
	st, world := w.call.states[i-1], w.g.worlds[w.call.start]
	for range mostRefusals {
		all := world.choices(&st)
		next := slices.IndexFunc(all, func(c choice) bool { return c.Kind == Refuses })
		if next < 0 {
			return
		}
		to, tr := step(w.start.flow, st, &all[next])
		for _, cmd := range tr.cmds {
			if c, ok := cmd.(ivr.CreateCall); ok && !w.known(c.Target.ID) {
				w.people = append(w.people, &calledPerson{id: c.Target.ID, leg: c.Leg, does: noAnswer})
			}
		}
		st = to
	}
}

// known reports whether the test says what somebody does.
func (w *testWriter) known(id string) bool {
	return slices.ContainsFunc(w.people, func(p *calledPerson) bool { return p.id == id })
}

// targets are what people do who are called, by id, without those who always answer.
func (p people) targets() map[string]any {
	does := map[string][]any{}
	for _, c := range p {
		does[c.id] = append(does[c.id], any(cmp.Or(c.does, noAnswer)))
		if c.leaves > 0 {
			does[c.id][len(does[c.id])-1] = map[string]any{"leaves_in": timeText(c.leaves)}
		}
	}
	all := map[string]any{}
	for id, list := range does {
		if short := shortest(list); short != "answers" {
			all[id] = short
		}
	}
	return all
}
