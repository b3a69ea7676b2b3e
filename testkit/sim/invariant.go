package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// judge checks the invariants. It sees what crosses the wires, what is
// committed and what happens at Graph, and asks nobody for his opinion.
type judge struct {
	w          *world
	sessions   map[ivr.SessionID]*record
	order      []*record
	byCall     map[ivr.CallID]*record
	letters    []letter // callbacks of Graph, some
	wire       map[string]*wire
	requests   map[string]int      // to Graph, by what they ask
	actions    map[string]int      // decided, by name
	away       map[ivr.CallID]bool // calls that a process has tried to reject or redirect, and those that are over
	told       map[bodyOf][]ivr.Event
	keysLate   bool           // Graph holds some back
	keysLost   bool           // or not in their order: nobody can know what was typed
	keys       map[string]int // requests of flows by their idempotency key
	events     int
	writes     int
	fired      int // timers
	replays    Replays
	violations []Violation
}

// record is what is known of a session from outside.
type record struct {
	id      ivr.SessionID
	num     int // in the order of their beginning
	flow    *flow.Flow
	first   engine.Session           // before anything happened
	session engine.Session           // as it was committed last
	apart   map[int64]engine.Session // by version: sessions to which no event has led
	deaths  int                      // of processes that did something for it
	jumped  bool                     // the wall clock jumped of a process that had it
	changes int
	applied map[string]bool // events by their keys
	waiting []told          // events that were answered 2xx and not applied yet
	marks   map[string]bool
	decided map[string]int // operations of class B, by their kind
	gone    map[ivr.CallID]time.Time
	overAt  time.Time
	parked  bool            // it is not tried any more
	wishes  int             // of operators who were told that they are stored
	heeded  map[string]bool // those that were applied
	doubt   bool            // nobody knew whether one of its transfers or redirections was carried out
	outside bool            // the bot's own code, or a web service, has failed it

	lateUntil  time.Time     // its timers may be late until then
	slow, fast time.Duration // how wrong the wall clocks were by which its times were reckoned

	owner   *proc     // to whom the store has given it
	alone   time.Time // since when it has no process that lives
	epoch   int64
	version int64
}

// told is an event that was answered 2xx.
type told struct {
	key string
	at  time.Time
	by  string
}

// wire is what left for one operation, or one kind of operation on a call.
type wire struct {
	maybe int // requests that may have been executed
	done  int // that were
}

// mostRequests is how often a call may be hung up.
const mostRequests = 15

func newJudge(w *world) *judge {
	return &judge{w: w, requests: map[string]int{}, actions: map[string]int{}, sessions: map[ivr.SessionID]*record{}, byCall: map[ivr.CallID]*record{}, wire: map[string]*wire{}, keys: map[string]int{}, away: map[ivr.CallID]bool{}, told: map[bodyOf][]ivr.Event{}}
}

func (j *judge) violated(rule, format string, args ...any) {
	v := Violation{Rule: rule, What: fmt.Sprintf(format, args...), At: j.w.clock.Now().Sub(j.w.trace.start)}
	j.w.trace.add("JUDGE", v.Rule+" "+v.What)
	j.violations = append(j.violations, v)
}

// given takes a session that the store has given to a process.
func (j *judge) given(p *proc, row store.Row) {
	j.w.trace.addf(p.node.String(), "is given %s, epoch %d", row.Session, row.Epoch)
	r := j.sessions[row.Session]
	if r == nil {
		j.violated("I5", "%s is given session %s, which was never written", p.node, row.Session)
		return
	}
	if row.Epoch != r.epoch+1 {
		j.violated("I5", "%s is given session %s with epoch %d after %d", p.node, row.Session, row.Epoch, r.epoch)
	}
	if r.owner != p && r.owner != nil && !r.owner.dead && !j.w.excused(j.w.clock.Now().Add(-time.Minute)) {
		j.violated("I5", "%s is given session %s of a process that lives", p.node, row.Session)
	}
	if !r.alone.IsZero() && j.w.clock.Now().Sub(r.alone) > takeOver && !j.w.excused(r.alone.Add(takeOver)) {
		j.violated("I5", "session %s is given to %s %s after its process", row.Session, p.node, j.w.clock.Now().Sub(r.alone))
	}
	r.owner, r.epoch, r.alone = p, row.Epoch, time.Time{}
	r.underClock(p.node.skew)
	r.excuse(j.w.clock.Now().Add(backToTime))
	if row.Attempts >= suspected {
		r.excuse(j.w.clock.Now().Add(suspectedFor))
	}
	r.excuse(p.node.lateUntil)
	r.session = overJSON(j, r.session) // its times are those of the wall from now on
}

// left: a process has given up its sessions.
func (j *judge) left(p *proc) {
	p.left = true
	j.deserted(p)
	for _, r := range j.order {
		if r.owner == p {
			r.owner = nil
		}
	}
}

