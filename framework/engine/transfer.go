package engine

import (
	"errors"
	"regexp"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

var (
	// E.164: a plus, a country code that does not begin with 0, 7 to 15 digits.
	e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// target computes a destination. One that is ill-formed is refused here, so
// that what a caller typed never reaches the platform as something else.
func (r *run) target(d flow.Dest) (ivr.Target, error) {
	id, err := d.ID.Text(r.env())
	if err != nil {
		return ivr.Target{}, err
	}
	form := guid
	if d.Kind == ivr.PartyPhone {
		form = e164
	}
	if !form.MatchString(id) {
		return ivr.Target{}, targetError(kindForm(d.Kind))
	}
	return ivr.Target{Kind: d.Kind, ID: id}, nil
}

// targetError is the error of a destination without the form it must have. What
// was typed is not repeated: it may be anything.
type targetError string

func (n targetError) Error() string { return "the target is no " + string(n) }

// refuse ends a step whose destination was refused. One that could not be
// computed is a fault of the flow.
func (r *run) refuse(step *flow.Step, err error) {
	if _, refused := errors.AsType[targetError](err); !refused {
		r.fault(step, err)
		return
	}
	r.note("%s refused: %v", step.Spec.Verb(), err)
	r.failWith(ivr.Result{Reason: ivr.ReasonNotAllowed})
}

func kindForm(k ivr.PartyKind) string {
	switch k {
	case ivr.PartyPhone:
		return "telephone number in E.164 form such as +442071838750"
	case ivr.PartyVoicemail:
		k = ivr.PartyUser
	case ivr.PartyUser, ivr.PartyApplication, ivr.PartyBot, ivr.PartyGuest, ivr.PartyEncrypted:
	}
	return string(k) + "'s object id (a GUID)"
}

// transfer hands the call over, once it is connected. One that a fault left
// behind may yet happen, and then no other may.
func (r *run) transfer(step *flow.Step) {
	if r.findKind(opTransfer) != nil {
		r.failWith(ivr.Result{Reason: ivr.ReasonUnknownResult})
		return
	}
	if hunt, ok := step.Spec.(*flow.Hunt); ok {
		r.handOver(slices.ContainsFunc(hunt.Members, func(d flow.Dest) bool { return d.Dynamic }))
		return
	}
	spec, ok := step.Spec.(*flow.Transfer)
	if !ok {
		return
	}
	if spec.Consult != nil {
		r.handOver(spec.To.Dynamic)
		return
	}
	to, err := r.target(spec.To)
	if err != nil {
		r.refuse(step, err)
		return
	}
	r.emit(ivr.Transfer{Op: r.newOp(opTransfer, transferFirst), Leg: r.s.Leg.ID, Target: to, Dynamic: spec.To.Dynamic})
}

// transferProgress: the call's state moved on. A transfer or redirect whose
// result was unknown is adopted when the platform is seen to work on it.
func (r *run) transferProgress() {
	st := r.s.Leg.State
	if op := r.findKind(opRedirect); op != nil && st == ivr.StateRedirecting {
		r.redirected(op.ID)
		return
	}
	if st != ivr.StateTransferring && st != ivr.StateTransferAccepted {
		return
	}
	op := r.findKind(opTransfer)
	if op == nil {
		return
	}
	op.Accepted = true
	if op.Unknown {
		op.Unknown = false
		r.stop(whyReconcile)
		r.rearm(op, transferFirst)
	}
}

// transferRefused: the platform gave the call back. That may be said twice, and
// then of a transfer before the one that is being asked for.
func (r *run) transferRefused(res ivr.Result) {
	r.s.Leg.State = ivr.StateEstablished
	op := r.findKind(opTransfer)
	if op == nil || r.s.Leg.Back && !op.Accepted {
		return
	}
	r.failOp(*op, res)
}

func (r *run) transferFailed(res ivr.Result) {
	r.s.Leg.Back = true
	if r.s.Leg.State != ivr.StateTerminated {
		r.s.Leg.State = ivr.StateEstablished
	}
	if r.s.State == flow.StateHandingOver {
		r.notHandedOver(res)
		return
	}
	if _, phase := r.place(); phase == flow.PhaseTransferring {
		r.failWith(res)
	}
}

// resolveTransfer: the transfer did not report in time, and the call's true
// state is known.
func (r *run) resolveTransfer(op Op, state ivr.CallState) {
	moving := state == ivr.StateTransferring || state == ivr.StateTransferAccepted
	switch {
	case op.Unknown && moving:
		r.changed(ivr.CallChanged{State: state})
	case op.Unknown && r.hasTimer(op.Deadline):
		// still being reconciled: the next read or the deadline decides
	case moving && op.Tries == 0:
		kept := r.find(op.ID, "")
		kept.Tries = 1
		r.rearm(kept, transferLast-transferFirst)
	default:
		r.failOp(op, ivr.Result{Reason: ivr.ReasonTimedOut})
	}
}

func (r *run) hasTimer(id ivr.TimerID) bool {
	for _, t := range r.s.Timers {
		if t.ID == id {
			return true
		}
	}
	return false
}

// reconcile reads the call on behalf of an operation whose result is unknown.
func (r *run) reconcile(id ivr.OpID) {
	op := r.find(id, "")
	if op == nil || !op.Unknown {
		return
	}
	r.readFor(id)
	r.start(whyReconcile, reconcileEvery, id)
}

// giveUpReconciling: the result stays unknown. The operation is repeated only
// if the flow says so, since it may yet happen.
func (r *run) giveUpReconciling(op Op) {
	step, phase := r.place()
	if step != nil && phase == flow.PhaseTransferring && !op.Repeat {
		if spec, ok := step.Spec.(*flow.Transfer); ok && spec.Retry {
			r.drop(op.ID)
			r.transfer(step)
			if again := r.findKind(opTransfer); again != nil {
				again.Repeat = true
			}
			return
		}
	}
	r.failOp(op, ivr.Result{Reason: ivr.ReasonUnknownResult})
}

// redirect sends an unanswered call elsewhere.
func (r *run) redirect(step *flow.Step) {
	spec, ok := step.Spec.(*flow.Redirect)
	if !ok {
		return
	}
	if r.s.Leg.Gone {
		r.hungUp()
		return
	}
	if r.s.Leg.Answering {
		r.note("redirect refused: the call has been answered")
		r.failWith(ivr.Result{Reason: ivr.ReasonNotAllowed})
		return
	}
	cmd := ivr.Redirect{Leg: r.s.Leg.ID, Ring: ivr.Duration(spec.Ring)}
	var err error
	if cmd.Targets, cmd.Dynamic, err = r.targets(spec.To); err != nil {
		r.refuse(step, err)
		return
	}
	r.stop(whyAnswerBy)
	cmd.Op = r.newOp(opRedirect, r.redirectTime(redirectSlack))
	r.emit(cmd)
}

// redirectTime bounds what a redirect is waited for: if it did not happen the
// call has to be answered within the platform's 15 s.
func (r *run) redirectTime(most time.Duration) time.Duration {
	return max(min(most, redirectSlack-r.now.Sub(r.s.Started)), redirectLeast)
}

// redirectFailed: the call is still unanswered, and the time to answer runs.
func (r *run) redirectFailed(res ivr.Result) {
	r.s.Leg.Doubt = res.Reason == ivr.ReasonUnknownResult || res.Reason == ivr.ReasonTimedOut
	if _, phase := r.place(); phase == flow.PhaseRedirecting {
		r.answerInTime()
		r.failWith(res)
	}
}

// redirected: the platform took the redirect. If a fault had left it behind, the
// call's end says so.
func (r *run) redirected(id ivr.OpID) {
	r.drop(id)
	if _, phase := r.place(); phase != flow.PhaseRedirecting {
		r.s.Leg.Doubt = true
		return
	}
	r.s.EndedBy = ivr.EndedByRedirect
	r.fire(flow.TriggerOver)
}

// resolveRedirect: whether the redirect was taken is not known, but the call's
// state is.
func (r *run) resolveRedirect(op Op, state ivr.CallState) {
	if state == ivr.StateRedirecting {
		r.redirected(op.ID)
		return
	}
	if op.Unknown && r.hasTimer(op.Deadline) {
		return
	}
	r.failOp(op, ivr.Result{Reason: ivr.ReasonTimedOut})
}

// reject refuses an unanswered call.
func (r *run) reject(step *flow.Step) {
	spec, ok := step.Spec.(*flow.Reject)
	if !ok {
		return
	}
	if r.s.Leg.Gone {
		r.hungUp()
		return
	}
	r.stop(whyAnswerBy)
	r.s.EndedBy = ivr.EndedByReject
	if r.s.Leg.Answering { // the flow took so long that the call was answered for it
		r.emit(ivr.HangUp{Op: r.newOp(opHangUp, hangUpDeadline), Leg: r.s.Leg.ID})
		return
	}
	r.emit(ivr.Reject{Op: r.newOp(opReject, requestSlack), Leg: r.s.Leg.ID, Reason: spec.Reason})
}

// rejected: the call is off our hands, whatever the platform made of it.
func (r *run) rejected(op ivr.OpID) {
	r.drop(op)
	_, phase := r.place()
	if phase == flow.PhaseRejecting || r.s.State == flow.StateHangingUp {
		r.fire(flow.TriggerOver)
	}
}

// targets are several; dynamic reports whether one of them was not written out.
func (r *run) targets(list []flow.Dest) (all []ivr.Target, dynamic bool, err error) {
	for _, d := range list {
		to, err := r.target(d)
		if err != nil {
			return nil, false, err
		}
		all, dynamic = append(all, to), dynamic || d.Dynamic
	}
	return all, dynamic, nil
}
