package engine

import (
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Frame is a flow that waits for the one that it called.
type Frame struct {
	Flow   string         `json:"flow,omitempty"` // its key
	State  string         `json:"state"`          // of its machine: the call step
	Vars   map[string]any `json:"vars,omitempty"`
	Counts map[string]int `json:"counts,omitempty"`
	Locale string         `json:"locale"` // in which it made the call
}

// called reports whether a sub-flow runs.
func (r *run) called() bool { return len(r.s.Frames) > 0 }

// enterCalling begins the flow that a step calls.
func (r *run) enterCalling(step *flow.Step) {
	spec, ok := step.Spec.(*flow.Call)
	callee := r.root.Member(spec.Flow)
	switch {
	case !ok || callee == nil:
		r.fault(step, fmt.Errorf("no flow to call"))
		return
	case len(r.s.Frames) == flow.MaxDepth:
		r.note("flows call each other deeper than %d", flow.MaxDepth)
		r.leave("failed", View{Reason: ivr.ReasonService})
		return
	}
	vars, err := r.arguments(spec, callee)
	if err != nil {
		r.fault(step, fmt.Errorf("call %s: %w", callee.Name, err))
		return
	}
	s := &r.s
	s.Frames = append(s.Frames, Frame{Flow: s.Running, State: s.State, Vars: s.Vars, Counts: s.Counts, Locale: s.Locale})
	r.switchTo(spec.Flow, flow.StateIdle, vars, nil)
	s.Result = View{}
	if state, ok := callee.EntryOf(spec.At); ok {
		r.arrive(flow.TriggerStart, state)
		return
	}
	r.fire(flow.TriggerStart)
}

// arguments are the variables with which a sub-flow begins.
func (r *run) arguments(spec *flow.Call, callee *flow.Flow) (map[string]any, error) {
	vars := defaults(callee)
	for _, name := range callee.Params {
		t := spec.With[name]
		if t == nil {
			continue
		}
		v, err := t.Eval(r.env())
		if err == nil {
			v, err = callee.Vars[name].Coerce(v)
		}
		if err != nil {
			return nil, fmt.Errorf("parameter %q: %w", name, err)
		}
		if v != nil {
			vars[name] = v
		}
	}
	return vars, nil
}

// switchTo makes a flow of the family the one that runs.
func (r *run) switchTo(key, state string, vars map[string]any, counts map[string]int) {
	s := &r.s
	s.Running, s.State, s.Vars, s.Counts = key, state, vars, counts
	r.f = r.root.Member(key)
	r.placeOf, r.ownVars, r.ownCnts = "", false, false
}

// back goes back to the flow that called the one that runs. What that has to
// return, as far as it is set, is handed over unless it failed.
func (r *run) back(failed bool) error {
	s := &r.s
	returned, callee := s.Vars, r.f
	last := len(s.Frames) - 1
	frame := s.Frames[last]
	s.Frames = slices.Clip(s.Frames[:last])
	r.switchTo(frame.Flow, frame.State, frame.Vars, frame.Counts)
	if !slices.Contains(r.f.Locales, s.Locale) {
		s.Locale = frame.Locale
	}
	step, _ := r.place()
	spec, ok := step.Spec.(*flow.Call)
	if failed || !ok {
		return nil
	}
	for _, name := range callee.Returns {
		v, set := returned[name]
		to := r.f.Vars[spec.Into[name]]
		if !set || to == nil {
			continue
		}
		v, err := to.Coerce(v)
		if err != nil {
			return fmt.Errorf("%s: call %s: result %q: %w", step.Pos, callee.Name, name, err)
		}
		r.setVar(to.Name, v)
	}
	return nil
}

// returned: the flow has come to a return. One that nobody called ends the call.
func (r *run) returned(outcome string) {
	if !r.called() {
		r.fire(flow.TriggerOver)
		return
	}
	view := View{}
	if outcome == "failed" {
		view.Reason = ivr.ReasonService
	}
	before := r.section()
	err := r.back(outcome == "failed")
	if now := r.section(); now != before {
		r.enterSection(now) // it came back from an on_error of its own
	}
	if err != nil {
		r.errs = append(r.errs, err)
		r.leave("failed", View{Reason: ivr.ReasonService})
		return
	}
	r.leave(outcome, view)
}

// gaveUp: a sub-flow without an on_error of its own has failed. Its caller
// decides what follows.
func (r *run) gaveUp() {
	why := r.s.Result
	_ = r.back(true) // hands nothing over
	r.leave("failed", View{Code: why.Code, Subcode: why.Subcode, Reason: why.Reason})
}

// leaveSubFlows stops what runs in a sub-flow and unwinds.
func (r *run) leaveSubFlows() {
	if r.called() {
		r.stopMedia()
		r.cancelActions()
		r.stopStepTimers()
		r.again, r.repeats = false, false
		r.unwind()
	}
}

// unwind ends all sub-flows, since the call or its time is over: what follows is
// the business of the flow that took the call. It gets what they would have
// returned.
func (r *run) unwind() {
	for r.called() {
		if err := r.back(false); err != nil {
			r.errs = append(r.errs, err)
		}
	}
}
