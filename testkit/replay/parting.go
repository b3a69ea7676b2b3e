package replay

import (
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Parting is where a call goes elsewhere.
type Parting struct {
	Step string `json:"step"` // the last one at which both are, of the old version; "" for the beginning
	Old  Turn   `json:"old"`
	New  Turn   `json:"new"`
}

// Turn is the way that one of the versions takes.
type Turn struct {
	Outcome string   `json:"outcome,omitempty"` // of the step at which they part
	At      diag.Pos `json:"at,omitzero"`       // the handler of the outcome, or else the step
	To      string   `json:"to,omitempty"`      // the step to which it leads, and that does something
	ToAt    diag.Pos `json:"to_at,omitzero"`
	What    string   `json:"what,omitempty"` // what comes of it: "plays closed"; "" if nothing does
}

// parts is the result of a call that goes elsewhere.
func (o *other) parts() Elsewhere {
	a, b := o.ahead(o.old, o.both.i), o.ahead(o.new, o.both.j)
	n := o.pair.together(a.trail, b.trail)
	p := &Parting{Old: turn(o.pair.Old, a, n), New: turn(o.pair.New, b, n)}
	if n > 0 {
		at := a.trail[n-1]
		p.Step = at.state
		if step, _ := o.pair.Old.StepAt(at.flow, at.state); step != nil {
			p.Step = step.ID
		}
		if at.flow != "" {
			p.Step = at.flow + ": " + p.Step
		}
	}
	return Elsewhere{Verdict: Different, Parts: p}
}

// ahead is the effect at which the two part; without one, where the call is.
func (o *other) ahead(d *side, i int) effect {
	if i < len(d.effects) {
		return d.effects[i]
	}
	return effect{place: d.place(), trail: d.trail}
}

// turn is how a version goes on after the first hops of a trail.
func turn(f *Flow, e effect, n int) Turn {
	t := Turn{What: e.what}
	if e.place.step != nil {
		t.To, t.ToAt = e.place.step.ID, e.place.step.Pos
		if t.What == "asks" || t.What == "waits" {
			t.What += " " + e.place.step.ID
		}
	}
	if n == 0 || n > len(e.trail) {
		return t
	}
	at := e.trail[n-1]
	step, _ := f.StepAt(at.flow, at.state)
	if step == nil {
		return t
	}
	t.At = step.Pos
	if n < len(e.trail) {
		t.Outcome, _, _ = strings.Cut(e.trail[n].trigger, ".")
		if edge := step.Edges[t.Outcome]; edge != nil {
			t.At = edge.Pos
		}
	}
	return t
}
