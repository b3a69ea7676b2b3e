package cover

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/machine"
)

// index leads from what a call does to what is counted. Maps are by the key of a
// member.
type index struct {
	root    *flow.Flow
	moves   map[string]map[move][]*Item
	prompts map[string]map[string]*Item
	files   map[string]*counts
}

// move is a move of a machine. Where it leads follows.
type move struct{ from, trigger string }

// fits reports whether a move can be made from a place.
func (x *index) fits(at frame, m ivr.Moved) bool {
	f := x.root.Member(m.Flow)
	return f != nil && at.flow == m.Flow && f.Machine.Can(at.state, m.Trigger)
}

// leaving is the trigger with which a sub-flow that ends the call left its last
// state; "" if that is not known. The engine tells only what the call does next: it
// hangs up, or is over already.
func (x *index) leaving(at frame, m ivr.Moved) string {
	f := x.root.Member(at.flow)
	if f == nil {
		return ""
	}
	if m.State == flow.StateHangingUp {
		if next, err := f.Machine.Next(at.state, m.Trigger); err == nil && next == m.State {
			return m.Trigger
		}
		return ""
	}
	found := ""
	for _, move := range f.Machine.Moves() {
		if move.From != at.state || m.Trigger != flow.TriggerOver || move.Trigger == flow.TriggerHangUp || move.Trigger == flow.TriggerError {
			continue
		}
		place, _ := f.At(move.To)
		if move.To == flow.StateEnded || place.Step != flow.None && f.Steps[place.Step].Section.Quiet() {
			if found != "" {
				return ""
			}
			found = move.Trigger
		}
	}
	return found
}

// newIndex adds a flow's items to the tally, and those of the flows that it calls.
func (t *Tally) newIndex(f *flow.Flow, dir string) *index {
	x := &index{root: f, moves: map[string]map[move][]*Item{}, prompts: map[string]map[string]*Item{}, files: map[string]*counts{}}
	for _, m := range f.Members() {
		dir := dir
		switch {
		case m.ReadyMade() && !t.ReadyMade:
			continue
		case m.ReadyMade():
			dir = "flows"
		}
		name := path.Join(dir, m.File)
		n := t.flows[name]
		if n == nil {
			n = &counts{flow: m, items: map[string]*Item{}, moves: map[machine.Move]int{}}
			t.flows[name] = n
		}
		b := builder{counts: n, root: f, flow: m, dir: dir, moves: map[move][]*Item{}, prompts: map[string]*Item{},
			to: map[string][]machine.Move{}, from: map[flow.StepRef][]machine.Move{}}
		b.build()
		x.moves[m.Key], x.prompts[m.Key], x.files[m.Key] = b.moves, b.prompts, n
	}
	return x
}

// builder lists the items of one flow.
type builder struct {
	*counts
	root    *flow.Flow
	flow    *flow.Flow
	dir     string
	moves   map[move][]*Item
	prompts map[string]*Item
	to      map[string][]machine.Move       // by the state that they lead to
	from    map[flow.StepRef][]machine.Move // by the step that they leave, from any phase
}

func (b *builder) build() {
	all := b.flow.Machine.Moves()
	for _, m := range all {
		b.to[m.To] = append(b.to[m.To], m)
		if at, ok := b.flow.At(m.From); ok && at.Step != flow.None {
			b.from[at.Step] = append(b.from[at.Step], m)
		}
	}
	for _, s := range b.flow.Steps {
		if !s.BuiltIn {
			b.step(s)
			b.outcomes(s)
		}
	}
	for _, m := range all {
		b.transition(m)
	}
	for key, pos := range b.flow.PlayedPrompts() {
		b.prompts[key] = b.item(Item{Kind: Prompt, Pos: pos, Name: key}, key)
	}
}

// item is the one that counts what has the same id, which is new or was there.
func (b *builder) item(i Item, id string) *Item {
	id = string(i.Kind) + " " + id
	if known := b.items[id]; known != nil {
		return known
	}
	i.Pos.File = path.Join(b.dir, i.Pos.File)
	b.items[id] = &i
	b.order = append(b.order, &i)
	return &i
}

// counted has a move count for an item.
func (b *builder) counted(m machine.Move, i *Item) {
	key := move{m.From, m.Trigger}
	if !slices.Contains(b.moves[key], i) {
		b.moves[key] = append(b.moves[key], i)
	}
}

