package engine

import (
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// changed merges a partial update of the call.
func (r *run) changed(e ivr.CallChanged) {
	leg := &r.s.Leg
	if leg.Gone {
		return
	}
	if leg.Call == "" {
		leg.Call = e.Call
	}
	if e.Audio != ivr.AudioUnknown {
		leg.AudioNow = e.Audio
	}
	if e.State == ivr.StateEstablished && e.Result != nil && e.Result.Code >= 400 {
		// Back to established with a result is how a failed transfer is told;
		// a late plain established says nothing.
		r.transferRefused(*e.Result)
		return
	}
	if forward(leg.State, e.State) {
		leg.State = e.State
		r.transferProgress()
	}
	switch {
	case leg.AudioNow != ivr.AudioActive || leg.State != ivr.StateEstablished:
	case !leg.Audio:
		r.connected()
	case e.Audio == ivr.AudioActive: // again: what waits for it may go on
		r.stop(whyAudio)
		r.openGate()
	}
}

// forward reports whether an update tells something new: updates may come in
// any order, so a state that lies behind us is old news. Hold comes and goes.
func forward(from, to ivr.CallState) bool {
	if to == ivr.StateUnknown || to == from {
		return false
	}
	if from == ivr.StateHold && to == ivr.StateEstablished {
		return true
	}
	return to > from
}

// connected: audio is active for the first time.
func (r *run) connected() {
	r.s.Leg.Audio, r.s.Leg.Mute = true, false
	r.s.Leg.Answering = true
	r.s.Answered = r.now
	if op := r.findKind(opAnswer); op != nil {
		r.drop(op.ID)
	}
	r.stop(whyAnswerBy)
	r.start(whyCallLimit, r.root.CallLimit, 0)
	r.start(whyKeepAlive, keepAliveEvery, 0)
	if r.root.DTMF == flow.DTMFAlways || r.root.DTMF != flow.DTMFNever && r.root.UsesKeys {
		r.subscribe()
	}
	r.openGate()
}

// subscribe asks for the call's keys, unless that has been done. Input steps
// ask again if it failed; keys that then come twice are told apart by number.
func (r *run) subscribe() {
	if r.s.Leg.Subscribed || !r.s.Leg.Audio || r.s.Leg.Gone || r.findKind(opSubscribe) != nil {
		return
	}
	r.emit(ivr.SubscribeToTone{Op: r.newOp(opSubscribe, requestSlack), Leg: r.s.Leg.ID})
}

// answer takes the call unless that has been done.
func (r *run) answer(prefetch []ivr.Part) {
	leg := &r.s.Leg
	if leg.Answering || leg.Gone {
		return
	}
	switch _, phase := r.place(); phase {
	case flow.PhaseRedirecting, flow.PhaseRejecting:
		return
	default:
		if r.s.State == flow.StateHangingUp {
			return
		}
	}
	leg.Answering = true
	r.stop(whyAnswerBy)
	r.emit(ivr.Answer{Op: r.newOp(opAnswer, answerDeadline), Leg: leg.ID, Prefetch: prefetch})
}

// prefetch is what an answer step has the platform fetch while it connects. It
// is a hint: if it cannot be made, the prompt that plays it will say so.
func (r *run) prefetch() []ivr.Part {
	step, _ := r.place()
	if step == nil {
		return nil
	}
	spec, ok := step.Spec.(*flow.Answer)
	if !ok {
		return nil
	}
	parts, err := r.parts(spec.Prefetch)
	if err != nil {
		return nil
	}
	return parts
}

// answerInTime arms answer_by anew on a call that is still unanswered.
func (r *run) answerInTime() {
	if r.s.Leg.Answering || r.s.Leg.Gone {
		return
	}
	r.start(whyAnswerBy, max(answerBy-r.now.Sub(r.s.Started), 0), 0)
}

// answerRefused: the platform says that the call cannot be answered as it is.
// If an earlier try was executed and its response lost, that is because it has
// been answered: the call itself knows.
func (r *run) answerRefused(op *Op, res ivr.Result) {
	if r.s.Leg.State > ivr.StateIncoming {
		r.answerTaken(op.ID)
		return
	}
	op.Refused = &res
	r.readFor(op.ID)
}

// answerTaken: the answer was executed; audio is awaited.
func (r *run) answerTaken(id ivr.OpID) {
	if op := r.find(id, ""); op != nil && (op.Refused != nil || !op.Accepted) {
		op.Accepted, op.Refused = true, nil
		r.rearm(op, answerDeadline)
	}
}

func (r *run) answerFailed(res ivr.Result) {
	r.s.Leg.Mute = true
	step, _ := r.place()
	if step == nil || !r.s.Media.Waiting {
		// Nothing waits for audio yet; the step that does will fail.
		r.note("answer failed: %s", res)
		r.toError()
		return
	}
	r.s.Media.Waiting = false
	if step.Section != flow.InState {
		r.toError()
		return
	}
	r.failWith(res)
}

// terminated: the leg is over. Whatever runs on it is over too, and will not
// report.
func (r *run) terminated(res ivr.Result) {
	leg := &r.s.Leg
	if leg.Gone {
		return
	}
	before := leg.State
	leg.Gone, leg.State, leg.AudioNow = true, ivr.StateTerminated, ivr.AudioInactive
	r.s.End = res
	_, phase := r.place()
	outside := r.s.State == flow.StateHandingOver
	moved := before == ivr.StateTransferAccepted || res.Reason == ivr.ReasonTransferred
	r.dropLegOps()
	switch {
	case outside && moved:
		r.handedOver()
	case outside:
		r.comeBack()
		r.farEnd(res)
	case r.closing(): // the session needed the call no more
	case r.s.State == flow.StateHangingUp, phase == flow.PhaseRejecting:
		r.fire(flow.TriggerOver)
	case phase == flow.PhaseRedirecting && res.Reason != ivr.ReasonHungUp:
		r.s.EndedBy = ivr.EndedByRedirect
		r.fire(flow.TriggerOver)
	case phase == flow.PhaseTransferring && moved:
		r.s.EndedBy = ivr.EndedByTransfer
		r.leave("done", View{Code: res.Code, Subcode: res.Subcode})
	default:
		r.farEnd(res)
	}
}

// farEnd: the other side, or the platform, ended the call.
func (r *run) farEnd(res ivr.Result) {
	reason := ivr.ReasonHungUp
	switch {
	case res.Reason == ivr.ReasonTransferred:
		r.s.EndedBy = ivr.EndedByTransfer // a transfer that was given up succeeded after all
	case r.s.Leg.Doubt && !r.s.Leg.Audio && res.Reason != ivr.ReasonHungUp:
		r.s.EndedBy = ivr.EndedByRedirect // ... or a redirect
	case res.Reason == ivr.ReasonNone, res.Reason == ivr.ReasonHungUp:
		r.s.EndedBy = ivr.EndedByCaller
	default:
		r.s.EndedBy, reason = ivr.EndedByService, res.Reason
	}
	if r.keepRecording() {
		return // hang_up is fired when the chunks are saved
	}
	r.s.Result = View{Outcome: "hung_up", Code: res.Code, Subcode: res.Subcode, Reason: reason}
	r.hungUp()
}

func (r *run) hungUp() {
	r.leaveSubFlows()
	if r.f.Machine.Can(r.s.State, flow.TriggerHangUp) {
		r.interrupt(flow.TriggerHangUp)
	}
}

// dropLegOps forgets the operations and timers that a dead leg cannot end.
// Downloads go on: the recording outlives the call for a moment.
func (r *run) dropLegOps() {
	for _, op := range append([]Op(nil), r.s.Ops...) {
		if op.Leg != "" {
			continue
		}
		switch op.Kind {
		case opFetch, opJoin, opAction, opCount:
		case opAnswer, opReject, opRedirect, opSubscribe, opPlay, opRecord, opCancel, opTransfer, opHangUp, opKeepAlive, opRead, opSend, opMute, opMeet, opCreate:
			r.drop(op.ID)
		}
	}
	r.stopTimers(func(t *Timer) bool { return t.Op == 0 && t.Why != whySection })
	r.s.Media, r.s.Parked = Media{}, nil
}