// deserted: a process does nothing any more for its sessions.
func (j *judge) deserted(p *proc) {
	for _, r := range j.order {
		if r.owner == p && r.alone.IsZero() {
			r.alone = j.w.clock.Now()
		}
	}
}

// written takes a change that the database has made: I4, I5.
func (j *judge) written(p *proc, wr *store.Write, ch *call.Change) {
	if ch == nil {
		j.violated("I4", "%s writes session %s, which nobody commits", p.node, wr.Session)
		return
	}
	if r := j.sessions[wr.Session]; r != nil {
		if wr.Version != r.version+1 {
			j.violated("I4", "session %s: version %d is written after %d", wr.Session, wr.Version, r.version)
		}
		if r.owner != p || wr.Epoch != r.epoch {
			j.violated("I5", "session %s: %s writes under epoch %d, and has no right to: epoch %d", wr.Session, p.node, wr.Epoch, r.epoch)
		}
	}
	over := j.sessions[wr.Session] != nil && j.sessions[wr.Session].session.Over()
	j.committed(p, ch)
	r := j.sessions[wr.Session]
	if r == nil {
		return
	}
	r.owner, r.epoch, r.version = p, wr.Epoch, wr.Version
	r.setApart(ch, overJSON(j, *ch.Session))
	if !over && (r.session.Over() || r.inMiddle()) {
		j.journal(r)
	}
}

// committed takes a change that a process has committed.
func (j *judge) committed(p *proc, ch *call.Change) {
	now := j.w.clock.Now()
	id := ch.Session.ID
	r := j.sessions[id]
	if r == nil {
		f := j.w.version(ch.Session.Version)
		if f == nil {
			j.violated("I12", "session %s runs version %s, which there is not", id, ch.Session.Version)
			return
		}
		r = &record{id: id, flow: f, applied: map[string]bool{}, marks: map[string]bool{}, heeded: map[string]bool{}, decided: map[string]int{}, gone: map[ivr.CallID]time.Time{}}
		r.session = engine.New(id, f, ch.Session.Config)
		r.first, r.num = overJSON(j, r.session), len(j.order)
		r.excuse(p.node.lateUntil)
		j.sessions[id], j.order = r, append(j.order, r)
	}
	r.putBack(ch.Before)
	before := r.session
	j.writes++
	if !j.w.trace.quiet {
		j.w.trace.addf(p.node.String(), "%s commits %s", id, told1(ch))
	}
	if before.Over() && r.changes > 0 && len(ch.Commands) > 0 {
		j.violated("I8", "session %s was over, and decides %v", id, ch.Commands)
	}
	j.follow(r, ch)
	j.timers(p, r, before, ch)
	j.bounds(r, ch)
	j.parks(r, ch)
	r.doubt = r.doubt || slices.ContainsFunc(ch.Session.Ops, func(op engine.Op) bool { return op.Unknown })
	r.session = *ch.Session
	r.changes++
	for _, ev := range ch.Events {
		j.events++
		r.applied[keyOf(ev)] = true
		j.takes(r, ev)
	}
	for _, cmd := range ch.Commands {
		j.decides(r, cmd)
	}
	for _, l := range append(slices.Clone(ch.Session.Others), ch.Session.Leg) {
		if l.Call != "" {
			j.byCall[l.Call] = r
		}
		if _, known := r.gone[l.Call]; l.Gone && !known {
			r.gone[l.Call] = now
		}
	}
	if ch.Session.Over() {
		r.overAt = now
		j.settle(r)
	}
}

// takes takes an event that a session has applied.
func (j *judge) takes(r *record, ev ivr.Event) {
	switch e := ev.(type) {
	case ivr.ActionReturned:
		r.outside = r.outside || e.Outcome == "failed" || e.Code >= 400
	case ivr.Intervened:
		j.heeds(r, e)
	case ivr.CallIncoming:
		if other := j.byCall[e.Call]; other != nil && other != r {
			j.violated("I3", "call %s has two sessions, %s and %s", short(e.Call), other.id, r.id)
		}
		j.byCall[e.Call] = r
	default:
	}
}

func told1(ch *call.Change) string {
	var b strings.Builder
	for _, ev := range ch.Events {
		fmt.Fprintf(&b, "%s; ", keyOf(ev))
	}
	b.WriteString("->")
	for _, cmd := range ch.Commands {
		fmt.Fprintf(&b, " %s", strings.TrimPrefix(fmt.Sprintf("%T", cmd), "ivr."))
	}
	return b.String()
}

