package replay

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// hollow reports whether an outline of an event lacks something that counts.
func hollow(ev ivr.Event) bool {
	switch e := ev.(type) {
	case ivr.ToneReceived:
		return e.Key == 0
	case ivr.CallIncoming, ivr.CallWanted, ivr.ActionReturned, ivr.RecordingSaved, ivr.RosterChanged, ivr.Signalled, ivr.Intervened:
		return true
	case ivr.OperationCompleted:
		return e.Recording != nil
	default:
		return false
	}
}

// ways are what an event may have been of which there is but the outline.
func (p *player) ways(s *engine.Session, row, n int) []ivr.Event {
	id := fmt.Sprintf("forgotten-%d-%d", row, n)
	switch e := p.j.Rows[row].Events[n].(type) {
	case ivr.ToneReceived:
		var all []ivr.Event
		for _, k := range p.keys(s, row, e.Leg) {
			e.Key = k
			all = append(all, e)
		}
		return all
	case ivr.CallIncoming:
		e.Caller, e.Called = known(p.j.Caller, e.Caller), known(p.j.Called, e.Called)
		return []ivr.Event{e}
	case ivr.CallWanted:
		params := map[string]*flow.Var{}
		for _, name := range p.f.Params {
			params[name] = p.f.Vars[name]
		}
		var all []ivr.Event
		e.From = known(p.j.Caller, e.From)
		if e.Meeting != nil {
			e.Meeting = &ivr.Meeting{JoinID: "123456789"}
		}
		for _, e.Params = range p.f.words.maps(params, p.targets()) {
			all = append(all, e)
		}
		return all
	case ivr.ActionReturned:
		return p.returns(s, e)
	case ivr.OperationCompleted:
		return []ivr.Event{fetchable(e)}
	case ivr.RecordingSaved:
		e.ID = id
		return []ivr.Event{e}
	case ivr.RosterChanged:
		return p.rosters(s, e)
	case ivr.Signalled:
		e.ID = id
		return []ivr.Event{e}
	case ivr.Intervened:
		if e.ID = id; e.Target.Kind != "" {
			e.Target.ID = someID
		}
		return []ivr.Event{e}
	default:
		return []ivr.Event{e}
	}
}

// fetchable is the end of an operation whose recording, if it has one, is somewhere.
func fetchable(e ivr.OperationCompleted) ivr.OperationCompleted {
	if e.Recording != nil {
		e.Recording = &ivr.RecordingRef{Location: fmt.Sprintf("https://example.com/forgotten-%d", e.Op), Why: e.Recording.Why}
	}
	return e
}

// rosters are who may be in a meeting: those who were there before are the same, and
// others are anybody, or somebody who was called.
func (p *player) rosters(s *engine.Session, e ivr.RosterChanged) []ivr.Event {
	lists := [][]ivr.Participant{nil}
	for _, who := range e.People {
		is := []ivr.Party{who.Party}
		if i := p.knows(s, who.ID); i >= 0 {
			is[0] = s.Meeting.People[i].Party
		} else if who.Party.Kind != "" {
			is[0].ID = "forgotten-" + who.ID
			for _, id := range p.targets() {
				is = append(is, ivr.Party{Kind: who.Party.Kind, ID: id})
			}
		}
		var next [][]ivr.Participant
		for _, list := range lists {
			for _, who.Party = range is {
				next = append(next, append(slices.Clip(list), who))
			}
		}
		lists = next[:min(len(next), mostWays)]
	}
	var all []ivr.Event
	for _, e.People = range lists {
		all = append(all, e)
	}
	return all
}

// knows is where a participant is among those whom the session knows; -1: nowhere.
func (p *player) knows(s *engine.Session, id string) int {
	if s.Meeting == nil {
		return -1
	}
	return slices.IndexFunc(s.Meeting.People, func(who ivr.Participant) bool { return who.ID == id })
}

// targets are those whom the call has called or was handed to, of which an outline
// has those that the caller did not type, and those of the configuration.
func (p *player) targets() []string {
	var all []string
	for _, v := range p.f.Config {
		if id, ok := v.(string); ok {
			all = append(all, id)
		}
	}
	for _, row := range p.j.Rows {
		for _, cmd := range row.Commands {
			switch c := cmd.(type) {
			case ivr.CreateCall:
				if c.Meeting == nil {
					all = append(all, c.Target.ID)
				}
			case ivr.Transfer:
				all = append(all, c.Target.ID)
			case ivr.Redirect:
				all = append(all, c.Targets[0].ID)
			case ivr.Invite:
				all = append(all, c.Targets[0].ID)
			default:
			}
		}
	}
	return unique(all)
}

// known is a party as the call's record has it, or else somebody of its kind.
func known(record, outline ivr.Party) ivr.Party {
	if record.Kind == outline.Kind {
		return record // without an id if it was hidden
	}
	switch outline.Kind {
	case "":
	case ivr.PartyPhone:
		outline.ID = "+442071838750"
	default:
		outline.ID = someID
	}
	return outline
}

