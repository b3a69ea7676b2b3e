package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// newOp gives out an operation id and arms its deadline.
func (r *run) newOp(kind OpKind, deadline time.Duration) ivr.OpID {
	r.s.Seq++
	op := Op{ID: ivr.OpID(r.s.Seq), Kind: kind}
	op.Deadline = r.start(whyDeadline, deadline, op.ID)
	r.ownOps()
	r.s.Ops = append(r.s.Ops, op)
	return op.ID
}

// find looks an operation up by our id, or by Graph's where the platform did
// not echo ours. The pointer is valid until the next operation starts or ends.
func (r *run) find(id ivr.OpID, remote string) *Op {
	for i := range r.s.Ops {
		op := &r.s.Ops[i]
		if id != 0 && op.ID == id || id == 0 && remote != "" && op.Remote == remote {
			r.ownOps()
			return &r.s.Ops[i]
		}
	}
	return nil
}

// findKind is the operation of a kind on the caller's leg.
func (r *run) findKind(kind OpKind) *Op {
	for i := range r.s.Ops {
		if r.s.Ops[i].Kind == kind && r.s.Ops[i].Leg == "" {
			r.ownOps()
			return &r.s.Ops[i]
		}
	}
	return nil
}

// drop forgets an operation and its timers: whatever is said of it later is
// ignored.
func (r *run) drop(id ivr.OpID) {
	r.stopTimers(func(t *Timer) bool { return t.Op == id })
	r.ownOps()
	r.s.Ops = slices.DeleteFunc(r.s.Ops, func(op Op) bool { return op.ID == id })
}

func (r *run) rearm(op *Op, after time.Duration) {
	id := op.ID
	r.stopTimers(func(t *Timer) bool { return t.ID == op.Deadline })
	deadline := r.start(whyDeadline, after, id)
	r.find(id, "").Deadline = deadline
}

// accepted: the platform took the operation and works on it.
func (r *run) accepted(e ivr.OperationAccepted) {
	op := r.find(e.Op, "")
	if op == nil || op.Accepted && op.Remote == e.Remote {
		return
	}
	op.Accepted, op.Unknown, op.Refused = true, false, nil
	if e.Remote != "" {
		op.Remote = e.Remote
	}
	switch op.Kind {
	case opPlay:
		if e.Length > 0 && !(op.ID == r.s.Media.Op && r.s.Media.Music) { // music goes round
			r.rearm(op, e.Length.Std()+promptSlack)
		}
	case opRedirect:
		r.redirected(op.ID)
		return
	case opReject:
		r.rejected(op.ID)
		return
	case opAnswer, opSubscribe, opRecord, opCancel, opTransfer, opHangUp, opKeepAlive, opRead, opFetch, opJoin, opAction, opSend, opMute, opMeet, opCreate, opCount:
	}
	r.unpark(e.Remote)
}

// park keeps an operation's end until the response says which operation it
// was. Only the last few are kept; the platform echoes our context as a rule.
func (r *run) park(p Parked) {
	const most = 4
	known := func(q Parked) bool { return q.Remote == p.Remote }
	if p.Remote == "" || len(r.s.Ops) == 0 || slices.ContainsFunc(r.s.Parked, known) {
		return
	}
	if len(r.s.Parked) >= most {
		r.s.Parked = slices.Delete(r.s.Parked, 0, 1)
	}
	r.s.Parked = append(r.s.Parked, p)
}

func (r *run) unpark(remote string) {
	i := slices.IndexFunc(r.s.Parked, func(p Parked) bool { return p.Remote == remote })
	if remote == "" || i < 0 {
		return
	}
	p := r.s.Parked[i]
	r.s.Parked = slices.Delete(r.s.Parked, i, i+1)
	head := ivr.Head{At: r.now}
	if p.Failed {
		r.failed(ivr.OperationFailed{Head: head, Remote: remote, Result: p.Result})
		return
	}
	e := ivr.OperationCompleted{Head: head, Remote: remote, Result: p.Result}
	if ref := p.Recording; ref != nil {
		e.Recording = &ivr.RecordingRef{Location: ref.Location, Token: ivr.NewSecret(ref.Token), Why: ref.Why}
	}
	r.completed(e)
}

func (r *run) completed(e ivr.OperationCompleted) {
	found := r.find(e.Op, e.Remote)
	if found == nil {
		p := Parked{Remote: e.Remote, Result: e.Result}
		if ref := e.Recording; ref != nil {
			p.Recording = &ParkedRef{Location: ref.Location, Token: ref.Token.Reveal(), Why: ref.Why}
		}
		r.park(p)
		return
	}
	op := *found
	if op.Leg != "" {
		r.legCompleted(op)
		return
	}
	switch op.Kind {
	case opPlay:
		r.promptEnded(op.ID)
	case opSend:
		r.sendEnded(op.ID, ivr.Result{})
	case opMute:
		r.muted(op.ID)
	case opMeet:
		r.conferred(op.ID, cmp.Or(e.Remote, op.Remote))
	case opRecord:
		r.recordEnded(op.ID, e.Recording)
	case opSubscribe:
		r.drop(op.ID)
		r.s.Leg.Subscribed = true
	case opReject:
		r.rejected(op.ID)
	case opHangUp, opTransfer, opRedirect, opAnswer:
		found.Accepted = true // the call's own events say what came of it
	case opCancel:
		r.drop(op.ID)
		r.s.Media.Refused = 0 // what it stopped may have been told of before, or never is
	case opKeepAlive:
		r.drop(op.ID)
	case opRead, opFetch, opJoin, opAction, opCreate, opCount: // they have events of their own
	}
}

