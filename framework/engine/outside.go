package engine

import (
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Outside is what somebody outside the flow wanted last. Target and State are
// those of a transfer, while it lasts.
type Outside struct {
	ID     string     `json:"id"`
	Target ivr.Target `json:"target,omitzero"`
	State  string     `json:"state,omitempty"` // of the machine, to which the call comes back
}

// intervened does what somebody outside the flow wants, unless the call is over,
// being hung up or being handed over: then it is noted and left.
func (r *run) intervened(e ivr.Intervened) {
	if e.ID == r.s.Outside.ID {
		return
	}
	r.s.Outside.ID = e.ID
	hangUp := e.Target == ivr.Target{}
	switch {
	case !r.stoppable():
		r.note("from outside: refused, since the call is over, or being ended or handed over")
	case hangUp:
		r.stopBy(ivr.EndedByOperator)
	case !r.s.Leg.Audio || r.s.Leg.Call == "":
		r.note("from outside: not handed over, since the call is not answered")
	case r.findKind(opTransfer) != nil:
		r.note("from outside: not handed over, since nobody knows what became of the transfer before")
	default:
		r.leaveForOutside(e.Target)
	}
}

// leaveForOutside takes the call out of its flow: what plays or runs is stopped,
// sub-flows are left, and once the platform is ready the transfer is sent.
func (r *run) leaveForOutside(to ivr.Target) {
	r.note("handed over from outside")
	r.leaveSubFlows()
	r.stopMedia()
	r.cancelActions()
	r.stopStepTimers()
	r.consultLeft(flow.TriggerError)
	r.again, r.repeats, r.entered = false, false, false
	r.s.Outside.Target, r.s.Outside.State = to, r.s.State
	r.s.State = flow.StateHandingOver
	r.startMedia()
}

// handOverOutside sends the transfer.
func (r *run) handOverOutside() {
	r.emit(ivr.Transfer{Op: r.newOp(opTransfer, transferFirst), Leg: r.s.Leg.ID, Target: r.s.Outside.Target, Dynamic: true})
}

// handedOver: the caller is somebody else's.
func (r *run) handedOver() {
	r.comeBack()
	r.s.EndedBy = ivr.EndedByTransfer
	r.s.State = flow.StateHangingUp
	r.fire(flow.TriggerOver)
}

// notHandedOver: the caller is still here, and on_error decides what becomes of
// him. If that was what ran, the call is hung up.
func (r *run) notHandedOver(res ivr.Result) {
	r.note("from outside: not handed over: %s", res)
	r.comeBack()
	r.s.Result = View{Outcome: "failed", Code: res.Code, Subcode: res.Subcode, Reason: res.Reason}
	r.toError()
}

// comeBack puts the session back where it was, for it to leave from there.
func (r *run) comeBack() { r.s.State, r.s.Outside = r.s.Outside.State, Outside{ID: r.s.Outside.ID} }
