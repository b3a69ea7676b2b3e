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
	cmd := ivr.Mute{Leg: r.s.Leg.ID, Off: spec.Off}
	switch {
	case spec.Everyone:
		if !r.others(&cmd.Who) {
			return
		}
	case spec.Who != nil:
		id, ok := r.findWho(step, *spec.Who)
		if !ok {
			return
		}
		cmd.Who = []string{id}
	}
	r.stop(whyRoster)
	cmd.Op = r.newOp(opMute, requestSlack)
	r.emit(cmd)
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
