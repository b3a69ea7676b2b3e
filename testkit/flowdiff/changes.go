package flowdiff

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit/outline"
)

// Area is what a change is about.
type Area string

// The areas, in the order in which they are told.
const (
	Prompts    Area = "prompts"    // what callers hear
	Timing     Area = "timing"     // times, tries and lengths
	Routing    Area = "routing"    // states, steps, and where they lead
	Settings   Area = "settings"   // what steps do besides, and what the flow declares
	Reach      Area = "reach"      // what calls come to
	Invariants Area = "invariants" // what the flow promises, and what holds of all its calls
)

func areas() []Area { return []Area{Prompts, Timing, Routing, Settings, Reach, Invariants} }

// Kind is what became of something.
type Kind string

// The kinds of change.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
)

// Change is one thing that is otherwise in the new flow.
type Change struct {
	Area   Area     `json:"area"`
	Kind   Kind     `json:"kind"`
	What   string   `json:"what"`
	Old    string   `json:"old,omitempty"`
	New    string   `json:"new,omitempty"`
	OldPos diag.Pos `json:"old_pos,omitzero"`
	NewPos diag.Pos `json:"new_pos,omitzero"`

	step *flow.Step // of the new flow, that changed
}

func (r *Report) add(c Change) { r.Changes = append(r.Changes, c) }

// changed adds a change of a value; an empty one is none.
func (r *Report) changed(a Area, what, old, next string, at places) {
	if old == next {
		return
	}
	c := Change{Area: a, Kind: Changed, What: what, Old: old, New: next, OldPos: at.old, NewPos: at.next, step: at.step}
	switch {
	case old == "":
		c.Kind = Added
	case next == "":
		c.Kind = Removed
	}
	r.add(c)
}

// places are where something is in both flows, and the step of the new one that it
// belongs to; all may be missing.
type places struct {
	old, next diag.Pos
	step      *flow.Step
}

// changes finds what is otherwise in the new flow, without its calls.
func (r *Report) changes() {
	for _, m := range r.match.gone {
		r.add(Change{Area: Routing, Kind: Removed, What: "the flow " + m.Name, OldPos: diag.Pos{File: m.File, Line: 1, Col: 1}})
	}
	for _, m := range r.match.came {
		r.add(Change{Area: Routing, Kind: Added, What: "the flow " + m.Name, NewPos: diag.Pos{File: m.File, Line: 1, Col: 1}})
	}
	for _, pair := range r.match.members {
		in := ""
		if pair[1].Key != "" {
			in = " of " + pair[1].Name
		}
		r.prompts(pair[0], pair[1], in)
		r.declared(pair[0], pair[1], in)
		r.routing(pair[0], pair[1], in)
	}
	r.sort()
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Changes, func(a, b Change) int { return slices.Index(areas(), a.Area) - slices.Index(areas(), b.Area) })
}

// entryText is what is heard of a prompt.
func entryText(c *prompt.Catalogue, locale, key string) string {
	if !c.Has(locale, key) {
		return ""
	}
	e, _ := c.Lookup(locale, key)
	text := ""
	if e.Text != "" {
		text = fmt.Sprintf("%q", strings.Join(strings.Fields(e.Text), " "))
	}
	if e.Audio != "" {
		text = strings.TrimSpace(text + fmt.Sprintf(" %s (%.8s, %.1f s)", e.File, e.Audio, e.Length.Seconds()))
	}
	if e.Voice != "" {
		text += " voice " + e.Voice
	}
	return text
}

func (r *Report) prompts(a, b *flow.Flow, in string) {
	locales := union(a.Catalogue.Locales(), b.Catalogue.Locales())
	for _, key := range union(a.Catalogue.Keys(), b.Catalogue.Keys()) {
		for _, locale := range locales {
			what := "prompt " + key + in
			if len(locales) > 1 {
				what += " (" + locale + ")"
			}
			r.changed(Prompts, what, entryText(a.Catalogue, locale, key), entryText(b.Catalogue, locale, key), places{})
		}
	}
}

// union are the words of both lists, sorted.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// declared compares what the flows declare.
func (r *Report) declared(a, b *flow.Flow, in string) {
	none := places{}
	r.changed(Timing, "the call limit"+in, a.CallLimit.String(), b.CallLimit.String(), none)
	r.changed(Timing, "the step limit"+in, fmt.Sprint(a.StepLimit), fmt.Sprint(b.StepLimit), none)
	r.changed(Prompts, "the locales"+in, strings.Join(a.Locales, ", "), strings.Join(b.Locales, ", "), none)
	r.changed(Settings, "the start"+in, r.match.states[a][a.Steps[a.Start].State], b.Steps[b.Start].State, none)
	r.changed(Settings, "dtmf"+in, string(a.DTMF), string(b.DTMF), none)
	for _, name := range union(slices.Collect(maps.Keys(a.Actions)), slices.Collect(maps.Keys(b.Actions))) {
		r.actions(name, a.Actions[name], b.Actions[name], in)
	}
	variables := func(what string, one, two map[string]*flow.Var) {
		for _, name := range union(slices.Collect(maps.Keys(one)), slices.Collect(maps.Keys(two))) {
			r.changed(Settings, what+" "+name+in, text(one[name]), text(two[name]), none)
		}
	}
	variables("config", a.Config, b.Config)
	variables("variable", a.Vars, b.Vars)
	r.schedules(a, b, in)
}

