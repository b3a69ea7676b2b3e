package engine

import (
	"fmt"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// section is the part of its flow in which the session is: the first that is no
// state, of the flows that wait for a sub-flow and the one that runs.
func (r *run) section() flow.Section {
	for i := range r.s.Frames {
		frame := &r.s.Frames[i]
		if step, _ := r.root.StepAt(frame.Flow, frame.State); step != nil && step.Section != flow.InState {
			return step.Section
		}
	}
	if step, _ := r.place(); step != nil {
		return step.Section
	}
	return flow.InState
}

// closing reports whether what runs needs no call any more: on_hangup or
// on_end.
func (r *run) closing() bool {
	s := r.section()
	return s == flow.InOnHangup || s == flow.InOnEnd
}

// enterSection bounds the time of a handler section.
func (r *run) enterSection(s flow.Section) {
	if s == flow.InState && r.s.EndedBy == ivr.EndedByLimit {
		return // after a limit the flow has what is left of on_error's time, then the call ends
	}
	r.stop(whySection)
	switch s {
	case flow.InState:
		if r.s.EndedBy == ivr.EndedByError {
			r.s.EndedBy = "" // on_error found a way on
		}
	case flow.InOnError:
		if r.s.EndedBy == "" {
			r.s.EndedBy = ivr.EndedByError
		}
		r.start(whySection, onErrorLimit, 0)
	case flow.InOnHangup, flow.InOnEnd:
		r.start(whySection, onEndLimit, 0)
	}
}

// sectionOver ends a handler section whose time is over.
func (r *run) sectionOver() {
	if r.handingOver(whySection) {
		return
	}
	r.note("time of the handler is over")
	r.leaveSubFlows()
	r.toError()
	if r.section() == flow.InOnError {
		r.toError() // the flow had gone on after a limit
	}
}

// callOver: the call has lasted as long as it may. What runs after it has a time
// of its own.
func (r *run) callOver() {
	if !r.closing() && !r.handingOver(whyCallLimit) {
		r.limit("the call's time")
	}
}

// handingOver reports whether a transfer rings, and then puts a limit off: a
// transfer is left to its own deadlines, and nobody is cut off by it.
func (r *run) handingOver(limit Why) bool {
	if !r.transferring() {
		return false
	}
	r.start(limit, onErrorLimit, 0)
	return true
}

func (r *run) transferring() bool {
	if r.s.State == flow.StateHandingOver {
		return true
	}
	_, phase := r.place()
	return phase == flow.PhaseTransferring && r.findKind(opTransfer) != nil
}

// mayHaveLeft reports whether a call that is not there any more may have been
// handed over. A transfer that the platform refused was not executed, unless it
// is the repeat of one of which nobody knows.
func (r *run) mayHaveLeft() bool {
	op := r.findKind(opTransfer)
	return op != nil && r.transferring() && (op.Refused == nil || op.Repeat)
}

// withinLimits counts a step. Beyond a limit the call goes to on_error, and
// from there to its end.
func (r *run) withinLimits() bool {
	r.s.Steps++
	r.silent++
	most := r.root.StepLimit
	if r.s.EndedBy == ivr.EndedByLimit {
		most += flow.SilentStepLimit // for what on_error does about it
	}
	switch {
	case r.silent > flow.SilentStepLimit:
		r.limit(fmt.Sprintf("%d steps without a wait", flow.SilentStepLimit))
	case r.s.Steps > most && r.section() == flow.InState:
		r.limit(fmt.Sprintf("%d steps in one call", r.root.StepLimit))
	default:
		return true
	}
	return false
}

// limit ends the call because it went on too long: by way of on_error the
// first time. What runs after the call, such as on_hangup, knows no limit but its
// time and the steps without a wait; neither changes who ended the call.
func (r *run) limit(what string) {
	if r.s.State == flow.StateHangingUp {
		return // it is ending
	}
	r.note("limit reached: %s", what)
	r.silent = 0
	r.leaveSubFlows()
	if r.closing() || r.s.Leg.Gone && !r.uncalled() {
		r.toError()
		if r.section() == flow.InOnError {
			r.hungUp() // nobody is there to hear it
		}
		return
	}
	again := r.s.EndedBy == ivr.EndedByLimit
	r.s.EndedBy = ivr.EndedByLimit
	r.s.Result = View{Outcome: "failed", Reason: ivr.ReasonTimedOut}
	r.toError()
	if again && r.section() == flow.InOnError {
		r.toError()
	}
}

// toError goes to on_error, or ends the call if that is where it went wrong.
func (r *run) toError() {
	if r.f.Machine.Can(r.s.State, flow.TriggerError) {
		r.interrupt(flow.TriggerError)
	}
}

// fault takes the call to on_error after the flow failed at run time.
func (r *run) fault(step *flow.Step, err error) {
	if step != nil {
		err = fmt.Errorf("%s: step %s: %w", step.Pos, step.ID, err)
	}
	r.errs = append(r.errs, err)
	r.s.Result = View{Outcome: "failed", Reason: ivr.ReasonService}
	if !r.f.Machine.Can(r.s.State, flow.TriggerError) {
		r.unwind()
		r.s.State, r.entered = flow.StateHangingUp, true
		return
	}
	r.toError()
}