// follow replays the change on what was committed before: I6, I4, I12.
func (j *judge) follow(r *record, ch *call.Change) {
	if r.session.Version != ch.Session.Version {
		j.violated("I12", "session %s goes from version %s to %s", r.id, r.session.Version, ch.Session.Version)
	}
	if f := ch.Flow; f != nil && f.Version != ch.Session.Version {
		j.violated("I12", "session %s of version %s is run by version %s", r.id, ch.Session.Version, f.Version)
	}
	if len(ch.Events) == 0 || ch.Parked != nil {
		return
	}
	s := r.session
	if (r.changes+len(r.id))%7 == 0 && !r.jumped { // then times without their other reading differ
		s = overJSON(j, s)
	}
	var cmds []ivr.Command
	before, state := s, s.State
	for _, ev := range ch.Events {
		next, more, _ := engine.Step(r.flow, s, ev)
		s, cmds = next, append(cmds, more...)
	}
	if !same(s, *ch.Session) || !same(cmds, ch.Commands) {
		j.violated("I6", "session %s: a replay of %s gives another session or other commands", r.id, told1(ch))
	}
	for _, cmd := range ch.Commands {
		m, ok := cmd.(ivr.Moved)
		if !ok || m.Flow != "" {
			continue
		}
		if state == flow.StateHandingOver { // outside the machine, and back where the call was, or at its end
			state = before.Outside.State
			if !r.flow.Machine.Can(state, m.Trigger) {
				state = flow.StateHangingUp
			}
		}
		if !r.flow.Machine.Can(state, m.Trigger) {
			j.violated("I4", "session %s moves from %s by %s, which the flow does not know", r.id, state, m.Trigger)
		}
		state = m.State
	}
}

// putBack allows a process to put the timers of a session back that was written under
// a clock ahead of its own: all by as much.
func (r *record) putBack(s *engine.Session) {
	if r.fast == r.slow || len(s.Timers) == 0 || len(s.Timers) != len(r.session.Timers) {
		return
	}
	by := r.session.Timers[0].Due.Sub(s.Timers[0].Due)
	if by < time.Millisecond {
		return
	}
	for i, t := range r.session.Timers {
		if t.Due.Sub(s.Timers[i].Due) != by {
			return
		}
	}
	r.session.Timers, r.jumped = s.Timers, true
}

// bounds: a session that lives waits for something (I2), and is small (I9).
func (j *judge) bounds(r *record, ch *call.Change) {
	s := ch.Session
	if !s.Over() && len(s.Timers) == 0 && len(s.Ops) == 0 {
		j.violated("I2", "session %s lives and waits for nothing, in %s", r.id, s.State)
	}
	if len(s.Ops) > 24 || len(s.Timers) > 48 || s.Steps > 2000 || len(s.Others) > 8 {
		j.violated("I9", "session %s has %d operations, %d timers, %d steps, %d legs", r.id, len(s.Ops), len(s.Timers), s.Steps, len(s.Others))
	}
}

// decides counts what the flow decided, once for each operation.
func (j *judge) decides(r *record, cmd ivr.Command) {
	switch c := cmd.(type) {
	case ivr.Mark:
		r.marks[c.Name] = true
	case ivr.Transfer:
		r.decided["transfer"]++
	case ivr.Redirect:
		r.decided["redirect"]++
	case ivr.CreateCall:
		r.decided["create "+string(c.Leg)]++
	case ivr.HTTPRequest:
		if !c.Safe() {
			r.decided["request"]++
		}
	case ivr.SendTones:
		r.decided["tones"]++
	case ivr.Invite:
		r.decided["invite"]++
	case ivr.RouteAudio:
		if c.Group == "" {
			r.decided["audioRoutingGroups"]++
		}
	case ivr.AddGallery:
		r.decided["addLargeGalleryView"]++
	case ivr.Hold:
		if !c.Off {
			r.decided["startHoldMusic"]++
		}
	case ivr.RunAction:
		j.actions[c.Name]++
	case ivr.Answer, ivr.Reject, ivr.SubscribeToTone, ivr.PlayPrompt, ivr.RecordResponse, ivr.CancelMedia, ivr.Mute, ivr.TellRecording, ivr.HangUp,
		ivr.KeepAlive, ivr.ReadCall, ivr.FetchRecording, ivr.JoinRecordings, ivr.CountUp, ivr.CancelAction, ivr.StartTimer,
		ivr.StopTimer, ivr.Moved, ivr.Finish: // a repeat does no harm, or nothing is done
	}
}

// captured keeps some callbacks for those who forge them.
func (j *judge) captured(l letter) {
	if len(j.letters) < 64 {
		j.letters = append(j.letters, l)
	}
}

// event takes what happens at Graph.
func (j *judge) event(e graphsim.Event) {
	switch e := e.(type) {
	case graphsim.CallbackFailed:
		j.keysLost = j.keysLost || strings.Contains(string(e.Body), "toneInfo")
	case graphsim.ToneSent:
		j.keysLate = j.keysLate || e.Held
	case graphsim.ToneLost:
		j.keysLost = true
	case graphsim.Ended:
		j.away[e.Call] = true
		j.forgotten(e)
		j.w.trace.addf("graph", "%s has ended, by %s", short(e.Call), e.By)
	case graphsim.Transferred:
		j.w.trace.addf("graph", "%s was taken", short(e.Call))
	default:
	}
}
