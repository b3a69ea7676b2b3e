package prove

import (
	"maps"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// lives finds out, for each step of each flow, which variables and counters may still be read
// when the call is there: by it, by a step that it leads to, by a section that
// may follow at any moment, or by the flow that called this one.
func (fs *facts) lives() {
	fs.live, fs.weighs = map[string][]map[string]bool{}, map[string][]map[string]bool{}
	for _, m := range fs.root.Members() {
		fs.live[m.Key] = fs.livesIn(m, fs.uses)
		fs.weighs[m.Key] = fs.livesIn(m, fs.matters)
	}
}

func (fs *facts) livesIn(m *flow.Flow, uses map[*flow.Step][]string) []map[string]bool {
	always := map[string]bool{}
	for _, name := range m.Returns {
		always[name] = true
	}
	if m == fs.root {
		for _, inv := range m.Invariants {
			if inv.Holds != nil {
				for _, name := range reads(inv.Holds.(compares)) {
					always[base(name)] = true
				}
			}
		}
	}
	live := make([]map[string]bool, len(m.Steps))
	for i, s := range m.Steps {
		live[i] = map[string]bool{}
		for _, name := range uses[s] {
			live[i][base(name)] = true
		}
		maps.Copy(live[i], always)
	}
	for changed := true; changed; {
		changed = false
		for i, s := range slices.Backward(m.Steps) {
			before := len(live[i])
			for _, section := range [...]flow.StepRef{m.OnHangup, m.OnEnd, m.OnError} {
				if section != flow.None {
					maps.Copy(live[i], live[section])
				}
			}
			for outcome, e := range s.Edges {
				follow(live, s, outcome, e)
			}
			fs.skip(m, live, s)
			changed = changed || len(live[i]) > before
		}
	}
	return live
}

// follow adds what lives where an outcome leads.
func follow(live []map[string]bool, s *flow.Step, outcome string, e *flow.Edge) {
	if e == nil {
		return
	}
	if e.Counter != "" {
		follow(live, s, outcome, e.Then)
		follow(live, s, outcome, e.Else)
		return
	}
	if e.To.Kind != flow.ToStep && e.To.Kind != flow.ToRepeat {
		return
	}
	gone := overwritten(s, outcome)
	for name := range live[e.To.Step] {
		if name != gone {
			live[s.Ref][name] = true
		}
	}
}

// skip adds what lives after a step whose condition does not hold.
func (fs *facts) skip(m *flow.Flow, live []map[string]bool, s *flow.Step) {
	if s.When == nil {
		return
	}
	next, err := m.Machine.Next(s.StateName(flow.PhaseWhen), flow.TriggerSkip)
	if err != nil {
		return
	}
	if p, ok := m.At(next); ok && p.Step != flow.None {
		maps.Copy(live[s.Ref], live[p.Step])
	}
}

// overwritten is the variable that a step has certainly given another value when
// it ends with an outcome; "" if there is none.
func overwritten(s *flow.Step, outcome string) string {
	if outcome != "done" {
		return ""
	}
	switch spec := s.Spec.(type) {
	case *flow.Collect:
		return spec.Var
	case *flow.Record:
		return spec.Var
	case *flow.Set:
		if len(spec.Assign) == 1 {
			return spec.Assign[0].Var
		}
	case *flow.Forget:
		if len(spec.Vars) == 1 {
			return spec.Vars[0]
		}
	default:
	}
	return ""
}

// counterOf is the name under which a counter lives.
func counterOf(name string) string { return "#" + name }

// base is the variable of a dotted name.
func base(name string) string {
	if strings.HasPrefix(name, "#") {
		return name
	}
	b, _, _ := strings.Cut(name, ".")
	return b
}

// readBySections reports whether a section of a flow, or the flow that called it,
// may read a variable.
func readBySections(m *flow.Flow, live []map[string]bool, name string) bool {
	for _, section := range [...]flow.StepRef{m.OnHangup, m.OnEnd, m.OnError} {
		if section != flow.None && live[section][name] {
			return true
		}
	}
	return slices.Contains(m.Returns, name)
}
