package engine

import (
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// toneLength is about how long the platform plays one tone.
const toneLength = 200 * time.Millisecond

// sendKeys plays DTMF into the call. What is no key, or too much, is refused
// here.
func (r *run) sendKeys(step *flow.Step) {
	spec, ok := step.Spec.(*flow.SendKeys)
	if !ok {
		return
	}
	text, err := spec.Keys.Text(r.env())
	if err != nil {
		r.fault(step, fmt.Errorf("send_keys: %w", err))
		return
	}
	cmd := ivr.SendTones{Leg: r.s.Leg.ID, Between: ivr.Duration(spec.Between)}
	for i := range len(text) {
		k, err := ivr.ParseKey(text[i : i+1])
		if err != nil {
			r.note("send_keys refused: its text has what is no key")
			r.failWith(ivr.Result{Reason: ivr.ReasonNotAllowed})
			return
		}
		cmd.Keys = append(cmd.Keys, k)
	}
	if n := len(cmd.Keys); n == 0 || n > flow.MaxSentKeys {
		r.note("send_keys refused: %d keys", n)
		r.failWith(ivr.Result{Reason: ivr.ReasonNotAllowed})
		return
	}
	cmd.Op = r.newOp(opSend, time.Duration(len(cmd.Keys))*(spec.Between+toneLength)+promptSlack)
	r.s.Media.Op = cmd.Op
	r.emit(cmd)
}

// sendEnded: the keys were sent, or not. They are never sent again: nobody
// knows how many of them were heard.
func (r *run) sendEnded(id ivr.OpID, res ivr.Result) {
	r.drop(id)
	if id != r.s.Media.Op {
		return
	}
	if r.s.Media.Cancelled {
		r.dropMedia()
		r.openGate()
		return
	}
	r.s.Media.Op = 0
	switch {
	case res == (ivr.Result{}):
		r.leave("done", View{})
	case r.audioGone(res): // refused, so that nothing was sent
	default:
		if res.Reason == ivr.ReasonNone {
			res.Reason = ivr.ReasonMedia
		}
		r.failWith(res)
	}
}

// sendLate: nobody says what became of the keys.
func (r *run) sendLate(op Op) {
	if op.Unknown {
		r.failOp(op, ivr.Result{Reason: ivr.ReasonUnknownResult})
		return
	}
	r.readFor(op.ID)
}
