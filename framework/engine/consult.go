package engine

import (
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// consultOf is how the step asks somebody before it hands the caller over; nil
// if it does not.
func consultOf(step *flow.Step) *flow.Consult {
	if step == nil {
		return nil
	}
	return flow.ConsultOf(step.Spec)
}

// onHold is what happens on the caller's leg when nothing plays there and
// somebody else is being called: the call to that person, and music.
func (r *run) onHold(step *flow.Step) {
	if hunt, ok := step.Spec.(*flow.Hunt); ok {
		r.onHunt(step, hunt)
		return
	}
	_, phase := r.place()
	if phase == flow.PhaseDialling && r.s.Consult.Leg == "" && !r.ring(step) {
		return
	}
	r.playHoldMusic(step)
}

// progress moves the step on to its next phase. A dial has none after that in
// which the callee has taken the call.
func (r *run) progress(trigger string) {
	step, _ := r.place()
	if dial, ok := step.Spec.(*flow.Dial); ok && dial.Taken(trigger) {
		r.taken("answered")
		return
	}
	r.fire(trigger)
}

// ring calls the step's target. It reports whether it does.
func (r *run) ring(step *flow.Step) bool {
	dest, how := ringing(step.Spec)
	if how == nil {
		return false
	}
	if err := r.callTo(dest, how.Ring); err != nil {
		r.refuse(step, err)
		return false
	}
	return true
}

// callTo calls a destination, whose phone rings for a time.
func (r *run) callTo(d flow.Dest, ring time.Duration) error {
	to, err := r.target(d)
	if err != nil {
		return err
	}
	cmd := ivr.CreateCall{Target: to, Ring: ivr.Duration(ring), Dynamic: d.Dynamic}
	if to.Kind == ivr.PartyPhone {
		from := r.s.Called
		if r.s.Outgoing {
			from = r.s.Caller
		}
		if from.Kind != ivr.PartyApplication {
			return targetError("one that can be called: a telephone is called by a resource account, and this call has none")
		}
		cmd.Source = from
	}
	r.s.Consult.Begun, r.s.Consult.Leg, r.s.Consult.Announce = true, r.callee(cmd), 0
	r.start(whyRing, ring+ringSlack, 0)
	return nil
}

// ringing is whom a step calls, and how; nil if it calls nobody.
func ringing(spec flow.Spec) (flow.Dest, *flow.Consult) {
	if dial, ok := spec.(*flow.Dial); ok {
		return dial.To, &dial.Consult
	}
	if transfer, ok := spec.(*flow.Transfer); ok {
		return transfer.To, transfer.Consult
	}
	return flow.Dest{}, nil
}

// playHoldMusic loops until the callee is there, or not.
func (r *run) playHoldMusic(step *flow.Step) {
	parts, err := r.parts(consultOf(step).Music)
	if err != nil {
		r.errs = append(r.errs, fmt.Errorf("%s: music: %w", step.Pos, err))
		return // silence is no reason to fail
	}
	if len(parts) == 0 {
		return
	}
	op := r.newOp(opPlay, r.f.CallLimit)
	r.s.Media.Op, r.s.Media.Music = op, true
	r.emit(ivr.PlayPrompt{Op: op, Leg: r.s.Leg.ID, Parts: parts, Loop: true})
}

// consultChanged: something is new about a further leg. The callee is there once
// the call is established, with audio if that is needed.
func (r *run) consultChanged(leg *Leg) {
	step, phase := r.place()
	if phase == flow.PhaseJoining {
		r.joining(leg)
		return
	}
	how := consultOf(step)
	if how == nil || phase != flow.PhaseDialling || leg.ID != r.s.Consult.Leg || leg.State != ivr.StateEstablished {
		return
	}
	_, dial := step.Spec.(*flow.Dial)
	if speaks := dial || len(how.Announce) > 0 || how.Accept != 0; leg.Audio || !speaks {
		r.progress(flow.TriggerConnected)
	}
}

// announce plays the announcement to the callee, whose keys count from its
// beginning.
func (r *run) announce(step *flow.Step) {
	parts, err := r.parts(consultOf(step).Announce)
	if err != nil {
		r.fault(step, err)
		return
	}
	if consultOf(step).Accept != 0 {
		r.hearCallee()
	}
	if len(parts) == 0 {
		r.progress(flow.TriggerPrompted)
		return
	}
	leg := r.s.Consult.Leg
	op := r.legOp(leg, r.newOp(opPlay, length(parts)+promptSlack))
	r.s.Consult.Announce = op
	r.emit(ivr.PlayPrompt{Op: op, Leg: leg, Parts: parts})
}

// hearCallee subscribes to the callee's keys.
func (r *run) hearCallee() {
	id := r.s.Consult.Leg
	if leg := r.other(id); leg == nil || leg.Subscribed || r.legsOp(opSubscribe, id) != nil {
		return
	}
	r.emit(ivr.SubscribeToTone{Op: r.legOp(id, r.newOp(opSubscribe, requestSlack)), Leg: id})
}

func (r *run) awaitAccept() {
	r.hearCallee()
	r.start(whyAccept, acceptWithin, 0)
}

// consultPlayed: an operation on a further leg is over. If it was the
// announcement, what follows it is due.
func (r *run) consultPlayed(op Op) {
	if op.ID != r.s.Consult.Announce {
		return
	}
	r.s.Consult.Announce = 0
	if _, phase := r.place(); phase == flow.PhaseAnnouncing {
		r.progress(flow.TriggerPrompted)
	}
}

// consultKey: the callee pressed a key. One that is not the right one declines:
// a machine's, or that of somebody who does not want the call.
func (r *run) consultKey(id ivr.LegID, t Tone) {
	step, phase := r.place()
	how := consultOf(step)
	if how == nil || how.Accept == 0 || id != r.s.Consult.Leg || t.Key == 0 {
		return
	}
	_, dial := step.Spec.(*flow.Dial)
	switch {
	case phase != flow.PhaseAnnouncing && phase != flow.PhaseAccepting:
	case t.Key != how.Accept:
		r.notTaken(ivr.Result{Reason: ivr.ReasonDeclined})
	case dial:
		r.s.Tones.Seen, r.s.Tones.Count = []int64{t.Seq}, 1 // it is the first key of the call
		r.progress(flow.TriggerAccepted)
	default:
		if op := r.s.Consult.Announce; op != 0 {
			r.drop(op)
			r.s.Consult.Announce = 0
			r.emit(ivr.CancelMedia{Op: r.legOp(id, r.newOp(opCancel, requestSlack)), Leg: id})
		}
		r.fire(flow.TriggerAccepted)
	}
}

// consultEnded: the call of a further leg is over, or was not made. A call that
// was established was taken, so that its end declines it. While the caller is
// being handed over, the platform ends it.
func (r *run) consultEnded(leg Leg, res ivr.Result) {
	if leg.ID != r.s.Consult.Leg || r.transferring() {
		return
	}
	if _, phase := r.place(); phase == flow.PhaseJoining {
		r.notJoined(res)
		return
	}
	if leg.State == ivr.StateEstablished || leg.State == ivr.StateHold {
		res.Reason = ivr.ReasonHungUp
		r.notTaken(res)
		return
	}
	outcome, reason := ringOutcome(res.Reason)
	res.Reason = reason
	r.consultFailed(outcome, res)
}

// ringOutcome is what became of a call that was not taken. The platform ends
// most of them as if all were well, so that anything that does not say otherwise
// is no answer.
func ringOutcome(reason ivr.Reason) (outcome string, told ivr.Reason) {
	switch reason {
	case ivr.ReasonBusy:
		return "busy", reason
	case ivr.ReasonDeclined:
		return "declined", reason
	case ivr.ReasonUnreachable:
		return "no_answer", reason
	case ivr.ReasonNone, ivr.ReasonHungUp, ivr.ReasonNoAnswer, ivr.ReasonTimedOut, ivr.ReasonCancelled, ivr.ReasonTransferred:
		return "no_answer", ivr.ReasonNoAnswer
	case ivr.ReasonNotAllowed, ivr.ReasonNotFound, ivr.ReasonThrottled, ivr.ReasonMedia, ivr.ReasonUnknownResult,
		ivr.ReasonEscalated, ivr.ReasonService:
	}
	return "failed", reason
}

// unanswered: the phone rang as long as it may, and the platform said nothing.
func (r *run) unanswered() {
	if _, phase := r.place(); phase == flow.PhaseJoining {
		r.notJoined(ivr.Result{Reason: ivr.ReasonTimedOut})
		return
	}
	r.consultFailed("no_answer", ivr.Result{Reason: ivr.ReasonNoAnswer})
}

// notTaken: the callee answered, and does not take the call.
func (r *run) notTaken(res ivr.Result) { r.consultFailed("declined", res) }

// consultFailed: who was called does not take the call.
func (r *run) consultFailed(outcome string, res ivr.Result) {
	step, _ := r.place()
	if consultOf(step) == nil {
		return
	}
	if hunt, ok := step.Spec.(*flow.Hunt); ok {
		r.nextMember(hunt, res)
		return
	}
	r.leaveConsult(outcome, res)
}

// leaveConsult ends the step; the caller stays here.
func (r *run) leaveConsult(outcome string, res ivr.Result) {
	r.stopMedia()
	r.leave(outcome, View{Code: res.Code, Subcode: res.Subcode, Reason: res.Reason})
}

// handOver has the caller take the bot's place in its call with the callee.
func (r *run) handOver(dynamic bool) {
	leg := r.other(r.s.Consult.Leg)
	if leg == nil || leg.Call == "" {
		r.notTaken(ivr.Result{Reason: ivr.ReasonHungUp})
		return
	}
	r.emit(ivr.Transfer{Op: r.newOp(opTransfer, transferFirst), Leg: r.s.Leg.ID, Target: leg.Target, Dynamic: dynamic, Replaces: leg.Call})
}

// consultLeft ends the callee's call when the step is left by any way but that
// from one of its phases to the next. After the step's own transfer the platform
// ends it; after an earlier one that was given up, nobody else does.
func (r *run) consultLeft(trigger string) {
	id := r.s.Consult.Leg
	switch {
	case !r.s.Consult.Begun, trigger == flow.TriggerConnected, trigger == flow.TriggerPrompted, trigger == flow.TriggerAccepted,
		trigger == flow.TriggerNext:
		return
	case r.s.EndedBy == ivr.EndedByTransfer && trigger != flow.TriggerHangUp:
		if leg := r.other(id); leg != nil {
			leg.Leaving = true
		}
	default:
		r.release(id)
	}
	r.stop(whyEvery)
	r.stop(whyMaxWait)
	if op := r.findKind(opCount); op != nil {
		r.drop(op.ID)
	}
	r.s.Consult = Consult{}
}
