package sim

import (
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// poisoning is one session of which every process dies that applies an event to
// it, as if a fault of ours were in the way, until the session is parked: then
// its flow's on_error is all that runs of it.
type poisoning struct {
	armed bool // the next session that fits is it
	ivr.SessionID
	deaths int
	parked bool
}

// mostDeaths is how many processes may die of one session. The first dies of the
// event; then it is tried some times, each counted before.
const mostDeaths = 6

// poison arms it: a run has at most one.
func poison(w *world, _ *fault) {
	if w.poison.SessionID == "" {
		w.poison.armed = true
	}
}

// poisoned reports whether a process dies because it stores a change.
func (w *world) poisoned(p *proc, ch *call.Change) bool {
	x := &w.poison
	if ch == nil || len(ch.Events) == 0 || ch.Parked != nil || x.parked || !w.mayDie(p.node) {
		return false
	}
	switch {
	case x.armed && !ch.Session.Over() && !ch.New:
		x.armed, x.SessionID = false, ch.Session.ID
	case x.SessionID != ch.Session.ID:
		return false
	}
	if x.deaths++; x.deaths > mostDeaths {
		if x.deaths == mostDeaths+1 {
			w.judge.violated("poison", "%d processes have died of session %s, and it is not parked: the next applies %s", mostDeaths, x.SessionID, told1(ch))
		}
		return false
	}
	w.crash(p.node, "poison of session "+string(x.SessionID))
	return true
}

// diesAt takes what a process did when it was killed.
func (j *judge) diesAt(what string) {
	for _, r := range j.order {
		if strings.HasPrefix(what, string(r.id)) {
			r.deaths++
		}
	}
}

// parks takes a session that is not tried any more. It must be the one of which
// the processes died, and none may be parked too early.
func (j *judge) parks(r *record, ch *call.Change) {
	if ch.Parked == nil {
		return
	}
	x := &j.w.poison
	switch {
	case x.SessionID != r.id && r.deaths > 0: // it was tried alone, and its process was killed: nobody can tell
		r.parked = true
		return
	case x.SessionID != r.id:
		j.violated("poison", "session %s is parked because of %s, and no process has died of it", r.id, keyOf(ch.Parked))
	case len(ch.Commands) == 0:
		j.violated("poison", "session %s is parked, and its on_error does nothing", r.id)
	}
	x.parked = true
	r.parked = true
}