func (r *Report) actions(name string, a, b *flow.Action, in string) {
	none := places{}
	what := "action " + name + in
	if a == nil || b == nil {
		kind := Added
		if b == nil {
			kind = Removed
		}
		r.add(Change{Area: Settings, Kind: kind, What: what})
		return
	}
	for _, o := range union(a.Outcomes, b.Outcomes) {
		is := func(of *flow.Action) string {
			if slices.Contains(of.Outcomes, o) {
				return o
			}
			return ""
		}
		r.changed(Routing, "outcome "+o+" of "+what, is(a), is(b), none)
	}
	r.changed(Settings, what+": in", strings.Join(a.In, ", "), strings.Join(b.In, ", "), none)
	r.changed(Settings, what+": out", strings.Join(a.Out, ", "), strings.Join(b.Out, ", "), none)
	r.changed(Timing, what+": timeout", a.Timeout.String(), b.Timeout.String(), none)
	r.changed(Timing, what+": retry", text(a.Retry), text(b.Retry), none)
	r.changed(Prompts, what+": waiting", outline.Words(a.Waiting), outline.Words(b.Waiting), none)
}

// routing compares the states and steps.
func (r *Report) routing(a, b *flow.Flow, in string) {
	names := r.match.states[a]
	for _, state := range statesOf(a) {
		steps := stepsOf(a, state)
		switch other, ok := names[state]; {
		case !ok && steps[0].BuiltIn:
		case !ok:
			r.add(Change{Area: Routing, Kind: Removed, What: "state " + state + in, OldPos: steps[0].Pos})
		case other != state:
			r.changed(Settings, "a state's name"+in, state, other, places{steps[0].Pos, stepsOf(b, other)[0].Pos, nil})
		}
		for _, s := range steps {
			switch to := r.match.steps[s]; {
			case to != nil:
				r.step(a, s, b, to)
			case names[state] != "" && !s.BuiltIn:
				r.add(Change{Area: Routing, Kind: Removed, What: "step " + where(r.old, a, s), Old: doing(a, s), OldPos: s.Pos})
			}
		}
	}
	for _, state := range statesOf(b) {
		steps := stepsOf(b, state)
		known := slices.Contains(slices.Collect(maps.Values(names)), state)
		if !known && !steps[0].BuiltIn {
			r.add(Change{Area: Routing, Kind: Added, What: "state " + state + in, NewPos: steps[0].Pos})
		}
		for _, s := range steps {
			if known && r.match.from[s] == nil && !s.BuiltIn {
				r.add(Change{Area: Routing, Kind: Added, What: "step " + where(r.next, b, s), New: doing(b, s), NewPos: s.Pos, step: s})
			}
		}
	}
}

// step compares a step that is in both flows: what it says and does, and where it
// leads.
func (r *Report) step(a *flow.Flow, s *flow.Step, b *flow.Flow, t *flow.Step) {
	if s.BuiltIn && t.BuiltIn {
		return
	}
	at := "step " + where(r.next, b, t)
	here := places{s.Pos, t.Pos, t}
	if s.When != nil || t.When != nil {
		r.changed(Routing, at+": when", text(s.When), text(t.When), here)
	}
	for _, d := range differences(s.Spec, t.Spec) {
		r.changed(d.area, at+": "+d.name, d.old, d.next, here)
	}
	one, two := r.leads(a, s, true), r.leads(b, t, false)
	for _, trigger := range union(slices.Collect(maps.Keys(one)), slices.Collect(maps.Keys(two))) {
		x, y := one[trigger], two[trigger]
		label := x.label
		if label == "" {
			label = y.label
		}
		if label == "" {
			label = trigger
		}
		r.changed(Routing, at+": "+label, x.to, y.to, places{x.pos, y.pos, t})
	}
}

// lead is where an outcome leads.
type lead struct {
	label, to string
	pos       diag.Pos
}

// leads are where the outcomes of a step lead, with the names that the new flow has
// for states.
func (r *Report) leads(m *flow.Flow, s *flow.Step, old bool) map[string]lead {
	all := map[string]lead{}
	for _, w := range outline.Ways(s) {
		to := leadsTo(m, s, w.Edge)
		if name, ok := strings.CutPrefix(to, toState); ok && old {
			if mapped := r.match.states[m][name]; mapped != "" {
				to = toState + mapped
			}
		}
		if to != "" {
			to = "to " + to
			if strings.Contains(w.Trigger, ".") { // a counted one: so often
				to = w.Label[strings.LastIndex(w.Label, " ")+1:] + " " + to
			}
			all[w.Trigger] = lead{strings.SplitN(w.Label, " ", 2)[0], to, w.Edge.Pos}
		}
	}
	return all
}

const toState = "state "

// leadsTo is where an edge leads, for people.
func leadsTo(m *flow.Flow, s *flow.Step, e *flow.Edge) string {
	switch e.To.Kind {
	case flow.ToStep:
		t := m.Steps[e.To.Step]
		switch {
		case t.Section != flow.InState && t.Section != s.Section:
			return t.State
		case t.Parent == s.Ref:
			return "steps of its own"
		case t.State != s.State:
			return toState + t.State
		case t.Ref == stepsOf(m, t.State)[0].Ref:
			return toState + t.State
		}
		return "what follows"
	case flow.ToRepeat:
		return "the same step again"
	case flow.ToEnd, flow.ToOver:
		return "the end"
	case flow.ToReturn:
		return "return " + e.To.Outcome
	case flow.ToError:
		return "on_error"
	}
	return ""
}
