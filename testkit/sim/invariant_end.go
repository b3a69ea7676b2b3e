package sim

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/fetch"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// inTime is how long what was answered 2xx may wait to be applied: on another
// node, perhaps after that one has died.
const inTime = 15 * time.Second

// sentAway is how long a process may need to send a call away after it has said that
// it has taken it: for a token.
const sentAway = 2 * time.Second

// answered takes what a process has answered to a callback: I1.
func (j *judge) answered(p *proc, l letter, status int) {
	if l.forged || status < 200 || status > 299 || status == 204 {
		return
	}
	for _, ev := range j.read(l) {
		r := j.about(l, ev)
		key := keyOf(ev)
		if _, roster := ev.(ivr.RosterChanged); roster && (r == nil || r.session.Meeting == nil) {
			continue // calls of two do not want to know
		}
		switch {
		case r == nil:
			if e, ok := ev.(ivr.CallIncoming); ok {
				j.w.clock.AfterFunc(sentAway, func() { j.refused(p, e.Call, status) })
			}
		case r.applied[key] || r.session.Over():
		default:
			t := told{key: key, at: j.w.clock.Now(), by: p.node.String()}
			r.waiting = append(r.waiting, t)
			j.w.clock.AfterFunc(inTime+time.Second, func() { j.due(r, t) })
		}
	}
}

// refused: a call that had no session when it was answered 2xx was sent away, now or
// before.
func (j *judge) refused(p *proc, id ivr.CallID, status int) {
	if !j.away[id] && j.w.strikes[41] == 0 { // without a token it could not
		j.violated("I1", "%s has answered %d to the call %s, and no session had it", p.node, status, short(id))
	}
}

// about is the session that an event belongs to.
func (j *judge) about(l letter, ev ivr.Event) *record {
	if l.URL.Path != server.WebhookPath {
		session, _ := addressOf(l.URL.Path)
		return j.sessions[ivr.SessionID(session)]
	}
	switch e := ev.(type) {
	case ivr.CallIncoming:
		return j.byCall[e.Call]
	case ivr.CallTerminated:
		if r := j.byCall[e.Call]; r != nil && r.session.Answered.IsZero() {
			return r
		}
	default:
	}
	return nil
}

// due: what was answered 2xx has been applied by now.
func (j *judge) due(r *record, t told) {
	if r.applied[t.key] || !r.overAt.IsZero() && r.overAt.Sub(t.at) < inTime {
		return
	}
	if j.w.excused(t.at) {
		if j.w.clock.Now().Sub(t.at) < 10*time.Minute && !r.session.Over() {
			j.w.clock.AfterFunc(inTime, func() { j.due(r, t) })
			return
		}
		if r.session.Over() {
			return
		}
	}
	j.violated("I1", "session %s: %s was answered 2xx by %s at %s and is not applied", r.id, t.key, t.by, t.at.Sub(j.w.trace.start))
}

// settle takes the end of a session.
func (j *judge) settle(r *record) {
	for _, t := range r.waiting {
		if r.overAt.Sub(t.at) > inTime {
			j.due(r, t)
		}
	}
	r.waiting = nil
}

// asked takes a request of a flow: I3.
func (j *judge) asked(p *proc, r fetch.Request) {
	if ivr.SafeMethod(r.Method) {
		return
	}
	if j.keys[r.Key]++; j.keys[r.Key] > 1 {
		j.violated("I3", "%s sends a request (%s) %d times", p.node, r, j.keys[r.Key])
	}
}

// forgotten: Graph has ended a call because nobody kept it alive.
func (j *judge) forgotten(e graphsim.Ended) {
	const notKept = 8537
	r := j.byCall[e.Call]
	if r == nil || e.Result.Subcode != notKept || !r.gone[e.Call].IsZero() || j.w.strikes[37]+j.w.strikes[41] > 0 {
		return
	}
	switch {
	case !r.session.Over():
		j.violated("I2", "nobody kept the call %s of session %s alive", short(e.Call), r.id)
	case j.requests["delete "+short(e.Call)] == 0:
		j.violated("I2", "nobody hung up the call %s of session %s", short(e.Call), r.id)
	}
}

// works takes the bot's own code: it runs once for each time it was decided.
func (j *judge) works(name string) {
	if n := j.w.done[name]; n > j.actions[name] {
		j.violated("I3", "%s was done %d times, %d decided", name, n, j.actions[name])
	}
}

