package engine

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Stop ends the call of a session from outside, for a process that shuts down:
// it is hung up at once, and on_end follows as after any end. A session whose
// call is over already goes on as it is, and so does one that is being handed
// over: the platform ends both within seconds.
func Stop(f *flow.Flow, s Session, at time.Time) (Session, []ivr.Command) {
	r := &run{root: f, f: f.Member(s.Running), s: s, now: at}
	r.s.clip()
	if s.Over() || s.State == flow.StateIdle || !r.stoppable() {
		return s, nil
	}
	r.stopBy(ivr.EndedByShutdown)
	r.advance()
	return r.s, r.cmds
}

// stoppable reports whether the call lives and is neither being ended nor handed
// over.
func (r *run) stoppable() bool {
	return r.s.State != flow.StateHangingUp && (!r.s.Leg.Gone || r.uncalled()) && !r.closing() && !r.transferring()
}

// stopBy hangs the call up without a word.
func (r *run) stopBy(who ivr.EndedBy) {
	r.note("stopped from outside")
	r.leaveSubFlows()
	r.s.EndedBy = who
	r.toError()
	if r.section() == flow.InOnError {
		r.toError() // without a word
	}
}

// Abandon ends a session without running anything of its flow: not even Fail
// could be applied to it. Its call, if there is one, is hung up on the way.
func Abandon(s Session, at time.Time) (Session, []ivr.Command) {
	if s.Over() {
		return s, nil
	}
	r := &run{s: s, now: at}
	r.s.clip()
	r.emit(ivr.Mark{Kind: "log", Name: "engine", Text: "session abandoned"})
	if leg := r.s.Leg; !leg.Gone && r.s.State != flow.StateIdle {
		r.s.Seq++
		r.emit(ivr.HangUp{Op: ivr.OpID(r.s.Seq), Leg: leg.ID})
	}
	if r.s.EndedBy == "" {
		r.s.EndedBy = ivr.EndedByError
	}
	r.s.State = flow.StateEnded
	r.finish()
	return r.s, r.cmds
}
