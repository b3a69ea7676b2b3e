package testkit

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/schedule"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// always is a schedule that never changes.
type always schedule.State

func (a always) At(time.Time) schedule.Status { return schedule.Status{State: schedule.State(a)} }

func (a always) NextOpen(at time.Time) (time.Time, bool) {
	return at, schedule.State(a) == schedule.Open
}

// withSchedules is the flow with schedules that a test gives. It is the same
// version: what it does is not changed, only the world that it asks.
func withSchedules(f *flow.Flow, given map[string]schedule.State) *flow.Flow {
	if len(given) == 0 {
		return f
	}
	g := *f
	g.Schedules = maps.Clone(f.Schedules)
	for name, state := range given {
		g.Schedules[name] = always(state)
	}
	return &g
}

// checkSchedules finds schedules that the flow does not have.
func (g Given) checkSchedules(f *flow.Flow) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(g.Schedules)) {
		if _, ok := f.Schedules[name]; !ok {
			errs = append(errs, fmt.Errorf("given: the flow has no schedule %q", name))
		}
	}
	return errors.Join(errs...)
}

// schedules reads how schedules stand: {office: closed}.
func (r *reader) schedules(g *Given, n *tree.Node) {
	states := map[string]schedule.State{"open": schedule.Open, "closed": schedule.Closed, "holiday": schedule.Holiday}
	known := slices.Sorted(maps.Keys(r.flow.Schedules))
	if len(known) == 0 {
		r.list.Errorf(n.Pos, ruleValue, "the flow has no schedules")
		return
	}
	for _, e := range n.Fields(&r.list, "schedules", known...) {
		word, ok := e.Value.Word(&r.list, "open", "closed", "holiday")
		if !ok {
			continue
		}
		if g.Schedules == nil {
			g.Schedules = map[string]schedule.State{}
		}
		g.Schedules[e.Key] = states[word]
	}
}