// typed takes what a flow believes that its caller has typed, where nothing
// could have been lost or come late.
func (j *judge) typed(account string) {
	w := j.w
	if j.keysLost || j.keysLate || w.strikes[16] > 0 || w.strikes[18] > 0 || len(w.excuses) > 0 {
		return
	}
	for _, p := range w.all {
		if p.account == account {
			return
		}
	}
	j.violated("keys", "a flow has heard %q, which nobody has typed", account)
}

// canary searches a text for what callers typed as their PIN: I10.
func (j *judge) canary(where, text string) {
	for _, p := range j.w.all {
		if p.script.Flow == "pin" && strings.Contains(text, p.pin) {
			j.violated("I10", "%s holds the PIN of %s", where, p)
		}
	}
}

// over reports whether all sessions are.
func (j *judge) over() bool {
	for _, r := range j.order {
		if !r.session.Over() {
			return false
		}
	}
	return true
}

// end judges the run as a whole: everything has come to its end.
func (j *judge) end() {
	for _, r := range j.order {
		if !r.session.Over() {
			j.violated("alive", "session %s of %s never ends: it is in %s, operations %v, timers %v", r.id, r.session.Flow, r.session.State, r.session.Ops, r.session.Timers)
		}
	}
	for _, p := range j.w.all {
		if p.target == "" && !p.over {
			j.violated("alive", "%s (%s) never ends in Graph", p, p.script.Flow)
		}
	}
	for _, id := range j.w.liveCalls() {
		j.violated("alive", "call %s of session %s never ends in Graph", short(id), j.byCall[id].id)
	}
}

// liveCalls are calls that the sessions know and that Graph has not ended.
func (w *world) liveCalls() []ivr.CallID {
	var live []ivr.CallID
	for id := range w.judge.byCall {
		c := w.graph.Call(id)
		if c == nil {
			continue
		}
		if _, over := c.Ended(); !over {
			live = append(live, id)
		}
	}
	slices.Sort(live)
	return live
}

// well says why a call did not end well; "" if it did.
func (j *judge) well(p *phone) string {
	var mine []*record
	for _, r := range j.order {
		if p.target != "" && r.flow.Name == p.script.Flow && len(r.session.Vars) > 0 && fmt.Sprint(r.session.Vars["who"]) == p.target {
			mine = append(mine, r)
		}
		if p.target == "" && p.call != nil && r == j.byCall[p.call.ID()] {
			mine = append(mine, r)
		}
	}
	if len(mine) == 0 {
		return "it has no session"
	}
	r := mine[len(mine)-1]
	if !r.session.Over() {
		return "its session is not over"
	}
	if r.reached(p, p.aim) {
		return ""
	}
	return fmt.Sprintf("session %s ended by %s (%s), marks %v", r.id, r.session.EndedBy, r.session.End, r.marks)
}

// reached reports whether somebody has what he wants.
func (r *record) reached(p *phone, aim Aim) bool {
	switch aim {
	case Goal:
		return r.marks["goal"] || r.outside && r.marks["gave_up"] && p.texts[p.script.Sorry]
	case GaveUp:
		return r.marks["gave_up"]
	case Taken:
		return p.taken || r.doubt && p.texts[p.script.Sorry]
	case Left:
		return p.left || r.marks["goal"] || p.taken
	case Ordered:
	}
	if p.w.o.Plain { // nothing was in the way but a process's death: then nobody may know
		return r.session.EndedBy == ivr.EndedByOperator || p.taken || r.doubt
	}
	return len(r.heeded) > 0 || r.reached(p, p.script.Aim)
}

// version is the version of a flow that a session names.
func (w *world) version(v string) *flow.Flow {
	for _, list := range [][]*flow.Flow{w.kit.flows, w.kit.edited} {
		for _, f := range list {
			if f.Version == v {
				return f
			}
		}
	}
	return nil
}

// overJSON is a session that was written and read again.
func overJSON(j *judge, s engine.Session) engine.Session {
	b, err := json.Marshal(s)
	var again engine.Session
	if err == nil {
		err = json.Unmarshal(b, &again)
	}
	j.w.must(err)
	return again
}

// same compares values, by their JSON if they are not equal as they are: a
// number is a number, and nil is empty.
func same(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, err := json.Marshal(a)
	y, other := json.Marshal(b)
	return err == nil && other == nil && string(x) == string(y)
}
