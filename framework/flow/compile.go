package flow

import (
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/machine"
)

// compile builds the machine: one state for each phase of each step.
func (l *loader) compile() {
	c := &compiler{f: l.flow, returns: map[string]bool{}}
	c.f.places[StateHangingUp] = Place{Step: None}
	c.f.places[StateEnded] = Place{Step: None}
	c.move(StateIdle, TriggerStart, c.f.Steps[c.f.Start].entryState())
	for _, d := range l.drafts {
		if d.reached {
			c.step(d)
		}
	}
	c.move(StateHangingUp, TriggerOver, c.over(InState))
	c.move(StateHangingUp, TriggerHangUp, c.over(InState))
	for name, b := range l.byState {
		if e := b.entry(); e != None && l.drafts[e].reached {
			c.f.entries[name] = c.f.Steps[e].entryState()
		}
	}
	table, err := machine.New(StateIdle, []string{StateEnded}, c.moves)
	if err != nil {
		// The checks let nothing through that the machine refuses.
		l.errorf(l.states[0].pos, ruleMachine, "the flow does not make a machine: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	c.f.Machine = table
	c.f.prompts = l.prompts.places
}

type compiler struct {
	f       *Flow
	moves   []machine.Move
	returns map[string]bool // the states of returns that have their moves
}

func (c *compiler) move(from, trigger, to string) {
	c.moves = append(c.moves, machine.Move{From: from, Trigger: trigger, To: to})
}

func (s *Step) entryState() string { return s.StateName(s.Entry()) }

// over is the state after a section: on_end, if it was not that, else the end.
func (c *compiler) over(s Section) string {
	if c.f.OnEnd != None && s != InOnEnd {
		return c.f.Steps[c.f.OnEnd].entryState()
	}
	return StateEnded
}

// hungUp is the state after the far side ended the call.
func (c *compiler) hungUp() string {
	if c.f.OnHangup != None {
		return c.f.Steps[c.f.OnHangup].entryState()
	}
	return c.over(InState)
}

// step adds the moves of all phases of a step.
func (c *compiler) step(d *draft) {
	s := d.step
	phases := phasesOf(s.Spec)
	first := s.StateName(phases[0])
	if s.When != nil {
		when := s.StateName(PhaseWhen)
		c.move(when, TriggerHolds, first)
		c.move(when, TriggerSkip, c.target(d, d.next.to))
		c.common(d, when)
		c.f.places[when] = Place{Step: s.Ref, Phase: PhaseWhen}
	}
	for _, phase := range phases {
		state := s.StateName(phase)
		c.f.places[state] = Place{Step: s.Ref, Phase: phase}
		c.within(s, phase)
		for _, outcome := range names(s.Edges) {
			if arises(s.Spec, phase, outcome) {
				c.edge(d, state, outcome, s.Edges[outcome])
			}
		}
		if phase == PhaseRedirecting || phase == PhaseRejecting || phase == PhaseCalling {
			c.move(state, TriggerOver, c.over(InState))
		}
		c.common(d, state)
	}
}

// common adds the moves that every state of a section has.
func (c *compiler) common(d *draft, state string) {
	switch section := d.step.Section; {
	case section.Quiet():
		c.move(state, TriggerError, c.over(section))
		return
	case d.gone:
		c.move(state, TriggerError, c.over(section))
	case section == InOnError:
		c.move(state, TriggerError, StateHangingUp)
	default:
		c.move(state, TriggerError, c.f.Steps[c.f.OnError].entryState())
	}
	c.move(state, TriggerHangUp, c.hungUp())
}

// within adds the moves between a step's own phases.
func (c *compiler) within(s *Step, phase Phase) {
	to := func(trigger string, next Phase) { c.move(s.StateName(phase), trigger, s.StateName(next)) }
	switch spec := s.Spec.(type) {
	case *Menu, *Collect:
		if phase == PhasePrompting {
			to(TriggerPrompted, PhaseCollecting)
			to(TriggerBargeIn, PhaseCollecting)
			to(TriggerTypedAhead, PhaseCollecting)
		} else {
			to(TriggerNoInput, PhasePrompting)
			to(TriggerNoMatch, PhasePrompting)
		}
	case *Record:
		c.record(spec, phase, to)
	case *Transfer:
		if spec.Consult != nil {
			c.consult(spec.Consult, false, phase, to)
		}
	case *Dial:
		c.consult(&spec.Consult, true, phase, to)
	case *Hunt:
		c.consult(&spec.Consult, false, phase, to)
		to(TriggerNext, PhaseDialling)
	case *Play, *Redirect, *Reject, *Answer, *Set, *Forget, *Switch, *Do, *HTTP, *Wait, *SendKeys, *Mute, *Join, *Invite, *Hold, *RouteAudio, *Gallery, *RecordingStatus,
		*Hours, *Call, *Jump, *Return, *End, *Mark:
	}
}

// consult adds the moves between calling somebody and handing the caller over.
func (c *compiler) consult(how *Consult, dial bool, phase Phase, to func(string, Phase)) {
	answered := how.phases()[1:] // what follows once the callee is there
	if dial {
		next := to
		to = func(trigger string, phase Phase) {
			if phase != PhaseTransferring {
				next(trigger, phase)
			}
		}
	}
	switch phase {
	case PhaseDialling:
		to(TriggerConnected, answered[0])
	case PhaseAnnouncing:
		to(TriggerPrompted, answered[1])
		if how.Accept != 0 {
			to(TriggerAccepted, PhaseTransferring)
		}
	case PhaseAccepting:
		to(TriggerAccepted, PhaseTransferring)
	case PhaseNone, PhaseWhen, PhasePlaying, PhasePrompting, PhaseCollecting, PhaseAsking, PhaseRecording, PhaseSaving,
		PhaseTransferring, PhaseRedirecting, PhaseRejecting, PhaseAnswering, PhaseActing, PhaseWaiting, PhaseSending, PhaseCalling, PhaseMuting,
		PhaseJoining, PhaseConferring:
	}
}

// phases are those of a consult transfer.
func (how *Consult) phases() []Phase {
	all := []Phase{PhaseDialling}
	if len(how.Announce) > 0 {
		all = append(all, PhaseAnnouncing)
	}
	if how.Accept != 0 {
		all = append(all, PhaseAccepting)
	}
	return append(all, PhaseTransferring)
}

func (c *compiler) record(r *Record, phase Phase, to func(string, Phase)) {
	switch phase {
	case PhasePrompting:
		next := PhaseRecording
		if r.Consent == ConsentAsked {
			next = PhaseAsking
		}
		to(TriggerPrompted, next)
		to(TriggerBargeIn, next)
	case PhaseAsking:
		to(TriggerAccepted, PhaseRecording)
	case PhaseRecording:
		to(TriggerRecorded, PhaseSaving)
	case PhaseNone, PhaseWhen, PhasePlaying, PhaseCollecting, PhaseSaving, PhaseDialling, PhaseAnnouncing, PhaseAccepting, PhaseTransferring,
		PhaseRedirecting, PhaseRejecting, PhaseAnswering, PhaseActing, PhaseWaiting, PhaseSending, PhaseCalling, PhaseMuting,
		PhaseJoining, PhaseConferring:
	}
}

// arises reports whether an outcome can come in a phase.
func arises(spec Spec, phase Phase, outcome string) bool {
	if d, ok := spec.(*Dial); ok {
		switch all := phasesOf(d); outcome {
		case "answered":
			return phase == all[len(all)-1] || phase == PhaseAnnouncing
		case "busy", "no_answer":
			return phase == PhaseDialling
		}
		return true
	}
	if ConsultOf(spec) != nil {
		switch outcome {
		case outcomeDone:
			return phase == PhaseTransferring
		case "busy", "no_answer":
			return phase == PhaseDialling
		}
		return true
	}
	if _, ok := spec.(*Record); !ok {
		return true
	}
	switch outcome {
	case "refused":
		return phase == PhaseAsking
	case outcomeDone, "empty":
		return phase == PhaseRecording || phase == PhaseSaving
	}
	return true
}

// edge adds the moves of an outcome: one, or two for each counted handler.
func (c *compiler) edge(d *draft, state, trigger string, e *Edge) {
	if e.Counter == "" {
		c.move(state, trigger, c.target(d, e.To))
		return
	}
	c.edge(d, state, trigger+".then", e.Then)
	c.edge(d, state, trigger+".else", e.Else)
}

// target is the machine state in which a move ends.
func (c *compiler) target(d *draft, to Goto) string {
	switch to.Kind {
	case ToStep:
		return c.f.Steps[to.Step].entryState()
	case ToRepeat:
		s := c.f.Steps[to.Step]
		return s.StateName(s.Spec.entry())
	case ToEnd:
		return StateHangingUp
	case ToError:
		return c.f.Steps[c.f.OnError].entryState()
	case ToReturn:
		return c.returned(to.Outcome)
	case ToOver:
	}
	return c.over(d.step.Section)
}

// returned is the state in which the flow has returned. If nobody called it, it
// hangs up.
func (c *compiler) returned(outcome string) string {
	state := returnState(outcome)
	if !c.returns[state] {
		c.returns[state] = true
		c.f.places[state] = Place{Step: None}
		c.move(state, TriggerOver, StateHangingUp)
	}
	return state
}

// phases are the phases of a step, the first in which it is entered first.
func phasesOf(spec Spec) []Phase {
	switch s := spec.(type) {
	case *Menu, *Collect:
		return []Phase{PhasePrompting, PhaseCollecting}
	case *Record:
		all := []Phase{PhasePrompting, PhaseAsking, PhaseRecording, PhaseSaving}
		if s.Consent != ConsentAsked {
			return slices.Delete(all, 1, 2)
		}
		return all
	case *Transfer:
		if s.Consult != nil {
			return s.Consult.phases()
		}
		return []Phase{PhaseTransferring}
	case *Dial:
		all := s.Consult.phases()
		return all[:len(all)-1] // all but the transfer
	case *Hunt:
		return s.phases()
	default:
		return []Phase{spec.entry()}
	}
}
