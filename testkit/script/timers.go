package script

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// timers keeps the books of a shell, which knows of timers by the commands
// only: the session must have the same, and of each kind but deadlines one.
func (p *player) timers(ev ivr.Event, cmds []ivr.Command) {
	if e, ok := ev.(ivr.TimerExpired); ok {
		delete(p.armed, e.Timer)
	}
	for _, c := range cmds {
		if start, ok := c.(ivr.StartTimer); ok {
			p.armed[start.Timer] = start.Why
		}
		if stop, ok := c.(ivr.StopTimer); ok {
			delete(p.armed, stop.Timer)
		}
		if _, ok := c.(ivr.Finish); ok {
			clear(p.armed) // the session needs nothing any more
		}
	}
	known := map[ivr.TimerID]string{}
	for _, t := range p.session.Timers {
		known[t.ID] = string(t.Why)
	}
	if !maps.Equal(known, p.armed) {
		p.faults = append(p.faults, fmt.Errorf("after %T the session has the timers %v, but the commands leave %v", ev, known, p.armed))
	}
	if kinds := strings.Fields(p.listArmed()); len(kinds) > len(slices.Compact(kinds)) {
		p.faults = append(p.faults, fmt.Errorf("after %T two timers of a kind are armed: %v", ev, kinds))
	}
}

// listArmed names the timers that are armed, without deadlines.
func (p *player) listArmed() string {
	var kinds []string
	for _, why := range p.armed {
		if why != "deadline" {
			kinds = append(kinds, why)
		}
	}
	slices.Sort(kinds)
	return strings.Join(kinds, " ")
}
