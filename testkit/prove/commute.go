package prove

import (
	"maps"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Somebody who comes into a meeting or leaves it while something goes on that is not
// about people, such as a prompt, may as well do so after it: the call is the same
// then. So people come and go only
//
//   - before something else that leads to a step which depends on who is there, or at
//     which an invariant does,
//   - where their coming itself leads on, as in a wait for people,
//   - where nobody is there who could press a key,
//   - and once on each way round through the flow, so that nobody is put off for ever.
//
// If what follows a call depends on who is there, they come and go everywhere.

// minds finds the steps that depend on who is in the meeting.
func (fs *facts) minds() {
	fs.mind = map[*flow.Step]bool{}
	for _, m := range fs.root.Members() {
		for _, s := range m.Steps {
			if !fs.dependsOnPeople(m, s) {
				continue
			}
			fs.mind[s] = true
			fs.mindful = fs.mindful || s.Section != flow.InState
		}
		for _, ref := range turning(m) {
			fs.mind[m.Steps[ref]] = true
		}
	}
}

func aboutPeople(name string) bool {
	return name == "call" || name == countName || name == heldName || strings.HasPrefix(name, rosterName)
}

func (fs *facts) dependsOnPeople(m *flow.Flow, s *flow.Step) bool {
	for _, name := range [...]string{rosterName, countName, heldName} {
		for to := range fs.reaches(variable{m, name}) {
			set, sets := s.Spec.(*flow.Set)
			if to.m == m && (usesName(fs.matters[s], to.name) ||
				sets && slices.ContainsFunc(set.Assign, func(a flow.Assign) bool { return usesName(a.Value.Uses(), to.name) })) {
				return true
			}
		}
	}
	switch spec := s.Spec.(type) {
	case *flow.Wait:
		return spec.People
	case *flow.Mute:
		return spec.Everyone || spec.Who != nil
	case *flow.Hold, *flow.RouteAudio:
		return true
	case *flow.Call:
		return slices.ContainsFunc(fs.uses[s], aboutPeople)
	default:
		return slices.Contains(fs.uses[s], "call")
	}
}

// turning are steps of which every way round through a flow has one: those to which a
// search in depth comes back.
func turning(m *flow.Flow) []flow.StepRef {
	var found []flow.StepRef
	const under, over = 1, 2 // its ways are being followed, or have been
	mark := make([]byte, len(m.Steps))
	var visit func(flow.StepRef)
	var follow func(*flow.Edge)
	errs := false // it is on_error that is followed
	follow = func(e *flow.Edge) {
		switch {
		case e == nil:
		case e.Counter != "":
			follow(e.Then)
			follow(e.Else)
		case e.To.Kind != flow.ToStep && e.To.Kind != flow.ToRepeat:
		case mark[e.To.Step] == under, errs && m.Steps[e.To.Step].Section == flow.InState:
			found = append(found, e.To.Step) // an error may lead here from everywhere
		case mark[e.To.Step] == 0:
			visit(e.To.Step)
		}
	}
	visit = func(ref flow.StepRef) {
		mark[ref], errs = under, m.Steps[ref].Section == flow.InOnError
		edges := m.Steps[ref].Edges
		for _, name := range slices.Sorted(maps.Keys(edges)) {
			follow(edges[name])
			errs = m.Steps[ref].Section == flow.InOnError
		}
		mark[ref] = over
	}
	for i := range m.Steps {
		if mark[i] == 0 {
			visit(flow.StepRef(i))
		}
	}
	return found
}

// aside reports that somebody comes or goes.
func (a *Act) aside() bool {
	switch a.Kind {
	case Meets, Joins, Knocks, Leaves:
		return a.What != "lobby"
	default:
		return false
	}
}

// comes reports whether people come and go in a state, whatever else may happen.
func (w *world) comes(s *engine.Session) bool {
	if w.facts.mindful || !w.attended(s) || armed(s, whyRoster) != nil {
		return true
	}
	step, phase := w.root.StepAt(s.Running, s.State)
	return phase == flow.PhaseJoining || phase == flow.PhaseWaiting && w.facts.mind[step]
}

// asks reports whether an act leads to a step before which people come and go.
func (w *world) asks(t turn) bool {
	return slices.ContainsFunc(t.tr.cmds, func(cmd ivr.Command) bool {
		mv, ok := cmd.(ivr.Moved)
		if !ok {
			return false
		}
		step, _ := w.root.StepAt(mv.Flow, mv.State)
		return step != nil && w.facts.mind[step]
	})
}
