package picture

import (
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/outline"
)

// mostArrows is how many boxes may point at one with arrows. Beyond that the ways
// to it are written into the boxes, all but the ones that are a box's only way on.
const mostArrows = 5

// collapsed draws a box for each state.
func (d *drawing) collapsed() {
	index := map[string]int{}
	exits := make([][]Exit, 0, len(d.f.Steps))
	for _, s := range d.f.Steps {
		if d.hidden(s.Section) || s.BuiltIn || len(d.states[s.Ref]) == 0 {
			continue
		}
		i, ok := index[s.State]
		if !ok {
			i = len(d.p.Boxes)
			index[s.State] = i
			d.p.Boxes = append(d.p.Boxes, Box{Name: s.State, At: d.at(s.Pos)})
			exits = append(exits, nil)
		}
		d.line(&d.p.Boxes[i], s)
		exits[i] = d.exits(exits[i], s)
	}
	d.p.Start = d.f.Steps[d.f.Start].State
	d.sort(exits)
}

// line adds a step to its box.
func (d *drawing) line(b *Box, s *flow.Step) {
	marks := make([]Mark, 0, 4)
	for _, state := range d.states[s.Ref] {
		marks = append(marks, d.over.state(state))
	}
	mark := all(marks)
	if len(b.Lines) == 0 && len(b.Exits) == 0 && b.Mark == (Mark{}) {
		b.Mark = Mark{Tone: mark.Tone, Times: mark.Times, Note: mark.Note}
	} else {
		times := b.Mark.Times // of its first step
		b.Mark = both(b.Mark, mark)
		b.Mark.Times = times
	}
	b.Kind = max(b.Kind, kindOf(s.Spec))
	if moves(s.Spec) {
		return // its exit says it
	}
	l := Line{ID: "t-" + s.ID, Verb: s.Spec.Verb(), At: d.at(s.Pos), Mark: mark}
	l.Text, l.Sub = outline.Step(d.f, s)
	for p := s; p.Parent != flow.None; p = d.f.Steps[p.Parent] {
		l.Depth++
	}
	if s.Parent != flow.None && d.first(s) {
		l.Cause = outline.Cause(d.f, s)
	}
	if s.When != nil {
		l.Text = strings.TrimSpace(l.Text + " if " + s.When.Source())
	}
	b.Lines = append(b.Lines, l)
}

// moves reports whether a step does nothing but to lead elsewhere.
func moves(spec flow.Spec) bool {
	switch spec.(type) {
	case *flow.Jump, *flow.End, *flow.Return:
		return true
	default:
		return false
	}
}

// first reports whether a step is the first of its handler that has a line.
func (d *drawing) first(s *flow.Step) bool {
	for _, before := range d.f.Steps[s.Parent+1 : s.Ref] {
		if before.Parent == s.Parent && before.Cause == s.Cause && !moves(before.Spec) {
			return false
		}
	}
	return true
}

// kindOf is what a step makes of its box.
func kindOf(spec flow.Spec) Kind {
	switch s := spec.(type) {
	case *flow.Menu, *flow.Collect, *flow.Record:
		return Asks
	case *flow.Wait:
		if len(s.Entries) > 0 {
			return Asks
		}
	case *flow.Transfer, *flow.Hunt, *flow.Dial, *flow.Redirect, *flow.Reject, *flow.Join:
		return Leads
	default:
	}
	return Does
}

// exits adds the ways on which a step leaves its state, or begins it again.
func (d *drawing) exits(list []Exit, s *flow.Step) []Exit {
	for _, w := range outline.Ways(s) {
		if e, ok := d.exit(s, w); ok {
			list = merge(list, e)
		}
	}
	return list
}

