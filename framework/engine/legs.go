package engine

import (
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// A session may have further legs besides the caller's. This file keeps their
// books: a leg is there from the command that makes its call until the platform
// says that the call is over. What a leg is for is decided elsewhere.

// mostLegs is how many further legs are kept on the books.
const mostLegs = 16

// callee calls somebody on a new leg and returns it.
func (r *run) callee(cmd ivr.CreateCall) ivr.LegID {
	cmd.Op = r.newOp(opCreate, requestSlack)
	cmd.Leg = ivr.LegID(fmt.Sprintf("b%d", cmd.Op)) // unique: so is the operation
	r.find(cmd.Op, "").Leg = cmd.Leg
	if len(r.s.Others) >= mostLegs { // the platform never spoke of the oldest one
		r.forget(r.s.Others[0].ID)
	}
	r.s.Others = append(r.s.Others, Leg{ID: cmd.Leg, Target: cmd.Target})
	r.emit(cmd)
	return cmd.Leg
}

// other is a further leg; nil if there is none with that id, or no more. The
// pointer is valid until the next leg comes or goes.
func (r *run) other(id ivr.LegID) *Leg {
	for i := range r.s.Others {
		if r.s.Others[i].ID == id {
			return &r.s.Others[i]
		}
	}
	return nil
}

// legOp is newOp for a further leg.
func (r *run) legOp(leg ivr.LegID, op ivr.OpID) ivr.OpID {
	r.find(op, "").Leg = leg
	return op
}

// created: the platform made the call.
func (r *run) created(e ivr.CallCreated) {
	if r.s.Meeting != nil && e.Me != "" && r.other(e.Leg) != nil {
		r.s.Meeting.Me = e.Me
	}
	r.adopt(e.Leg, e.Call)
}

// adopt takes in the id of a leg's call, from the response of its request or
// from a notification that overtook it. A call that nobody wants any more is
// hung up.
func (r *run) adopt(id ivr.LegID, call ivr.CallID) {
	leg := r.other(id)
	if leg == nil || leg.Call != "" || call == "" {
		return
	}
	leg.Call = call
	if leg.State == ivr.StateUnknown {
		leg.State = ivr.StateEstablishing
	}
	if op := r.legsOp(opCreate, id); op != nil {
		r.drop(op.ID)
	}
	if leg.Leaving {
		r.hangUpLeg(leg)
	}
}

func (r *run) legsOp(kind OpKind, leg ivr.LegID) *Op {
	for i := range r.s.Ops {
		if op := &r.s.Ops[i]; op.Kind == kind && op.Leg == leg {
			return r.find(op.ID, "")
		}
	}
	return nil
}

// legChanged merges a partial update of a further leg's call.
func (r *run) legChanged(e ivr.CallChanged) {
	r.adopt(e.Leg, e.Call)
	leg := r.other(e.Leg)
	if leg == nil {
		return
	}
	if e.Audio != ivr.AudioUnknown {
		leg.AudioNow = e.Audio
	}
	if forward(leg.State, e.State) {
		leg.State = e.State
	}
	if leg.AudioNow == ivr.AudioActive && leg.State == ivr.StateEstablished {
		leg.Audio = true
	}
	r.consultChanged(leg)
}

// legTerminated: a further leg's call is over, and what ran on it will not
// report.
func (r *run) legTerminated(id ivr.LegID, res ivr.Result) {
	leg := r.other(id)
	if leg == nil {
		return
	}
	was := *leg
	r.forget(id)
	r.consultEnded(was, res)
}

// forget strikes a leg off the books.
func (r *run) forget(id ivr.LegID) {
	r.dropOpsOf(id)
	r.s.Others = slices.DeleteFunc(r.s.Others, func(l Leg) bool { return l.ID == id })
}

func (r *run) dropOpsOf(leg ivr.LegID) {
	for _, op := range slices.Clone(r.s.Ops) {
		if op.Leg == leg {
			r.drop(op.ID)
		}
	}
}

// release ends a leg that is not wanted any more, or will as soon as its call is
// known.
func (r *run) release(id ivr.LegID) {
	leg := r.other(id)
	if leg == nil || leg.Leaving {
		return
	}
	r.dropOpsOf(id)
	leg.Leaving = true
	if leg.Call != "" {
		r.hangUpLeg(leg)
	}
}

func (r *run) hangUpLeg(leg *Leg) {
	id := leg.ID
	r.emit(ivr.HangUp{Op: r.legOp(id, r.newOp(opHangUp, hangUpDeadline)), Leg: id})
}

// legCompleted: an operation on a further leg ended well.
func (r *run) legCompleted(op Op) {
	switch op.Kind {
	case opHangUp: // the call's end will be told; the deadline sees to it
		r.find(op.ID, "").Accepted = true
		return
	case opSubscribe:
		if leg := r.other(op.Leg); leg != nil {
			leg.Subscribed = true
		}
	default:
	}
	r.drop(op.ID)
	r.consultPlayed(op)
}

// legFailed: an operation on a further leg was refused, ended badly or did not
// report. It has been dropped.
func (r *run) legFailed(op Op, res ivr.Result) {
	switch op.Kind {
	case opCreate:
		r.notCreated(op.Leg, res)
	case opHangUp:
		r.hangUpLegAgain(op, res)
	case opSubscribe:
		r.note("subscribing to the callee's keys failed: %s", res)
	case opPlay:
		r.note("the callee did not hear the announcement: %s", res)
		r.consultPlayed(op)
	default: // a cancel that failed: the call is being handed over or ended
	}
}

// notCreated: the call was refused, or nobody knows whether it was made. In the
// latter case it is hung up as soon as the platform speaks of it.
func (r *run) notCreated(id ivr.LegID, res ivr.Result) {
	leg := r.other(id)
	if leg == nil {
		return
	}
	was := *leg
	if res.Reason == ivr.ReasonUnknownResult {
		leg.Leaving = true
	} else {
		r.forget(id)
	}
	r.consultEnded(was, res)
}

// hangUpLegAgain tries to end a leg's call until it is gone: a few times at once, and
// then now and then, for somebody may be listening to nothing.
func (r *run) hangUpLegAgain(op Op, res ivr.Result) {
	leg := r.other(op.Leg)
	switch {
	case leg == nil:
	case res.Reason == ivr.ReasonNotFound:
		r.forget(op.Leg)
	case op.Tries+1 < hangUpTries:
		r.hangUpLeg(leg)
		r.legsOp(opHangUp, op.Leg).Tries = op.Tries + 1
	default:
		leg.Stays = true
		if !r.waitsFor(whyHangUp) {
			r.start(whyHangUp, hangUpPause, 0)
		}
	}
}

// hangUpLeft tries to end the calls once more that could not be hung up.
func (r *run) hangUpLeft() {
	for i := range r.s.Others {
		if leg := &r.s.Others[i]; leg.Stays && r.legsOp(opHangUp, leg.ID) == nil {
			r.hangUpLeg(leg)
		}
	}
}

// legUnknown: a request on a further leg left, and no answer came.
func (r *run) legUnknown(op *Op) {
	if op.Kind != opCreate || op.Unknown {
		return // its deadline decides
	}
	op.Unknown = true
	r.rearm(op, reconcileFor) // the call's first notification shows that it was made
}

// legDeadline: an operation on a further leg did not report in time.
func (r *run) legDeadline(op Op) {
	switch op.Kind {
	case opCreate:
		r.failOp(op, ivr.Result{Reason: ivr.ReasonUnknownResult})
	case opHangUp:
		if op.Accepted { // it was ended, and the platform did not say so
			r.forget(op.Leg)
			return
		}
		r.failOp(op, ivr.Result{Reason: ivr.ReasonTimedOut})
	case opPlay: // it had the time that it needs
		r.drop(op.ID)
		r.consultPlayed(op)
	default:
		r.drop(op.ID)
	}
}

// releaseAll ends what further legs there are when the session ends.
func (r *run) releaseAll() {
	for _, leg := range slices.Clone(r.s.Others) {
		r.release(leg.ID)
	}
	r.hangUpLeft()
}
