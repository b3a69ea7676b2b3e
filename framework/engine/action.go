package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// errand is what a step in the acting phase sends out for.
type errand struct {
	what     string        // for messages
	deadline time.Duration // of all tries
	waiting  flow.Prompt
	unsafe   bool // a request that may have done something although no answer came
}

// errandOf is the errand of a step, false if it has none.
func errandOf(step *flow.Step) (errand, bool) {
	if h, ok := step.Spec.(*flow.HTTP); ok {
		return errand{"http", httpDeadline(h.Request), h.Waiting, !h.Request.Safe()}, true
	}
	do, ok := step.Spec.(*flow.Do)
	if !ok {
		return errand{}, false
	}
	a := do.Action
	e := errand{"do " + a.Name, actionDeadline(a), a.Waiting, false}
	if a.HTTP != nil {
		e.deadline, e.unsafe = httpDeadline(a.HTTP.Request), !a.HTTP.Request.Safe()
	}
	return e, true
}

// act runs an action of the bot, or makes a request. Music plays if it takes
// long.
func (r *run) act(step *flow.Step) {
	e, ok := errandOf(step)
	if !ok {
		return
	}
	send, err := r.prepare(step)
	if err != nil {
		r.fault(step, fmt.Errorf("%s: %w", e.what, err))
		return
	}
	r.emit(send(r.newOp(opAction, e.deadline)))
	if len(e.waiting) > 0 && r.s.Leg.Audio && !r.s.Leg.Gone {
		r.start(whyWaiting, waitingAfter, 0)
	}
}

// prepare evaluates what the step sends. The operation's id comes last, so that
// one that cannot be sent has none.
func (r *run) prepare(step *flow.Step) (func(ivr.OpID) ivr.Command, error) {
	if h, ok := step.Spec.(*flow.HTTP); ok {
		cmd, err := r.request(step, h.Request, h.Into, r.env())
		return func(op ivr.OpID) ivr.Command { cmd.Op = op; return cmd }, err
	}
	spec := step.Spec.(*flow.Do)
	in, err := r.actionInputs(spec)
	if err != nil {
		return nil, err
	}
	if h := spec.Action.HTTP; h != nil {
		cmd, err := r.request(step, h.Request, h.Into, r.inputEnv(in))
		cmd.Action, cmd.In = spec.Action.Name, in
		return func(op ivr.OpID) ivr.Command { cmd.Op = op; return cmd }, err
	}
	cmd := r.action(spec, in) // a closure over r would put all of it on the heap
	return func(op ivr.OpID) ivr.Command { cmd.Op = op; return cmd }, nil
}

// action is the command that runs Go code of the bot.
func (r *run) action(spec *flow.Do, in map[string]any) ivr.RunAction {
	a := spec.Action
	cmd := ivr.RunAction{Name: a.Name, In: in, Timeout: ivr.Duration(a.Timeout), Retry: a.Retry}
	for _, name := range a.In {
		if r.sensitiveInput(spec, name) {
			cmd.Sensitive = append(cmd.Sensitive, name)
		}
	}
	return cmd
}

func (r *run) actionInputs(spec *flow.Do) (map[string]any, error) {
	in := make(map[string]any, len(spec.Action.In))
	for _, name := range spec.Action.In {
		v, err := r.actionInput(spec, name)
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", name, err)
		}
		in[name] = v
	}
	return in, nil
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
	e, ok := errandOf(step)
	if !ok {
		return
	}
	parts, err := r.parts(e.waiting)
	if err != nil || len(parts) == 0 {
		return // silence is no reason to fail
	}
	op := r.newOp(opPlay, e.deadline+length(parts)+promptSlack)
	r.s.Media.Op, r.s.Media.Music = op, true
	r.emit(ivr.PlayPrompt{Op: op, Leg: r.s.Leg.ID, Parts: parts, Loop: true})
}

// actionReturned takes the result of an action or of a request. One that nobody
// waits for any more is ignored.
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
	r.stopMedia()
	e.Detail = r.mask(e.Detail) // while it is known what to look for
	r.consume(step)
	if h, ok := step.Spec.(*flow.HTTP); ok {
		r.answered(step, h, complete(step, h.Into, e))
		return
	}
	spec, ok := step.Spec.(*flow.Do)
	if !ok {
		return
	}
	if h := spec.Action.HTTP; h != nil {
		e = meaning(h, complete(step, h.Into, e))
	}
	if e.Outcome == "failed" {
		r.note("action %s failed: %s", spec.Action.Name, e.Detail)
		r.leave("failed", View{Code: e.Code, Reason: e.Reason})
		return
	}
	if err := r.takeOutputs(spec, e.Out); err != nil {
		if spec.Action.HTTP != nil {
			r.note("action %s failed: %s", spec.Action.Name, err) // a host's word, and no fault of ours
		} else {
			r.errs = append(r.errs, fmt.Errorf("%s: do %s: %w", step.Pos, spec.Action.Name, err))
		}
		r.leave("failed", View{Code: e.Code, Reason: badAnswer(step)})
		return
	}
	if step.Edges[e.Outcome] == nil {
		r.errs = append(r.errs, fmt.Errorf("%s: action %s returned outcome %q, which it does not declare", step.Pos, spec.Action.Name, e.Outcome))
		r.leave("failed", View{Reason: ivr.ReasonService})
		return
	}
	r.leave(e.Outcome, View{Code: e.Code, Reason: e.Reason})
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

// consume forgets what an action's inputs, or a request, were made of and may
// be used once.
func (r *run) consume(step *flow.Step) {
	var once []string
	if h, ok := step.Spec.(*flow.HTTP); ok {
		once = h.Request.Once
	}
	if do, ok := step.Spec.(*flow.Do); ok {
		once = do.Once
	}
	for _, name := range once {
		r.setVar(name, nil)
	}
}

func (r *run) actionFailed(reason ivr.Reason) {
	r.cancelActions()
	if step, phase := r.place(); phase == flow.PhaseActing {
		if e, _ := errandOf(step); e.unsafe && reason == ivr.ReasonTimedOut {
			reason = ivr.ReasonUnknownResult // it may have arrived
		}
		r.stopMedia()
		r.consume(step)
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
