package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// act runs an action of the bot. Music plays if it takes long.
func (r *run) act(step *flow.Step) {
	spec, ok := step.Spec.(*flow.Do)
	if !ok {
		return
	}
	a := spec.Action
	cmd := ivr.RunAction{Name: a.Name, In: map[string]any{}, Timeout: ivr.Duration(a.Timeout), Retry: a.Retry}
	for _, name := range a.In {
		v, err := r.actionInput(spec, name)
		if err != nil {
			r.fault(step, fmt.Errorf("do %s: input %q: %w", a.Name, name, err))
			return
		}
		cmd.In[name] = v
		if r.sensitiveInput(spec, name) {
			cmd.Sensitive = append(cmd.Sensitive, name)
		}
	}
	cmd.Op = r.newOp(opAction, actionDeadline(a))
	r.emit(cmd)
	if len(a.Waiting) > 0 && r.s.Leg.Audio && !r.s.Leg.Gone {
		r.start(whyWaiting, waitingAfter, 0)
	}
}

// sensitiveInput reports whether an input is made of a sensitive variable.
func (r *run) sensitiveInput(spec *flow.Do, name string) bool {
	uses := []string{name}
	if t := spec.With[name]; t != nil {
		uses = t.Uses()
	}
	return slices.ContainsFunc(uses, func(name string) bool { return r.f.Secret(name) != nil })
}

func (r *run) actionInput(spec *flow.Do, name string) (any, error) {
	if t := spec.With[name]; t != nil {
		return t.Eval(r.env())
	}
	return r.s.Vars[name], nil
}

// actionDeadline bounds all tries of an action; the runtime bounds each.
func actionDeadline(a *flow.Action) time.Duration {
	d := a.Timeout + 2*time.Second
	wait := a.Retry.Backoff.Std()
	for range a.Retry.Max {
		d += a.Timeout + wait
		wait *= 2
	}
	return d
}

func (r *run) startMusic() {
	if _, phase := r.place(); phase == flow.PhaseActing {
		r.startMedia()
	}
}

// playMusic loops until the action returns.
func (r *run) playMusic(step *flow.Step) {
	spec, ok := step.Spec.(*flow.Do)
	if !ok {
		return
	}
	parts, err := r.parts(spec.Action.Waiting)
	if err != nil || len(parts) == 0 {
		return // silence is no reason to fail
	}
	op := r.newOp(opPlay, actionDeadline(spec.Action)+length(parts)+promptSlack)
	r.s.Media.Op, r.s.Media.Music = op, true
	r.emit(ivr.PlayPrompt{Op: op, Leg: r.s.Leg.ID, Parts: parts, Loop: true})
}

// actionReturned takes an action's result. One that nobody waits for any more
// is ignored.
func (r *run) actionReturned(e ivr.ActionReturned) {
	op := r.find(e.Op, "")
	step, phase := r.place()
	if op == nil || op.Kind != opAction {
		return
	}
	r.drop(e.Op)
	if step == nil || phase != flow.PhaseActing {
		return
	}
	spec, ok := step.Spec.(*flow.Do)
	if !ok {
		return
	}
	r.stopMedia()
	if e.Outcome == "failed" {
		r.note("action %s failed: %s", spec.Action.Name, e.Detail)
		r.consume(spec)
		r.leave("failed", View{Reason: e.Reason})
		return
	}
	r.consume(spec)
	if err := r.takeOutputs(spec, e.Out); err != nil {
		r.errs = append(r.errs, fmt.Errorf("%s: do %s: %w", step.Pos, spec.Action.Name, err))
		r.leave("failed", View{Reason: ivr.ReasonService})
		return
	}
	if step.Edges[e.Outcome] == nil {
		r.errs = append(r.errs, fmt.Errorf("%s: action %s returned outcome %q, which it does not declare", step.Pos, spec.Action.Name, e.Outcome))
		r.leave("failed", View{Reason: ivr.ReasonService})
		return
	}
	r.leave(e.Outcome, View{})
}

// takeOutputs assigns what the action gave back, all of it or nothing.
func (r *run) takeOutputs(spec *flow.Do, out map[string]any) error {
	values := map[string]any{}
	for _, name := range spec.Action.Out {
		v, ok := out[name]
		if !ok || v == nil {
			continue // an outcome may come without data
		}
		into := name
		if spec.Into[name] != "" {
			into = spec.Into[name]
		}
		decl := r.f.Vars[into]
		if decl == nil {
			return fmt.Errorf("output %q has no variable %q", name, into)
		}
		v, err := decl.Coerce(v)
		if err != nil {
			return fmt.Errorf("output %q: %w", name, err)
		}
		values[into] = v
	}
	for name, v := range values {
		r.setVar(name, v)
	}
	return nil
}

// consume forgets what the inputs were made of and may be used once.
func (r *run) consume(spec *flow.Do) {
	for _, name := range spec.Once {
		r.setVar(name, nil)
	}
}

func (r *run) actionFailed(reason ivr.Reason) {
	r.cancelActions()
	if step, phase := r.place(); phase == flow.PhaseActing {
		r.stopMedia()
		if spec, ok := step.Spec.(*flow.Do); ok {
			r.consume(spec)
		}
		r.leave("failed", View{Reason: reason})
	}
}

// cancelActions stops the actions whose result nobody waits for.
func (r *run) cancelActions() {
	for _, op := range append([]Op(nil), r.s.Ops...) {
		if op.Kind == opAction {
			r.emit(ivr.CancelAction{Op: op.ID})
			r.drop(op.ID)
		}
	}
}
