package engine

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// lookSlack is what a prompt is given beyond its length when nobody was there to
// hear of its end.
const lookSlack = 3 * time.Second

// Look has the true state of a session's calls read, and who is in its meeting, for a process that takes it
// up: what the platform said while nobody listened is lost. A call that is gone
// ends, and what was missed of one that goes on is made up for. A session that has
// ended, or that looks already, is left as it is.
func Look(f *flow.Flow, s Session, at time.Time) (Session, []ivr.Command) {
	if s.Over() || s.State == flow.StateIdle || s.Version != f.Version {
		return s, nil
	}
	r := &run{root: f, f: f.Member(s.Running), s: s, now: at}
	r.s.clip()
	if leg := r.s.Leg; leg.Call != "" && !leg.Gone && !r.looks("") {
		r.look("", leg)
	}
	for _, leg := range r.s.Others {
		if leg.Call != "" && !leg.Leaving && !r.looks(leg.ID) {
			r.look(leg.ID, leg)
		}
	}
	r.playedMeanwhile()
	return r.s, r.cmds
}

// look reads the call of a leg. of is empty for the caller's.
func (r *run) look(of ivr.LegID, leg Leg) {
	id := r.legOp(of, r.newOp(opRead, requestSlack))
	r.find(id, "").Moving = moving(leg.State)
	cmd := ivr.ReadCall{Op: id, Leg: leg.ID}
	if m := r.s.Meeting; m != nil {
		cmd.Also, m.Read = ivr.ReadPeople, id
	}
	r.emit(cmd)
}

// readPeople: who is in the meeting was read, for a process that takes it up. A
// roster that has come since it was asked for is as new.
func (r *run) readPeople(asked Op, e ivr.CallRead) {
	if m := r.s.Meeting; m == nil || m.Read != asked.ID || e.Also != ivr.ReadPeople || len(e.People) == 0 {
		return
	}
	roster := ivr.RosterChanged{Head: e.Head, People: e.People}
	if asked.Leg != "" {
		roster.Leg = asked.Leg
	}
	r.roster(roster)
}

// looks reports whether the call of a leg is being read for no operation's sake.
func (r *run) looks(of ivr.LegID) bool {
	for _, op := range r.s.Ops {
		if op.Kind == opRead && op.Leg == of && op.For == 0 {
			return true
		}
	}
	return false
}

func moving(s ivr.CallState) bool {
	return s == ivr.StateTransferring || s == ivr.StateTransferAccepted
}

// playedMeanwhile: a prompt whose length has passed while nobody listened has
// ended, or does so in a moment; its end may have been told already.
func (r *run) playedMeanwhile() {
	op := r.find(r.s.Media.Op, "")
	if op == nil || !op.Accepted || r.s.Media.Music || r.s.Media.Cancelled || op.Kind != opPlay && op.Kind != opSend {
		return
	}
	due, ok := r.s.Deadline(op.ID)
	if over := due.Add(-promptSlack); ok && over.Before(r.now) && due.After(r.now.Add(lookSlack)) {
		r.rearm(op, lookSlack)
	}
}

// looked: the call lives. What its state tells, and was not told, is made up for;
// but the answer may be older than what has been told since. So audio is believed
// only if there is some, and a transfer only if it was asked for before.
func (r *run) looked(look Op, e ivr.CallRead) {
	missed := ivr.CallChanged{Head: e.Head}
	if e.Audio == ivr.AudioActive {
		missed.Audio = e.Audio
	}
	transfer := r.findKind(opTransfer)
	asked := transfer != nil && transfer.ID < look.ID
	switch {
	case e.State == ivr.StateEstablished && look.Moving && asked && transfer.Accepted && moving(r.s.Leg.State):
		// The platform has given the call back, which is how a failed transfer ends.
		r.transferRefused(ivr.Result{Reason: ivr.ReasonTimedOut})
		return
	case moving(e.State) && asked, e.State == ivr.StateRedirecting && r.findKind(opRedirect) != nil,
		e.State <= ivr.StateEstablished:
		missed.State = e.State
	}
	r.changed(missed)
}

// legRead is callRead for a further leg.
func (r *run) legRead(look Op, e ivr.CallRead) {
	switch {
	case e.Gone, e.State == ivr.StateTerminated:
		r.legTerminated(look.Leg, ivr.Result{})
	case e.State <= ivr.StateEstablished:
		missed := ivr.CallChanged{Head: e.Head, State: e.State}
		missed.Leg = look.Leg
		if e.Audio == ivr.AudioActive {
			missed.Audio = e.Audio
		}
		r.legChanged(missed)
	}
}

// Awaits reports whether the session waits for the platform's word about something
// it asked for, and not only for the caller.
func (s *Session) Awaits() bool {
	for _, op := range s.Ops {
		switch op.Kind {
		case opAnswer, opPlay, opRecord, opTransfer, opRedirect, opReject, opSend, opMeet, opCreate, opHangUp:
			return true
		case opSubscribe, opCancel, opKeepAlive, opRead, opFetch, opJoin, opAction, opMute, opCount:
		}
	}
	return false
}