// returns are what an action, or a request, may have brought.
func (p *player) returns(s *engine.Session, e ivr.ActionReturned) []ivr.Event {
	all := []ivr.Event{e} // without anything
	step, _ := p.f.StepAt(s.Running, s.State)
	if step == nil {
		return all
	}
	vars := p.f.Member(s.Running).Vars
	outs := map[string]*flow.Var{}
	switch spec := step.Spec.(type) {
	case *flow.HTTP:
		for part, name := range spec.Into {
			outs[part] = vars[name]
		}
	case *flow.Do:
		for _, name := range spec.Action.Out {
			into := name
			if spec.Into[name] != "" {
				into = spec.Into[name]
			}
			outs[name] = vars[into]
		}
		if h := spec.Action.HTTP; h != nil {
			parts := map[string]*flow.Var{}
			for part, name := range h.Into {
				parts[part] = outs[name]
			}
			outs = parts
		}
	default: // nothing else waits for an action
	}
	if len(outs) == 0 {
		return all
	}
	var some []ivr.Event
	for _, e.Out = range p.f.words.maps(outs, p.targets()) {
		some = append(some, e)
	}
	if e.Outcome == "ok" || e.Outcome == "failed" || e.Code != 0 {
		return append(some, all...)
	}
	return append(all, some...)
}

// allKeys are the keys of a phone.
var allKeys = [...]ivr.Key{'1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '#', '*'}

// keys are those that may have been pressed, the likeliest first.
func (p *player) keys(s *engine.Session, row int, leg ivr.LegID) []ivr.Key {
	step, phase := p.f.StepAt(s.Running, s.State)
	key := s.Running
	if step == nil {
		return allKeys[:]
	}
	if how := flow.ConsultOf(step.Spec); how != nil && !s.Main(leg) {
		return first(how.Accept, nil)
	}
	typed := s.Tones.Ahead
	switch phase {
	case flow.PhaseCollecting:
		typed = s.Input.Keys
	case flow.PhasePrompting, flow.PhaseWaiting, flow.PhaseAsking, flow.PhaseDialling:
	default: // it is for a later step
		if key, step = p.next(row); step == nil {
			return allKeys[:]
		}
	}
	var before strings.Builder
	for _, t := range append(slices.Clip(typed), s.Tones.Held...) {
		before.WriteByte(byte(t.Key))
	}
	return first(0, p.likely(key, step, before.String(), p.leaves(row, step)))
}

// first are keys with one before the others, and all others behind them.
func first(k ivr.Key, keys []ivr.Key) []ivr.Key {
	var all []ivr.Key
	for _, k := range slices.Concat([]ivr.Key{k}, keys, allKeys[:]) {
		if k != 0 && !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	return all
}

// next is the next step after a row that takes keys.
func (p *player) next(row int) (string, *flow.Step) {
	for _, r := range p.j.Rows[row:] {
		for _, cmd := range r.Commands {
			m, ok := cmd.(ivr.Moved)
			if !ok {
				continue
			}
			switch step, phase := p.f.StepAt(m.Flow, m.State); phase {
			case flow.PhaseCollecting, flow.PhaseAsking, flow.PhaseWaiting:
				return m.Flow, step
			default:
			}
		}
	}
	return "", nil
}

// leaves is the trigger with which the flow has left a step's collecting after a
// row; "" if it did not.
func (p *player) leaves(row int, step *flow.Step) string {
	for _, r := range p.j.Rows[row:] {
		for _, cmd := range r.Commands {
			m, ok := cmd.(ivr.Moved)
			if !ok {
				continue
			}
			if now, phase := p.f.StepAt(m.Flow, m.State); now == step && phase == flow.PhaseCollecting {
				continue
			}
			if m.Trigger != flow.TriggerBargeIn {
				return m.Trigger
			}
		}
	}
	return ""
}

// likely are the keys that lead on from what was typed at a step before.
func (p *player) likely(key string, step *flow.Step, before, leaves string) []ivr.Key {
	var all []ivr.Key
	add := func(words ...string) {
		for _, w := range words {
			if rest, ok := strings.CutPrefix(w, before); ok && rest != "" {
				all = append(all, ivr.Key(rest[0]))
			}
		}
	}
	outcome, _, _ := strings.Cut(leaves, ".")
	fromMenu := func(entries []flow.Entry) {
		for _, e := range entries {
			if e.Outcome == outcome {
				add(e.Keys)
			}
		}
	}
	switch spec := step.Spec.(type) {
	case *flow.Menu:
		fromMenu(spec.Entries)
	case *flow.Wait:
		fromMenu(spec.Entries)
	case *flow.Hunt:
		fromMenu(spec.Entries)
	case *flow.Collect:
		fromMenu(spec.GlobalKeys)
		e := p.f.words.entries(p.f.Member(key), step, spec)
		if outcome == flow.TriggerNoMatch || outcome == "gave_up" {
			e.good, e.bad = e.bad, e.good
		}
		add(e.good...)
		add(e.bad...)
	default:
	}
	return all
}
