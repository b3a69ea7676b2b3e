package engine

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// wanted starts a flow that calls somebody. Until dial was answered there is no
// call: the caller's leg counts as gone. A repeated event changes nothing.
func (r *run) wanted(e ivr.CallWanted) {
	if r.s.State != flow.StateIdle {
		return
	}
	s := &r.s
	s.Outgoing, s.Caller, s.Tenant, s.Started = true, e.From, e.Tenant, r.now
	s.Leg.Gone = true
	if s.Meeting != nil && e.Meeting != nil {
		s.Meeting.Asked = *e.Meeting
	}
	s.Vars, r.ownVars = defaults(r.f), true
	for _, name := range r.f.Params {
		if v, ok := e.Params[name]; ok {
			r.setVar(name, v)
		}
	}
	r.fire(flow.TriggerStart)
}

// uncalled reports whether nobody has taken a call of an outgoing flow yet.
func (r *run) uncalled() bool { return r.s.Outgoing && r.s.Leg.Call == "" }

// enterDial calls somebody, unless there is or was a call: a flow has one.
func (r *run) enterDial(step *flow.Step) {
	if !r.uncalled() {
		r.note("dial refused: the flow has its call already")
		r.failWith(ivr.Result{Reason: ivr.ReasonNotAllowed})
		return
	}
	r.ring(step)
}

// taken: the callee of a dial took the call, or a meeting was joined: it is the
// session's call from now on. An announcement that still plays is stopped.
func (r *run) taken(outcome string) {
	s := &r.s
	leg, announce := r.other(s.Consult.Leg), s.Consult.Announce
	if leg == nil {
		return
	}
	s.Leg, s.Called = *leg, ivr.Party{Kind: leg.Target.Kind, ID: leg.Target.ID}
	s.Others = slices.DeleteFunc(slices.Clone(s.Others), func(l Leg) bool { return l.ID == s.Leg.ID })
	r.ownOps()
	for i := range s.Ops {
		if s.Ops[i].Leg == s.Leg.ID {
			s.Ops[i].Leg = ""
		}
	}
	s.Consult, s.Media = Consult{}, Media{Op: announce}
	r.connected()
	r.stopMedia()
	r.leave(outcome, View{})
}
