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

// always is a schedule whose state never changes. While it is not open, the next
// opening is that of the flow's own schedule.
type always struct {
	state schedule.State
	own   flow.Schedule
}

func (a always) At(time.Time) schedule.Status { return schedule.Status{State: a.state} }

func (a always) NextOpen(at time.Time) (time.Time, bool) {
	if a.state == schedule.Open {
		return at, true
	}
	if now := a.own.At(at); now.State == schedule.Open {
		at = now.Until
	}
	if at.IsZero() { // open for good
		return at, false
	}
	return a.own.NextOpen(at)
}

// withSchedules is the flow with schedules that a test gives. It is the same
// version: what it does is not changed, only the world that it asks.
func withSchedules(f *flow.Flow, given map[string]schedule.State) *flow.Flow {
	if len(given) == 0 {
		return f
	}
	return f.With(func(name string, own flow.Schedule) flow.Schedule {
		if state, ok := given[name]; ok {
			return always{state, own}
		}
		return own
	})
}

// checkSchedules finds schedules that the flow does not have.
func (g Given) checkSchedules(f *flow.Flow) error {
	var errs []error
	known := scheduleNames(f)
	for _, name := range slices.Sorted(maps.Keys(g.Schedules)) {
		if !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("given: the flow has no schedule %q", name))
		}
	}
	return errors.Join(errs...)
}

// scheduleNames are those of the flow and of the flows that it calls.
func scheduleNames(f *flow.Flow) []string {
	all := map[string]bool{}
	for _, m := range f.Members() {
		for name := range m.Schedules {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// schedules reads how schedules stand: {office: closed}.
func (r *reader) schedules(g *Given, n *tree.Node) {
	states := map[string]schedule.State{"open": schedule.Open, "closed": schedule.Closed, "holiday": schedule.Holiday}
	known := scheduleNames(r.flow)
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