// step counts the moves that lead into it. With a condition, those on which it
// holds.
func (b *builder) step(s *flow.Step) {
	item := b.item(Item{Kind: Step, Pos: s.Pos, State: s.State, Step: s.ID}, s.Pos.String())
	if s.When != nil {
		b.outcome(s, flow.TriggerHolds, item)
		return
	}
	for _, m := range b.to[s.StateName(s.Entry())] {
		if !b.within(s, m) {
			b.counted(m, item)
		}
	}
}

// within reports a move between the step's own phases.
func (b *builder) within(s *flow.Step, m machine.Move) bool {
	at, ok := b.flow.At(m.From)
	if !ok || at.Step != s.Ref {
		return false
	}
	outcome, _, _ := strings.Cut(m.Trigger, ".")
	return s.Edges[outcome] == nil
}

// leaf is where an outcome leads in the end.
type leaf struct {
	trigger string // wrong, or wrong.then
	pos     diag.Pos
	to      flow.GotoKind
}

func leaves(trigger string, e *flow.Edge) []leaf {
	if e.Counter == "" {
		return []leaf{{trigger, e.Pos, e.To.Kind}}
	}
	return append(leaves(trigger+".then", e.Then), leaves(trigger+".else", e.Else)...)
}

// outcomes counts the moves of each handler of a step.
func (b *builder) outcomes(s *flow.Step) {
	type handler struct {
		pos    diag.Pos
		branch string
	}
	handlers := map[handler][]leaf{}
	var order []handler
	for _, name := range slices.Sorted(maps.Keys(s.Edges)) {
		for _, l := range leaves(name, s.Edges[name]) {
			if l.pos == s.Pos && (l.to == flow.ToError || name == outcomeFailed) || !b.arises(s, name) {
				continue // nobody handles it, or it never comes
			}
			h := handler{l.pos, strings.TrimPrefix(l.trigger, name)}
			if l.pos == s.Pos { // it goes on, as others do
				h.branch = name
			}
			if handlers[h] == nil {
				order = append(order, h)
			}
			handlers[h] = append(handlers[h], l)
		}
	}
	for _, h := range order {
		item := b.item(Item{Kind: Outcome, Pos: h.pos, State: s.State, Step: s.ID, Name: nameOf(handlers[h])},
			fmt.Sprint(s.Pos, h.pos, h.branch))
		for _, l := range handlers[h] {
			b.outcome(s, l.trigger, item)
		}
	}
	if s.When != nil {
		item := b.item(Item{Kind: Outcome, Pos: s.Pos, State: s.State, Step: s.ID, Name: flow.TriggerSkip}, fmt.Sprint(s.Pos, flow.TriggerSkip))
		b.outcome(s, flow.TriggerSkip, item)
	}
}

// arises reports whether an outcome can come. That of a call comes only if the flow
// that is called returns with it, and a signal only if the step waits for one.
func (b *builder) arises(s *flow.Step, outcome string) bool {
	if wait, ok := s.Spec.(*flow.Wait); ok && outcome == "signalled" {
		return wait.Signal != ""
	}
	spec, ok := s.Spec.(*flow.Call)
	if !ok || outcome == outcomeFailed {
		return true
	}
	callee := b.root.Member(spec.Flow)
	return callee == nil || slices.ContainsFunc(callee.Machine.States(), func(state string) bool {
		name, returned := flow.Returned(state)
		return returned && name == outcome
	})
}

const outcomeFailed = "failed"

// nameOf is the outcome that a handler is written for, of those that come to it.
func nameOf(all []leaf) string {
	for _, l := range all {
		if name, _, _ := strings.Cut(l.trigger, "."); name == outcomeFailed || name == "closed" || strings.HasSuffix(name, "xx") {
			return l.trigger
		}
	}
	return all[0].trigger
}

// outcome counts the moves on a trigger from any phase of the step.
func (b *builder) outcome(s *flow.Step, trigger string, item *Item) {
	for _, m := range b.from[s.Ref] {
		if m.Trigger == trigger {
			b.counted(m, item)
		}
	}
}

func (b *builder) transition(m machine.Move) {
	if m.Trigger == flow.TriggerHangUp || m.Trigger == flow.TriggerError {
		return
	}
	item := Item{Kind: Transition, Pos: b.flow.Steps[b.flow.Start].Pos, Step: m.From, Name: m.From + " " + m.Trigger + " " + m.To}
	if at, ok := b.flow.At(m.From); ok && at.Step != flow.None {
		s := b.flow.Steps[at.Step]
		if s.BuiltIn {
			return
		}
		item.Pos, item.State = s.Pos, s.State
	} else if m.From != flow.StateIdle {
		return // the machine's own: what it does at the end of each call
	}
	b.counted(m, b.item(item, item.Name))
}
