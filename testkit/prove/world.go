package prove

import (
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// world is what a call comes into: the flow with the schedules as they are, and
// what may happen to the call.
type world struct {
	root  *flow.Flow
	facts *facts
	start *start
}

// promptSlack is what the engine waits for a prompt's end beyond its length, so
// that a prompt's deadline tells its length.
const promptSlack = 10 * time.Second

// thinks is how long a caller takes to press a key. Keys that belong to what is
// over, such as the key that stopped a recording, have been swallowed by then.
const thinks = 1500 * time.Millisecond

// choices are all that may happen next in a call, in an order that only the
// state's key decides.
func (w *world) choices(st *state) []choice {
	s := &st.session
	if s.Over() {
		return nil
	}
	if s.State == flow.StateIdle {
		return w.items(st, []choice{w.start.rings()})
	}
	m := &menu{w: w, s: s, now: st.now}
	m.step, m.phase = w.root.StepAt(s.Running, s.State)
	for i := range s.Ops {
		first := len(m.all)
		m.operation(&s.Ops[i])
		m.patience(&s.Ops[i], first)
	}
	m.callees()
	m.people()
	if w.attended(s) {
		m.keys()
	}
	m.time()
	m.ends()
	m.all = w.items(st, m.all)
	for i := range m.all {
		m.all[i].index = i
	}
	return m.all
}

// menu gathers choices.
type menu struct {
	w     *world
	s     *engine.Session
	now   time.Time
	step  *flow.Step // nil in a state that belongs to none
	phase flow.Phase
	all   []choice
}

// add adds what happens after a time. make brings the events, given what all of
// them carry.
func (m *menu) add(a Act, events ...func(ivr.Head) ivr.Event) *choice {
	c := choice{Act: a}
	head := ivr.Head{At: m.now.Add(a.After)}
	for _, ev := range events {
		c.events = append(c.events, ev(head))
	}
	m.all = append(m.all, c)
	return &m.all[len(m.all)-1]
}

func completed(op ivr.OpID) func(ivr.Head) ivr.Event {
	return func(h ivr.Head) ivr.Event { return ivr.OperationCompleted{Head: h, Op: op} }
}

func refused(op ivr.OpID, reason ivr.Reason) func(ivr.Head) ivr.Event {
	return func(h ivr.Head) ivr.Event {
		return ivr.OperationFailed{Head: h, Op: op, Result: ivr.Result{Code: 500, Reason: reason}}
	}
}

func ended(leg ivr.LegID, reason ivr.Reason) func(ivr.Head) ivr.Event {
	return func(h ivr.Head) ivr.Event {
		h.Leg = leg
		return ivr.CallTerminated{Head: h, Result: ivr.Result{Reason: reason}}
	}
}

func expired(t *engine.Timer) func(ivr.Head) ivr.Event {
	return func(h ivr.Head) ivr.Event { return ivr.TimerExpired{Head: h, Timer: t.ID} }
}

// operation adds what may come of an operation.
func (m *menu) operation(op *engine.Op) {
	id, kind := op.ID, string(op.Kind)
	if op.Leg != "" || over(op, m.phase) {
		return // see callees
	}
	switch kind {
	case opAnswer:
		m.add(Act{Kind: Ends, What: kind}, func(h ivr.Head) ivr.Event {
			return ivr.CallChanged{Head: h, State: ivr.StateEstablished, Audio: ivr.AudioActive}
		})
		m.fails(id, kind, ivr.ReasonService)
	case opPlay:
		if id == m.s.Media.Op && m.s.Media.Music {
			return // it goes round until it is stopped
		}
		m.add(Act{Kind: Ends, What: kind, After: m.length(id)}, completed(id))
		m.fails(id, kind, ivr.ReasonMedia)
	case opMeet:
		m.conferring(id)
	case opSend, opMute:
		m.add(Act{Kind: Ends, What: kind}, completed(id))
		m.fails(id, kind, ivr.ReasonService)
	case opRecord:
		m.recording(id)
	case opFetch, opJoin:
		m.fetching(id, kind)
	case opTransfer:
		m.add(Act{Kind: Ends, What: kind}, ended(m.s.Leg.ID, ivr.ReasonTransferred))
		m.fails(id, kind, ivr.ReasonService)
	case opRedirect:
		m.add(Act{Kind: Ends, What: kind}, func(h ivr.Head) ivr.Event { return ivr.OperationAccepted{Head: h, Op: id} })
		m.fails(id, kind, ivr.ReasonService)
	case opAction:
		m.returns(id)
	}
}

// patience notes how long what may come of an operation takes at most. A prompt
// takes its length.
func (m *menu) patience(op *engine.Op, first int) {
	due, ok := m.s.Deadline(op.ID)
	late := due.Sub(m.now)
	switch op.Kind {
	case opPlay:
		return
	case opTransfer:
		late = transferLast
	}
	for i := range m.all[first:] {
		if c := &m.all[first+i]; ok {
			c.late = late
		}
	}
}

// transferLast is how long a transfer is waited for.
const transferLast = 150 * time.Second

// over reports an operation whose end nobody waits for any more: a recording is
// fetched of a step that was left.
func over(op *engine.Op, phase flow.Phase) bool {
	return (op.Kind == opFetch || op.Kind == opJoin) && phase != flow.PhaseSaving
}

// fails adds an operation's failure, once for each reason that the flow can tell
// apart.
func (m *menu) fails(id ivr.OpID, kind string, reason ivr.Reason) {
	m.add(Act{Kind: Fails, What: kind}, refused(id, reason))
	if m.w.facts.reasons {
		m.add(Act{Kind: Fails, What: kind, Outcome: string(ivr.ReasonTimedOut)}, refused(id, ivr.ReasonTimedOut))
	}
}

// length is how long what plays goes on.
func (m *menu) length(op ivr.OpID) time.Duration {
	due, ok := m.s.Deadline(op)
	if !ok {
		return 0
	}
	return max(due.Sub(m.now)-promptSlack, 0)
}

// recording adds the ends of a recording. One in stretches goes on after each of
// them that is full.
func (m *menu) recording(id ivr.OpID) {
	spec, ok := m.step.Spec.(*flow.Record)
	if !ok || id != m.s.Record.Op {
		return // the stretch behind the one that runs begins when that ends
	}
	m.add(Act{Kind: Speaks, What: opRecord, After: recordingLong}, recorded(id, ivr.RecordMaxSilence))
	m.add(Act{Kind: Silent, What: opRecord, After: spec.InitialSilence}, recorded(id, ivr.RecordInitialSilence))
	m.fails(id, opRecord, ivr.ReasonMedia)
	if m.s.Record.Queued == 0 {
		return
	}
	after := max(stretchEnd(m.s, spec).Sub(m.now), 0)
	full := func(then Kind) *choice {
		c := m.add(Act{Kind: Speaks, What: opRecord, Outcome: string(then), After: after}, recorded(id, ivr.RecordMaxDuration))
		c.fetch = then
		return c
	}
	full(Saved)
	full(Fails)
	if m.s.Record.Planned < spec.Max {
		c := full(Saved)
		c.Outcome, c.full = onAndOn, true
	}
}

// onAndOn is the outcome of speaking until a recording is as long as it may be.
const onAndOn = "on and on"

func (m *menu) fetching(id ivr.OpID, kind string) {
	saved := func(long time.Duration) func(ivr.Head) ivr.Event {
		return func(h ivr.Head) ivr.Event {
			return ivr.RecordingSaved{Head: h, Op: id, ID: recordingID, Length: ivr.Duration(long)}
		}
	}
	m.add(Act{Kind: Saved, What: kind}, saved(recordingLong))
	if kind == opFetch && len(m.s.Record.Chunks) == 1 {
		m.add(Act{Kind: Saved, What: kind, Short: true}, saved(recordingShort))
	}
	m.fails(id, kind, ivr.ReasonMedia)
}

// time adds the timer that runs out next, and those that span more than what the
// call waits for now: they may run out at any moment.
func (m *menu) time() {
	if t := timer(m.s); t != nil {
		c := m.add(Act{Kind: Waits, What: string(t.Why), After: max(t.Due.Sub(m.now), 0)}, expired(t))
		if m.phase == flow.PhaseJoining {
			c.late = m.left(whyRing)
		}
	}
	if m.phase == flow.PhaseTransferring {
		return // a transfer is left to its own deadlines
	}
	for _, why := range [...]engine.Why{whyMaxWait, whyEvery} {
		if t := armed(m.s, why); t != nil && (why == whyMaxWait || !m.s.Consult.Said && !m.s.Consult.Say) {
			m.add(Act{Kind: Waits, What: string(why)}, expired(t))
		}
	}
	if t := armed(m.s, whySection); t != nil {
		m.add(Act{Kind: Limit, What: "handler"}, expired(t))
	}
	if t := armed(m.s, whyCallLimit); t != nil && !m.w.closing(m.s) {
		m.add(Act{Kind: Limit, What: "call"}, expired(t))
	}
}

// ends adds that the call ends from outside.
func (m *menu) ends() {
	leg := &m.s.Leg
	if m.s.State == flow.StateIdle || leg.Gone || leg.Call == "" {
		return
	}
	hangs := Act{Kind: HangsUp}
	if m.s.Meeting != nil {
		hangs.What = opMeet
	}
	m.add(hangs, ended(leg.ID, ivr.ReasonHungUp))
	if m.w.facts.endings {
		m.add(Act{Kind: GivenUp}, ended(leg.ID, ivr.ReasonService))
	}
}

// callees adds what becomes of those whom the flow calls, and of what is done on
// their calls.
func (m *menu) callees() {
	leg := m.consulted()
	if leg == nil {
		return
	}
	switch m.phase {
	case flow.PhaseTransferring: // the platform ends it
		return
	case flow.PhaseJoining:
		m.enter(leg)
		return
	default:
	}
	if i := slices.IndexFunc(m.s.Ops, func(op engine.Op) bool { return op.Leg == leg.ID && op.Kind == opCreate }); i >= 0 {
		m.rings(leg.ID, m.s.Ops[i].ID)
		return
	}
	how := flow.ConsultOf(m.step.Spec)
	if how == nil {
		return
	}
	if id := m.s.Consult.Announce; id != 0 {
		m.add(Act{Kind: Ends, What: opPlay, After: m.length(id)}, completed(id))
	}
	first := len(m.all)
	if how.Accept != 0 && (m.phase == flow.PhaseAnnouncing || m.phase == flow.PhaseAccepting) {
		m.add(Act{Kind: Takes, After: time.Second}, func(h ivr.Head) ivr.Event {
			h.Leg = leg.ID
			return ivr.ToneReceived{Head: h, Key: how.Accept}
		})
	}
	m.add(Act{Kind: Refuses, Outcome: "declined"}, ended(leg.ID, ivr.ReasonHungUp))
	m.upTo(first, whyAccept)
}

// consulted is the leg of whom the step calls, nil if it calls nobody.
func (m *menu) consulted() *engine.Leg {
	if m.step == nil || m.s.Consult.Leg == "" {
		return nil
	}
	for i := range m.s.Others {
		if l := &m.s.Others[i]; l.ID == m.s.Consult.Leg && !l.Leaving {
			return l
		}
	}
	return nil
}

// upTo notes that what has been added since may be as late as a timer lets it.
func (m *menu) upTo(first int, why engine.Why) {
	for i := range m.all[first:] {
		m.all[first+i].late = max(m.all[first+i].late, m.left(why))
	}
}

// rings adds what may come of calling somebody, who may let it ring as long as the step
// lets him.
func (m *menu) rings(leg ivr.LegID, op ivr.OpID) {
	first := len(m.all)
	created := func(h ivr.Head) ivr.Event {
		h.Leg = leg
		return ivr.CallCreated{Head: h, Op: op, Call: ivr.CallID("call-" + leg)}
	}
	m.add(Act{Kind: Answers, After: 3 * time.Second}, created, func(h ivr.Head) ivr.Event {
		h.Leg = leg
		return ivr.CallChanged{Head: h, State: ivr.StateEstablished, Audio: ivr.AudioActive}
	})
	m.add(Act{Kind: Refuses, Outcome: "busy"}, created, ended(leg, ivr.ReasonBusy))
	if _, hunt := m.step.Spec.(*flow.Hunt); !hunt { // of which the next member is called, however it went
		m.add(Act{Kind: Refuses, Outcome: "declined"}, created, ended(leg, ivr.ReasonDeclined))
		m.add(Act{Kind: Refuses, Outcome: "no_answer", After: 20 * time.Second}, created, ended(leg, ivr.ReasonNoAnswer))
		m.add(Act{Kind: Refuses, Outcome: failed}, refused(op, ivr.ReasonNotAllowed))
	}
	m.upTo(first, whyRing)
}

// gone reports whether there is no call any more, or none that the caller is on.
func (w *world) gone(s *engine.Session) bool {
	return s.Over() || s.State == flow.StateHangingUp || s.Leg.Gone && !(s.Outgoing && s.Leg.Call == "") || w.closing(s)
}
