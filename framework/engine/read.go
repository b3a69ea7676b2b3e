package engine

import (
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// readFor asks for the call's true state on behalf of an operation.
func (r *run) readFor(id ivr.OpID) {
	read := r.newOp(opRead, requestSlack)
	r.find(read, "").For = id
	r.emit(ivr.ReadCall{Op: read, Leg: r.s.Leg.ID})
}

// callRead: the call's true state is known.
func (r *run) callRead(e ivr.CallRead) {
	read := r.find(e.Op, "")
	if read == nil || read.Kind != opRead {
		return
	}
	asked := *read
	id := asked.For
	r.drop(e.Op)
	switch {
	case asked.Leg != "":
		r.legRead(asked, e)
		r.readPeople(asked, e)
		return
	case e.Gone, id == 0 && e.State == ivr.StateTerminated:
		r.gone()
		return
	case id == 0:
		r.looked(asked, e)
		r.readPeople(asked, e)
		return
	}
	if e.Audio == ivr.AudioActive && !r.s.Leg.Audio {
		r.changed(ivr.CallChanged{Head: e.Head, State: e.State, Audio: e.Audio})
	}
	op := r.find(id, "")
	switch {
	case op == nil:
	case op.Kind == opMeet && op.Refused == nil:
		r.routesRead(*op, e.Routes)
	default:
		r.resolve(*op, e.State)
	}
}

// gone: the platform does not know the call any more. As a rule its word about
// the end is on its way, since a caller may hang up while a request is; it says
// who ended the call and is waited for.
func (r *run) gone() {
	switch {
	case r.mayHaveLeft():
		// Nobody has said so. Should the caller have left instead, the callee's call
		// goes on; if it was replaced, hanging it up changes nothing.
		if id := r.s.Consult.Leg; id != "" {
			r.release(id)
		}
		r.terminated(ivr.Result{Reason: ivr.ReasonTransferred})
	case r.s.State == flow.StateHangingUp:
		r.neverTold()
	case !r.waitsFor(whyGone):
		r.start(whyGone, goneGrace, 0)
	}
}

// neverTold: the call is gone, and the platform did not say that it ended.
func (r *run) neverTold() { r.terminated(ivr.Result{Reason: ivr.ReasonService}) }

// readFailed: even reading the call failed. The operation in question is
// judged as if the call lived.
func (r *run) readFailed(id ivr.OpID) {
	op := r.find(id, "")
	switch {
	case op == nil, op.Unknown && op.Kind == opTransfer:
	case op.Kind == opMeet && op.Refused == nil:
		r.routesRead(*op, nil)
	default:
		r.resolve(*op, ivr.StateUnknown)
	}
}

// resolve ends an operation that did not report in time, on a call that lives.
func (r *run) resolve(op Op, state ivr.CallState) {
	late := ivr.Result{Reason: ivr.ReasonTimedOut}
	switch media := op.Kind == opPlay || op.Kind == opRecord || op.Kind == opSend; {
	case op.Refused != nil:
		r.resolveRefused(op, state)
		return
	case media && r.s.Media.Cancelled && r.waitsFor(whyGate):
		return // what was cancelled has its own time to report
	}
	switch op.Kind {
	case opPlay:
		if op.Accepted { // it had all the time it needs
			r.promptEnded(op.ID)
			return
		}
		r.failOp(op, late)
	case opSend:
		if op.Accepted {
			late = ivr.Result{} // as above
		}
		r.sendEnded(op.ID, late)
	case opTransfer:
		r.resolveTransfer(op, state)
	case opRedirect:
		r.resolveRedirect(op, state)
	case opAnswer, opHangUp, opRecord, opSubscribe, opKeepAlive, opMute, opMeet:
		r.failOp(op, late)
	case opReject, opCancel, opRead, opFetch, opJoin, opAction, opCreate, opCount: // never read for
	}
}

// resolveRefused ends an operation that the platform refused, on a call that
// lives. An answer is refused also because an earlier try of it was executed.
func (r *run) resolveRefused(op Op, state ivr.CallState) {
	if op.Kind == opAnswer && state > ivr.StateIncoming && state < ivr.StateTerminating {
		r.answerTaken(op.ID)
		return
	}
	r.failOp(op, *op.Refused)
}
