package prove

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// reach judges that every state and every handler that the author wrote is of use
// to some call.
func (g *graph) reach() Property {
	p := Property{Name: "reach", Text: "every state, outcome and handler is reached by some call"}
	for _, m := range g.flow.Members() {
		if strings.HasPrefix(m.Key, "flows/") {
			continue // a ready-made flow has more than one caller needs
		}
		g.reachIn(&p, m)
	}
	g.judge(&p)
	if p.Verdict == Broken && (!g.whole || len(g.facts.doubts) > 0) {
		p.Verdict, p.Why = Open, "what was not found may lie in what was not looked at"
	}
	return p
}

func (g *graph) reachIn(p *Property, m *flow.Flow) {
	entered := map[flow.StepRef]bool{}
	taken := map[string]bool{}
	for mv := range g.taken {
		if mv.flow != m.Key {
			continue
		}
		if at, ok := m.At(mv.to); ok && at.Step != flow.None {
			entered[at.Step] = true
		}
		if at, ok := m.At(mv.from); ok && at.Step != flow.None {
			taken[fmt.Sprint(at.Step, mv.trigger)] = true
		}
	}
	unseen := map[string]bool{}
	states, outcomes := 0, 0
	for _, s := range m.Steps {
		if s.Section == flow.InState && !anyOf(m, s.State, entered) {
			if !unseen[s.State] {
				p.Findings = append(p.Findings, Finding{Text: fmt.Sprintf("no call reaches the state %s", g.named(m, s.State)), Pos: s.Pos})
			}
			unseen[s.State] = true
			continue
		}
		if !unseen[s.State] {
			states++
			unseen[s.State] = false
		}
		if s.BuiltIn || !entered[s.Ref] && s.Section == flow.InState {
			continue // what leads to it is told
		}
		for _, o := range outcomesOf(s) {
			if o.pos == s.Pos {
				continue // nobody wrote it
			}
			outcomes++
			if !taken[fmt.Sprint(s.Ref, o.trigger)] {
				p.Findings = append(p.Findings, Finding{Text: fmt.Sprintf("no call takes the outcome %s of step %s", outcomeText(o.trigger), g.flow.NameOf(m, s)), Pos: o.pos})
			}
		}
	}
	_ = states
}

func (g *graph) named(m *flow.Flow, state string) string {
	if m == g.flow {
		return state
	}
	return m.Name + "/" + state
}

func anyOf(m *flow.Flow, state string, entered map[flow.StepRef]bool) bool {
	return slices.ContainsFunc(m.Steps, func(s *flow.Step) bool { return s.State == state && entered[s.Ref] })
}

// outcome is a handler of a step, or a part of one.
type outcome struct {
	trigger string
	pos     diag.Pos
}

// outcomesOf are the handlers of a step, those that count by their parts.
func outcomesOf(s *flow.Step) []outcome {
	var all []outcome
	var add func(string, *flow.Edge)
	add = func(trigger string, e *flow.Edge) {
		switch {
		case e == nil:
		case e.Counter != "":
			add(trigger+".then", e.Then)
			add(trigger+".else", e.Else)
		default:
			all = append(all, outcome{trigger, e.Pos})
		}
	}
	for name, e := range s.Edges {
		add(name, e)
	}
	slices.SortFunc(all, func(a, b outcome) int { return strings.Compare(a.trigger, b.trigger) })
	return all
}

func outcomeText(trigger string) string {
	word, rest, counted := strings.Cut(trigger, ".")
	if !counted {
		return word
	}
	return word + " (" + strings.ReplaceAll(rest, ".", ", ") + ")"
}
