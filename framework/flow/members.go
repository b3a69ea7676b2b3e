package flow

// Members are the flow and all flows that it calls, directly or not: itself
// first, the others in the order of their keys.
func (f *Flow) Members() []*Flow {
	if len(f.family) == 0 {
		return []*Flow{f}
	}
	all := []*Flow{f}
	for _, key := range names(f.family) {
		if m := f.family[key]; m.Key != f.Key {
			all = append(all, m)
		}
	}
	return all
}

// Member is the flow of the family with a key, nil if there is none. "" is the
// flow that was loaded.
func (f *Flow) Member(key string) *Flow {
	if key == f.Key {
		return f
	}
	return f.family[key]
}

// AllSteps are the steps of all members, this flow's first.
func (f *Flow) AllSteps() []*Step {
	if len(f.family) < 2 {
		return f.Steps
	}
	var all []*Step
	for _, m := range f.Members() {
		all = append(all, m.Steps...)
	}
	return all
}

// StepAt is the step and the phase that a state of a member's machine stands
// for; nil for a state that belongs to no step.
func (f *Flow) StepAt(key, state string) (*Step, Phase) {
	m := f.Member(key)
	if m == nil {
		return nil, PhaseNone
	}
	p, ok := m.At(state)
	if !ok || p.Step == None {
		return nil, PhaseNone
	}
	return m.Steps[p.Step], p.Phase
}

// With is the family with other schedules in place of those of the same name:
// what a test gives. It is the same version, since only the world that it asks
// is another.
func (f *Flow) With(put func(name string, own Schedule) Schedule) *Flow {
	family := make(map[string]*Flow, len(f.family))
	for key, m := range f.family {
		g := *m
		g.family = family
		g.Schedules = make(map[string]Schedule, len(m.Schedules))
		for name, s := range m.Schedules {
			g.Schedules[name] = put(name, s)
		}
		family[key] = &g
	}
	return family[f.Key]
}
