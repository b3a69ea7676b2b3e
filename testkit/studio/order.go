package studio

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/outline"
)

// order is which steps follow each other in a flow.
type order struct {
	f    *flow.Flow
	next map[flow.StepRef][]flow.StepRef
	prev map[flow.StepRef][]flow.StepRef
	ends map[flow.StepRef]string // how a call can end after a step
}

const mostNear = 4 // things named before and after

func newOrder(f *flow.Flow) *order {
	o := &order{f: f, next: map[flow.StepRef][]flow.StepRef{}, prev: map[flow.StepRef][]flow.StepRef{}, ends: map[flow.StepRef]string{}}
	for _, m := range f.Machine.Moves() {
		from, ok := f.At(m.From)
		if !ok || from.Step == flow.None || m.Trigger == flow.TriggerHangUp || m.Trigger == flow.TriggerError {
			continue
		}
		to, _ := f.At(m.To)
		if to.Step != flow.None && f.Steps[to.Step].Section == flow.InOnError && f.Steps[from.Step].Section != flow.InOnError {
			continue // every step has that
		}
		_, returned := flow.Returned(m.To)
		switch {
		case returned:
			o.ends[from.Step] = "the flow that called this one"
		case m.To == flow.StateEnded && m.Trigger == "done" && handsOver(f.Steps[from.Step].Spec):
			o.ends[from.Step] = "whoever takes the call"
		case m.To == flow.StateHangingUp || m.To == flow.StateEnded || f.Steps[to.Step].Section.Quiet():
			o.ends[from.Step] = "the end of the call"
		case to.Step != from.Step:
			o.next[from.Step] = append(o.next[from.Step], to.Step)
			o.prev[to.Step] = append(o.prev[to.Step], from.Step)
		}
	}
	return o
}

func handsOver(spec flow.Spec) bool {
	switch spec.(type) {
	case *flow.Transfer, *flow.Hunt:
		return true
	default:
		return false
	}
}

// steps are those that callers may hear: the state in which a call begins, then the
// others as the flow's file has them, then what follows a failure.
func (o *order) steps() []*flow.Step {
	start := o.f.Steps[o.f.Start].State
	var first, others []*flow.Step
	for _, s := range o.f.Steps {
		switch {
		case s.Section.Quiet():
		case s.State == start:
			first = append(first, s)
		default:
			others = append(others, s)
		}
	}
	slices.SortStableFunc(others, func(a, b *flow.Step) int { return cmp.Compare(a.Section, b.Section) })
	return append(first, others...)
}

// mainUnits are the things that a step speaks whenever it runs.
func mainUnits(s *flow.Step) []unit {
	switch s.Spec.(type) {
	case *flow.Play, *flow.Menu, *flow.Collect, *flow.Record:
		return units(roles(s)[0].prompt)
	default:
		return nil
	}
}

// called is the flow that a step runs, which speaks for itself.
func (o *order) called(s *flow.Step) string {
	if _, ok := s.Spec.(*flow.Call); !ok {
		return ""
	}
	name, _ := outline.Step(o.f, s)
	return "what " + name + " says"
}

func (o *order) beginning() string {
	if o.f.Key != "" {
		return "the flow that called this one"
	}
	return "the beginning of the call"
}

// before is what was heard last when a step begins.
func (o *order) before(s *flow.Step) []string {
	return o.near(s, true, func(n *flow.Step) string {
		if name := o.called(n); name != "" {
			return name
		}
		if u := mainUnits(n); len(u) > 0 {
			return u[len(u)-1].name()
		}
		return ""
	})
}

// after is what is heard next when a step is over.
func (o *order) after(s *flow.Step) []string {
	switch s.Spec.(type) {
	case *flow.Menu, *flow.Collect:
		return []string{"the caller's keys"}
	default:
	}
	return o.near(s, false, func(n *flow.Step) string {
		if name := o.called(n); name != "" {
			return name
		}
		if u := mainUnits(n); len(u) > 0 {
			return u[0].name()
		}
		return ""
	})
}

// near walks from a step past those that say nothing.
func (o *order) near(s *flow.Step, back bool, says func(*flow.Step) string) []string {
	found, along := []string{}, o.next
	if back {
		along = o.prev
	}
	add := func(name string) {
		if name != "" && !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	seen := map[flow.StepRef]bool{}
	var walk func(r flow.StepRef)
	walk = func(r flow.StepRef) {
		if back && r == o.f.Start {
			add(o.beginning())
		}
		if end := o.ends[r]; !back && end != "" {
			add(end)
		}
		for _, n := range along[r] {
			if seen[n] {
				continue
			}
			seen[n] = true
			if name := says(o.f.Steps[n]); name != "" {
				add(name)
				continue
			}
			walk(n)
		}
	}
	walk(s.Ref)
	if len(found) > mostNear {
		found = append(found[:mostNear:mostNear], "…")
	}
	return found
}

func list(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", or ")
}