// exit is the way on which a plain move leaves its state.
func (d *drawing) exit(s *flow.Step, w outline.Way) (Exit, bool) {
	e := Exit{Arrow: Arrow{From: s.State, At: d.at(w.Edge.Pos)}}
	switch to := w.Edge.To; to.Kind {
	case flow.ToStep:
		t := d.f.Steps[to.Step]
		switch {
		case t.State != s.State:
			e.To = t.State
		case t.Ref > s.Ref:
			return Exit{}, false // further down
		default:
			e.To, e.Way = s.State, Again
		}
	case flow.ToRepeat:
		e.To, e.Way = s.State, Again
	case flow.ToEnd:
		e.Way = ToEnd
	case flow.ToReturn:
		e.Way, e.To = Back, to.Outcome
	case flow.ToError:
		if !d.o.Errors || d.f.Steps[d.f.OnError].BuiltIn {
			return Exit{}, false
		}
		e.To = d.f.Steps[d.f.OnError].State
	case flow.ToOver:
		if s.Section != flow.InState {
			return Exit{}, false
		}
		e.Way = HandedOver
	}
	e.Labels = d.label(s, w.Label)
	e.Mark = d.moved(s, w.Trigger)
	return e, true
}

// moved is what the overlay says of an outcome of a step.
func (d *drawing) moved(s *flow.Step, name string) Mark {
	moves := d.moves[trigger{s.Ref, name}]
	marks := make([]Mark, 0, len(moves))
	for _, m := range moves {
		marks = append(marks, d.over.move(m))
	}
	m := all(marks)
	if m.Tone == Part {
		m.Tone = Reached // one phase in which the outcome can come is enough
	}
	return m
}

// label is what leads out of a step: the outcomes of the steps around it, and its
// own.
func (d *drawing) label(s *flow.Step, own string) []string {
	var words []string
	if s.When != nil && own == "" {
		own = "if " + outline.Clip(s.When.Source(), outline.MostLabel)
	}
	if own != "" {
		words = append(words, own)
	}
	for p := s; p.Parent != flow.None; p = d.f.Steps[p.Parent] {
		if cause := outline.Cause(d.f, p); cause != "" {
			words = append(words, cause)
		}
	}
	slices.Reverse(words)
	if len(words) == 0 {
		return nil
	}
	return []string{strings.Join(words, " › ")}
}

// merge adds an exit, to the one that leads to the same place if there is one.
func merge(list []Exit, e Exit) []Exit {
	i := slices.IndexFunc(list, func(o Exit) bool { return o.Way == e.Way && o.To == e.To && o.Mark.Tone == e.Mark.Tone })
	if i < 0 {
		return append(list, e)
	}
	o := &list[i]
	switch {
	case len(e.Labels) == 0:
		o.Labels = nil // whatever happens, and so the rest
	case len(o.Labels) > 0:
		for _, l := range e.Labels {
			if !slices.Contains(o.Labels, l) {
				o.Labels = append(o.Labels, l)
			}
		}
	}
	o.Mark = both(o.Mark, e.Mark)
	return list
}

// sort divides the exits into arrows and those that are written into their boxes.
func (d *drawing) sort(exits [][]Exit) {
	pointing := map[string]int{}
	for _, list := range exits {
		for _, to := range targets(list) {
			pointing[to]++
		}
	}
	found := d.found(exits)
	for i, list := range exits {
		only := len(targets(list)) == 1
		for _, e := range list {
			if e.Way == ToBox && (pointing[e.To] <= mostArrows || only || found[e.To] == e.From) {
				d.p.Arrows = append(d.p.Arrows, e.Arrow)
			} else {
				d.p.Boxes[i].Exits = append(d.p.Boxes[i].Exits, e)
			}
		}
	}
}

// found is from where each box is reached first, on the shortest way from the
// start: these ways are arrows, so that nothing hangs in the air.
func (d *drawing) found(exits [][]Exit) map[string]string {
	index := map[string]int{}
	for i := range d.p.Boxes {
		index[d.p.Boxes[i].Name] = i
	}
	from := map[string]string{d.p.Start: ""}
	for todo := []string{d.p.Start}; len(todo) > 0; todo = todo[1:] {
		for _, to := range targets(exits[index[todo[0]]]) {
			if _, ok := from[to]; !ok {
				from[to] = todo[0]
				todo = append(todo, to)
			}
		}
	}
	return from
}

// targets are the other boxes to which exits lead.
func targets(list []Exit) []string {
	var all []string
	for _, e := range list {
		if e.Way == ToBox && !slices.Contains(all, e.To) {
			all = append(all, e.To)
		}
	}
	return all
}
