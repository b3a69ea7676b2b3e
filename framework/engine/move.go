package engine

import (
	"fmt"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// fire moves the machine. The new state is entered by advance, so that a chain
// of steps needs no recursion.
func (r *run) fire(trigger string) {
	next, err := r.f.Machine.Next(r.s.State, trigger)
	if err != nil {
		r.errs = append(r.errs, fmt.Errorf("flow %s, state %s: %w", r.s.Flow, r.s.State, err))
		r.again, r.repeats = false, false
		if trigger != flow.TriggerError && r.f.Machine.Can(r.s.State, flow.TriggerError) {
			r.fire(flow.TriggerError)
			return
		}
		next = flow.StateHangingUp
	}
	switch p, _ := r.f.At(next); {
	case !r.called():
	case p.Step != flow.None && r.f.Steps[p.Step].BuiltIn:
		r.gaveUp()
		return
	case next == flow.StateHangingUp:
		r.unwind()
	case next == flow.StateEnded, p.Step != flow.None && r.f.Steps[p.Step].Section.Quiet():
		r.unwind()
		r.fire(flow.TriggerOver)
		return
	}
	r.arrive(trigger, next)
}

// arrive puts the session into a state of the machine.
func (r *run) arrive(trigger, next string) {
	before := r.section()
	r.s.State, r.entered = next, true
	if r.s.Meeting != nil {
		r.s.Meeting.Op = 0
	}
	r.consultLeft(trigger)
	r.stopStepTimers()
	r.emit(ivr.Moved{Flow: r.s.Running, Trigger: trigger, State: next})
	if now := r.section(); now != before && next != flow.StateHangingUp && next != flow.StateEnded {
		r.enterSection(now)
	}
}

// interrupt leaves the running phase for good: its media, timers and action
// are stopped before the machine moves.
func (r *run) interrupt(trigger string) {
	r.stopMedia()
	r.cancelActions()
	r.again, r.repeats = false, false
	r.fire(trigger)
}

// advance enters states until one waits.
func (r *run) advance() {
	for r.entered {
		r.entered = false
		r.enter()
	}
}

// place is the step and phase the session is in; the step is nil in the
// machine's own states.
func (r *run) place() (*flow.Step, flow.Phase) {
	if r.placeOf != r.s.State {
		r.placeOf, r.step, r.phase = r.s.State, nil, flow.PhaseNone
		if p, ok := r.f.At(r.s.State); ok && p.Step != flow.None {
			r.step, r.phase = r.f.Steps[p.Step], p.Phase
		}
	}
	return r.step, r.phase
}

// enter does what the machine's new state asks for.
func (r *run) enter() {
	again, repeats := r.again, r.repeats
	r.again, r.repeats = false, false
	switch r.s.State {
	case flow.StateHangingUp:
		r.hangUp()
		return
	case flow.StateEnded:
		r.finish()
		return
	}
	if outcome, ok := flow.Returned(r.s.State); ok {
		r.returned(outcome)
		return
	}
	step, phase := r.place()
	if step == nil {
		r.fault(nil, fmt.Errorf("unknown state %q", r.s.State))
		return
	}
	if (repeats || phase == step.Entry() && !again) && !r.withinLimits() {
		return
	}
	r.enterPhase(step, phase, again)
}

func (r *run) enterPhase(step *flow.Step, phase flow.Phase, again bool) {
	switch phase {
	case flow.PhaseWhen:
		r.condition(step)
	case flow.PhaseNone:
		r.instant(step)
	case flow.PhasePlaying, flow.PhasePrompting:
		r.enterPrompt(step, again)
	case flow.PhaseCollecting:
		r.enterCollecting(step)
	case flow.PhaseAsking:
		r.enterAsking(step)
	case flow.PhaseRecording:
		r.s.Record, r.s.Media.Again, r.s.Media.Deaths = Record{}, false, 0
		r.startMedia()
	case flow.PhaseSaving:
		r.settleRecording()
	case flow.PhaseDialling:
		r.enterDialling(step)
	case flow.PhaseJoining:
		r.enterJoining(step)
	case flow.PhaseAnswering, flow.PhaseSending, flow.PhaseMuting, flow.PhaseConferring:
		r.startMedia()
	case flow.PhaseAnnouncing:
		r.announce(step)
	case flow.PhaseAccepting:
		r.awaitAccept()
	case flow.PhaseTransferring:
		if consultOf(step) != nil {
			r.stopMedia() // the music
		}
		r.startMedia()
	case flow.PhaseRedirecting:
		r.redirect(step)
	case flow.PhaseRejecting:
		r.reject(step)
	case flow.PhaseActing:
		r.act(step)
	case flow.PhaseWaiting:
		r.enterWaiting(step)
	case flow.PhaseCalling:
		r.enterCalling(step)
	}
}

func (r *run) condition(step *flow.Step) {
	ok, err := step.When.Bool(r.env())
	switch {
	case err != nil:
		r.fault(step, err)
	case ok:
		r.fire(flow.TriggerHolds)
	default:
		r.fire(flow.TriggerSkip)
	}
}

// leave ends the step with an outcome that expressions can see.
func (r *run) leave(outcome string, v View) {
	v.Outcome = outcome
	r.s.Result = v
	r.follow(outcome)
}

// follow ends the step: the outcome's handler decides where the call goes.
func (r *run) follow(outcome string) {
	step, _ := r.place()
	if step == nil {
		return
	}
	e := step.Edges[outcome]
	if e == nil {
		r.fault(step, fmt.Errorf("outcome %q leads nowhere", outcome))
		return
	}
	trigger := outcome
	for e.Counter != "" {
		if r.count(e.Counter) <= e.UpTo {
			trigger, e = trigger+".then", e.Then
		} else {
			trigger, e = trigger+".else", e.Else
		}
	}
	if e.To.Kind == flow.ToRepeat {
		r.again, r.repeats = true, true
		r.s.Input.Failed = "" // the step's prompt is wanted, not that of a failed try
	}
	r.fire(trigger)
}

// failWith ends the step as failed.
func (r *run) failWith(res ivr.Result) {
	r.leave("failed", View{Code: res.Code, Subcode: res.Subcode, Reason: res.Reason})
}

// instant runs a step that never waits.
func (r *run) instant(step *flow.Step) {
	switch spec := step.Spec.(type) {
	case *flow.Set:
		r.assign(step, spec)
	case *flow.Forget:
		for _, v := range spec.Vars {
			r.setVar(v, nil)
		}
		r.follow("done")
	case *flow.Switch:
		r.takeCase(step, spec)
	case *flow.Mark:
		r.mark(step, spec)
	case *flow.Hours:
		r.leave(r.f.Hours(spec.Schedule, r.now), View{})
	case *flow.Jump, *flow.Return, *flow.End:
		r.follow("done")
	case *flow.Play, *flow.Menu, *flow.Collect, *flow.Record, *flow.Transfer, *flow.Hunt,
		*flow.Redirect, *flow.Reject, *flow.Answer, *flow.Do, *flow.HTTP, *flow.Wait, *flow.SendKeys, *flow.Call, *flow.Mute, *flow.Join, *flow.Invite, *flow.Hold, *flow.RouteAudio, *flow.Gallery,
		*flow.RecordingStatus, *flow.Dial:
		r.fault(step, fmt.Errorf("verb %s has no instant phase", spec.Verb()))
	}
}

func (r *run) assign(step *flow.Step, spec *flow.Set) {
	for _, a := range spec.Assign {
		v, err := a.Value.Eval(r.env())
		if err == nil {
			err = r.assignOne(a.Var, v)
		}
		if err != nil {
			r.fault(step, fmt.Errorf("set %s: %w", a.Var, err))
			return
		}
	}
	r.follow("done")
}

func (r *run) assignOne(name string, v any) error {
	decl, ok := r.f.Vars[name]
	if !ok && name == "locale" {
		return r.setLocale(v)
	}
	if !ok {
		return fmt.Errorf("no variable %q", name)
	}
	v, err := decl.Coerce(v)
	if err != nil {
		return err
	}
	r.setVar(name, v)
	return nil
}

func (r *run) setLocale(v any) error {
	for _, l := range r.f.Locales {
		if l == v {
			r.s.Locale = l
			return nil
		}
	}
	return fmt.Errorf("the value is not one of the flow's locales %v", r.f.Locales)
}

func (r *run) takeCase(step *flow.Step, spec *flow.Switch) {
	for _, c := range spec.Cases {
		if c.When == nil {
			r.follow(c.Outcome)
			return
		}
		ok, err := c.When.Bool(r.env())
		if err != nil {
			r.fault(step, err)
			return
		}
		if ok {
			r.follow(c.Outcome)
			return
		}
	}
	r.follow("done")
}

func (r *run) mark(step *flow.Step, spec *flow.Mark) {
	text := ""
	if spec.Text != nil {
		var err error
		if text, err = spec.Text.Text(r.env()); err != nil {
			r.fault(step, err)
			return
		}
	}
	r.emit(ivr.Mark{Kind: spec.Kind, Name: spec.Name, Text: r.mask(text)})
	r.follow("done")
}