// failed: the platform refused the operation, or it ended badly.
func (r *run) failed(e ivr.OperationFailed) {
	found := r.find(e.Op, e.Remote)
	if found == nil {
		r.park(Parked{Remote: e.Remote, Failed: true, Result: e.Result})
		return
	}
	op := *found
	switch {
	case op.Leg != "":
		r.failOp(op, e.Result)
	case op.Refused != nil: // the call is being read already
	case e.Result.Reason == ivr.ReasonNotFound && onCall(op.Kind):
		// Either the call is gone and its end was never told, or only the
		// target is unknown: the call itself knows.
		found.Refused = &e.Result
		r.readFor(op.ID)
	case op.Kind == opAnswer && (e.Result.Code == 400 || e.Result.Code == 409):
		r.answerRefused(found, e.Result)
	default:
		r.failOp(op, e.Result)
	}
}

func onCall(k OpKind) bool {
	switch k {
	case opAnswer, opSubscribe, opPlay, opRecord, opTransfer, opKeepAlive, opHangUp, opRedirect, opSend, opMute, opMeet:
		return true
	case opReject, opCancel, opRead, opFetch, opJoin, opAction, opCreate, opCount:
	}
	return false
}

// failOp decides what a failed operation means.
func (r *run) failOp(op Op, res ivr.Result) {
	r.drop(op.ID)
	if op.Leg != "" {
		r.legFailed(op, res)
		return
	}
	switch op.Kind {
	case opAnswer:
		r.answerFailed(res)
	case opPlay:
		r.promptFailed(op.ID, res)
	case opSend:
		r.sendEnded(op.ID, res)
	case opMute:
		r.muteFailed(res)
	case opMeet:
		r.conferFailed(op.ID, res)
	case opRecord:
		r.recordFailed(op.ID, res)
	case opTransfer:
		r.transferFailed(res)
	case opRedirect:
		r.redirectFailed(res)
	case opReject:
		r.rejected(op.ID)
	case opHangUp:
		r.hangUpAgain(op)
	case opFetch, opJoin:
		r.fetchFailed(op, res.Reason)
	case opRead:
		r.readFailed(op.For)
	case opSubscribe:
		r.note("subscribing to keys failed: %s", res)
	case opAction:
		r.emit(ivr.CancelAction{Op: op.ID}) // it may still run
		r.actionFailed(res.Reason)
	case opCancel:
		r.cancelFailed()
	case opCount:
		r.orderMembers(0)
	case opKeepAlive, opCreate: // the next keepAlive may do better; who is called is on a further leg
	}
}

// unknown: the request left, and nobody knows whether it was executed.
func (r *run) unknown(e ivr.OperationUnknown) {
	op := r.find(e.Op, "")
	if op == nil {
		return
	}
	if op.Leg != "" {
		r.legUnknown(op)
		return
	}
	switch op.Kind {
	case opTransfer, opRedirect:
		if op.Unknown {
			return
		}
		op.Unknown = true
		patience := reconcileFor
		if op.Kind == opRedirect {
			patience = r.redirectTime(reconcileFor)
		}
		r.rearm(op, patience)
		r.reconcile(e.Op)
	case opPlay:
		r.playAgain(e)
	case opSend, opMeet:
		if op.Unknown {
			return
		}
		op.Unknown = true
		r.rearm(op, reconcileFor) // its completion may come
		if step, _ := r.place(); op.Kind == opMeet && step != nil && op.ID == r.s.Meeting.Op && r.routes(step) != nil {
			r.readRoutes(e.Op)
		}
	case opRecord:
		r.recordAgain(e)
	case opFetch, opJoin, opRead, opAction, opCount:
		r.failOp(*op, ivr.Result{Reason: ivr.ReasonUnknownResult})
	case opAnswer, opReject, opSubscribe, opCancel, opHangUp, opKeepAlive, opMute, opCreate:
		// Sending them again is harmless and was done; the deadline decides.
	}
}

// deadline: an operation did not report in time.
func (r *run) deadline(id ivr.OpID) {
	found := r.find(id, "")
	if found == nil {
		return
	}
	op := *found
	if op.Leg != "" {
		r.legDeadline(op)
		return
	}
	switch op.Kind {
	case opSubscribe, opCancel, opKeepAlive, opCreate:
		r.drop(id)
	case opReject:
		r.rejected(id)
	case opFetch, opJoin, opRead, opAction, opMute, opCount:
		r.failOp(op, ivr.Result{Reason: ivr.ReasonTimedOut})
	case opTransfer, opRedirect:
		if op.Unknown {
			r.giveUpReconciling(op)
			return
		}
		r.readFor(id)
	case opSend:
		r.sendLate(op)
	case opMeet:
		r.conferLate(op)
	case opAnswer, opPlay, opRecord, opHangUp:
		r.readFor(id)
	}
}

// hangUpAgain tries to end the call a few times; then it counts as ended, and is hung
// up behind the session's end.
func (r *run) hangUpAgain(op Op) {
	if _, phase := r.place(); r.s.State != flow.StateHangingUp && phase != flow.PhaseRejecting {
		return
	}
	if op.Tries+1 >= hangUpTries {
		r.s.Leg.Stays = true
		r.fire(flow.TriggerOver)
		return
	}
	id := r.newOp(opHangUp, hangUpDeadline)
	r.find(id, "").Tries = op.Tries + 1
	r.emit(ivr.HangUp{Op: id, Leg: r.s.Leg.ID})
}
