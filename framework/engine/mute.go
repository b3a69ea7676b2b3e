package engine

import (
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// mute mutes the bot itself, or ends that.
func (r *run) mute(step *flow.Step) {
	spec, ok := step.Spec.(*flow.Mute)
	if !ok {
		return
	}
	r.emit(ivr.Mute{Op: r.newOp(opMute, requestSlack), Leg: r.s.Leg.ID, Off: spec.Off})
}

// muted: the platform did it.
func (r *run) muted(id ivr.OpID) {
	r.drop(id)
	if r.muting() {
		r.leave("done", View{})
	}
}

func (r *run) muteFailed(res ivr.Result) {
	if r.muting() {
		r.failWith(res)
	}
}

func (r *run) muting() bool {
	_, phase := r.place()
	return phase == flow.PhaseMuting
}
