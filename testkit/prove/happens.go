package prove

import (
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// move is one move of a flow's machine, with where it came from.
type move struct {
	flow, from, trigger, to string
}

// reader walks through what came of an act.
type reader struct {
	w      *world
	cur    map[string]string // where each flow's machine is
	ended  bool
	choice string // the key of the choice that was made last
	ahead  bool   // a key is told when its step is left by it, not when it is pressed
	happen func(flow.Happening)
	moved  func(move)
}

// read tells, in order, what happened in the call and how the machines moved. The
// command number skip is left out; -1: none is.
func (w *world) read(t *turn, skip int, happen func(flow.Happening), moved func(move)) {
	from, tr := &t.from.session, t.tr
	r := &reader{w: w, cur: map[string]string{from.Running: from.State}, ahead: t.ahead, choice: t.to.session.Result.Keys, happen: happen, moved: moved}
	for i := len(from.Frames) - 1; i >= 0; i-- {
		f := &from.Frames[i]
		if _, inner := r.cur[f.Flow]; !inner {
			r.cur[f.Flow] = f.State
		}
	}
	r.ended = from.State == flow.StateHangingUp || from.Leg.Gone && !(from.Outgoing && from.Leg.Call == "") || w.closing(from)
	done := 0
	for i, ev := range tr.events {
		if e, ok := ev.(ivr.ToneReceived); ok && i == 0 && !t.ahead && from.Main(e.Leg) && w.takes(from, e.Key) {
			happen(flow.Happening{Kind: flow.Presses, Name: e.Key.String()})
		}
		if e, ok := ev.(ivr.CallTerminated); ok && from.Main(e.Leg) && (!from.Outgoing || e.Result.Reason == ivr.ReasonTransferred) {
			r.end()
		}
		for ; done < tr.after[i]; done++ {
			if done != skip {
				r.command(tr.cmds[done])
			}
		}
	}
}

// takes reports whether a key is one that the step has an entry for: digits of a
// value are none.
func (w *world) takes(s *engine.Session, k ivr.Key) bool {
	m := &menu{w: w, s: s}
	m.step, m.phase = w.root.StepAt(s.Running, s.State)
	if m.step == nil {
		return false
	}
	var entries []flow.Entry
	typed := ""
	switch spec := m.step.Spec.(type) {
	case *flow.Menu:
		entries, typed = m.entries(spec), typedSoFar(s.Input.Keys)
	case *flow.Collect:
		entries = spec.GlobalKeys
	case *flow.Wait:
		entries = spec.Entries
	case *flow.Hunt:
		entries = spec.Entries
	default:
	}
	return slices.ContainsFunc(entries, func(e flow.Entry) bool { return strings.HasPrefix(e.Keys, typed+k.String()) })
}

func (r *reader) command(cmd ivr.Command) {
	switch cmd := cmd.(type) {
	case ivr.Moved:
		r.move(cmd)
	case ivr.PlayPrompt:
		if cmd.Leg == ivr.CallerLeg || !strings.HasPrefix(string(cmd.Leg), "b") || r.w.root.Kind != flow.Incoming {
			r.parts(cmd.Parts)
		}
	case ivr.RunAction:
		r.happen(flow.Happening{Kind: flow.Does, Name: cmd.Name})
	case ivr.HTTPRequest:
		if cmd.Action != "" {
			r.happen(flow.Happening{Kind: flow.Does, Name: cmd.Action})
		}
	case ivr.Transfer:
		r.happen(flow.Happening{Kind: flow.Transfers})
	case ivr.RecordResponse:
		r.happen(flow.Happening{Kind: flow.Records})
	case ivr.Finish:
		r.end()
	default:
	}
}

// parts tells the prompts that play, those that were joined included.
func (r *reader) parts(parts []ivr.Part) {
	for i := range parts {
		if parts[i].Key != "" {
			r.happen(flow.Happening{Kind: flow.Plays, Name: parts[i].Key})
		}
		r.parts(parts[i].Joined)
	}
}

func (r *reader) end() {
	if !r.ended {
		r.ended = true
		r.happen(flow.Happening{Kind: flow.Ends})
	}
}

func (r *reader) move(cmd ivr.Moved) {
	mv := move{cmd.Flow, r.cur[cmd.Flow], cmd.Trigger, cmd.State}
	r.cur[cmd.Flow] = cmd.State
	r.moved(mv)
	step, _ := r.w.root.StepAt(mv.flow, mv.from)
	var edge *flow.Edge
	if step != nil {
		edge = edgeOf(step, mv.trigger)
	}
	if edge != nil {
		if do, ok := step.Spec.(*flow.Do); ok {
			r.happen(flow.Happening{Kind: flow.Gets, Name: do.Action.Name, Outcome: outcomeOf(mv.trigger)})
		}
	}
	if edge != nil && r.ahead {
		keys := keysOf(step, outcomeOf(mv.trigger))
		if menu, ok := step.Spec.(*flow.Menu); ok && keys == "" && menu.Choices != nil && outcomeOf(mv.trigger) == "done" {
			keys = r.choice
		}
		for _, key := range keys {
			r.happen(flow.Happening{Kind: flow.Presses, Name: ivr.Key(key).String()})
		}
	}
	switch {
	case cmd.Flow == "" && (cmd.State == flow.StateHangingUp || cmd.State == flow.StateEnded || cmd.Trigger == flow.TriggerHangUp):
		r.end()
		return
	case cmd.Flow != "", mv.trigger == flow.TriggerNoInput, mv.trigger == flow.TriggerNoMatch, edge != nil && edge.To.Kind == flow.ToRepeat:
		return
	}
	if to, _ := r.w.root.StepAt("", cmd.State); to != nil && to.Section == flow.InState {
		if entry, ok := r.w.root.EntryOf(to.State); ok && entry == cmd.State {
			r.happen(flow.Happening{Kind: flow.Enters, Name: to.State})
		}
	}
}

// keysOf are the keys with which a step is left by an outcome; "" if keys do not say so.
func keysOf(step *flow.Step, outcome string) string {
	var entries []flow.Entry
	switch spec := step.Spec.(type) {
	case *flow.Menu:
		entries = spec.Entries
	case *flow.Collect:
		entries = spec.GlobalKeys
	case *flow.Wait:
		entries = spec.Entries
	case *flow.Hunt:
		entries = spec.Entries
	default:
	}
	for _, e := range entries {
		if e.Outcome == outcome {
			return e.Keys
		}
	}
	return ""
}

// outcomeOf is the outcome in a trigger of a counted handler.
func outcomeOf(trigger string) string {
	word, _, _ := strings.Cut(trigger, ".")
	return word
}

// edgeOf is the handler that a trigger stands for, nil if it is no outcome of the
// step.
func edgeOf(step *flow.Step, trigger string) *flow.Edge {
	words := strings.Split(trigger, ".")
	e := step.Edges[words[0]]
	for _, word := range words[1:] {
		if e == nil {
			return nil
		}
		if word == "then" {
			e = e.Then
		} else {
			e = e.Else
		}
	}
	return e
}
