package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Step applies one event to a session. It returns the new session and the
// commands that follow, in the order in which they are to be sent; s itself is
// not changed. Events of a session must be applied one after another.
//
// An error is a fault of the flow at run time (an expression that failed), or
// of this package; it names the state and the place in the flow's file. The
// returned session and commands are valid all the same: they take the caller
// to on_error, or end the call.
func Step(f *flow.Flow, s Session, ev ivr.Event) (Session, []ivr.Command, error) {
	cmds, err := Apply(f, &s, ev)
	return s, cmds, err
}

// Apply is [Step] for a session that is not needed any more as it was: *s becomes
// the new one, once there is one. After a panic it is as it was. A session is
// large, and this copies it less often.
func Apply(f *flow.Flow, s *Session, ev ivr.Event) ([]ivr.Command, error) {
	if s.Over() {
		return nil, nil
	}
	if s.Version != f.Version {
		return nil, fmt.Errorf("session %s runs version %.12s of flow %q, not %.12s", s.ID, s.Version, s.Flow, f.Version)
	}
	r := &run{root: f, f: f.Member(s.Running), s: *s, now: ev.When()}
	r.s.clip()
	r.handle(ev)
	r.advance()
	*s = r.s
	return r.cmds, errors.Join(r.errs...)
}

// Fail takes a session to on_error because applying an event to it went wrong
// beyond what Step could handle. It is how a shell recovers from a panic.
func Fail(f *flow.Flow, s Session, at time.Time, cause error) (Session, []ivr.Command) {
	if s.Over() {
		return s, nil
	}
	r := &run{root: f, f: f.Member(s.Running), s: s, now: at}
	r.s.clip()
	r.note("event parked: %v", cause)
	if r.s.Media.Cancelled && !r.waitsFor(whyGate) { // it was the gate's timer that was parked
		r.dropMedia()
	}
	r.fault(nil, cause)
	r.advance()
	return r.s, r.cmds
}

// run is one application of Step.
type run struct {
	root *flow.Flow // the flow that took the call
	f    *flow.Flow // the flow that runs: root, or one that was called
	s    Session
	now  time.Time
	cmds []ivr.Command
	errs []error

	entered bool // the machine moved, the new state is to be entered
	again   bool // the state is entered for another try, its counts kept
	repeats bool // ... because a handler said repeat, which counts as a step
	silent  int  // steps entered since the event or the last key: none of them waited
	ownVars bool // s.Vars is our own copy
	ownCnts bool // s.Counts is our own copy

	ownsOps    bool // s.Ops is our own copy
	ownsTimers bool // s.Timers is our own copy

	placeOf string // the state that step and phase belong to
	step    *flow.Step
	phase   flow.Phase
}

// clip keeps what the lists of the old session hold from being written by an
// append or an insertion. Whoever writes in place copies first: ownOps and
// ownTimers, and the maps when they are first written. What is seldom there is
// copied at once.
func (s *Session) clip() {
	s.Ops, s.Timers = slices.Clip(s.Ops), slices.Clip(s.Timers)
	s.Input.Keys = slices.Clip(s.Input.Keys)
	s.Tones.Seen, s.Tones.Ahead = slices.Clip(s.Tones.Seen), slices.Clip(s.Tones.Ahead)
	s.Tones.Held = slices.Clone(s.Tones.Held)
	s.Record.Chunks = slices.Clone(s.Record.Chunks)
	s.Signals = slices.Clone(s.Signals)
	s.Parked = slices.Clone(s.Parked)
	s.Frames = slices.Clip(s.Frames)
	s.Others = slices.Clone(s.Others)
	s.Meeting = s.Meeting.clone()
}

// Room for what one event starts, so that a list that is copied seldom grows.
const (
	roomForOps    = 1
	roomForTimers = 4
)

func (r *run) ownOps() {
	if !r.ownsOps {
		r.s.Ops, r.ownsOps = append(make([]Op, 0, len(r.s.Ops)+roomForOps), r.s.Ops...), true
	}
}

func (r *run) ownTimers() {
	if !r.ownsTimers {
		r.s.Timers, r.ownsTimers = append(make([]Timer, 0, len(r.s.Timers)+roomForTimers), r.s.Timers...), true
	}
}

func (r *run) handle(ev ivr.Event) {
	if e, ok := ev.(ivr.CallIncoming); ok {
		r.incoming(e)
		return
	}
	if e, ok := ev.(ivr.CallWanted); ok {
		r.wanted(e)
		return
	}
	if r.s.State == flow.StateIdle {
		return // nothing can happen to a call that has not come in
	}
	switch e := ev.(type) {
	case ivr.CallIncoming, ivr.CallWanted: // handled above
	case ivr.CallCreated:
		r.created(e)
	case ivr.CallChanged:
		if !r.s.Main(e.Leg) {
			r.legChanged(e)
			return
		}
		r.changed(e)
	case ivr.CallTerminated:
		if !r.s.Main(e.Leg) {
			r.legTerminated(e.Leg, e.Result)
			return
		}
		r.terminated(e.Result)
	case ivr.ToneReceived:
		if !r.s.Main(e.Leg) {
			r.consultKey(e.Leg, Tone{Key: e.Key, Seq: e.Seq})
			return
		}
		r.tone(Tone{Key: e.Key, Seq: e.Seq})
	case ivr.OperationAccepted:
		r.accepted(e)
	case ivr.OperationCompleted:
		r.completed(e)
	case ivr.OperationFailed:
		r.failed(e)
	case ivr.OperationUnknown:
		r.unknown(e)
	case ivr.CallRead:
		r.callRead(e)
	case ivr.RosterChanged:
		r.roster(e)
	case ivr.ActionReturned:
		r.actionReturned(e)
	case ivr.Counted:
		r.counted(e)
	case ivr.RecordingSaved:
		r.recordingSaved(e)
	case ivr.Signalled:
		r.signalled(e)
	case ivr.Intervened:
		r.intervened(e)
	case ivr.TimerExpired:
		r.expired(e.Timer)
	}
}

// incoming starts the flow. A repeated incoming event changes nothing.
func (r *run) incoming(e ivr.CallIncoming) {
	if r.s.State != flow.StateIdle {
		return
	}
	s := &r.s
	s.Caller, s.Called, s.Tenant, s.ChainID, s.Scenario = e.Caller, e.Called, e.Tenant, e.ChainID, e.Scenario
	s.Started = r.now
	s.Leg.Call, s.Leg.State = e.Call, ivr.StateIncoming
	s.Vars, r.ownVars = defaults(r.f), true
	r.start(whyAnswerBy, answerBy, 0)
	r.fire(flow.TriggerStart)
}

// defaults are the variables with which a flow begins.
func defaults(f *flow.Flow) map[string]any {
	vars := map[string]any{}
	for _, v := range f.Vars {
		if v.Default != nil {
			vars[v.Name] = v.Default
		}
	}
	return vars
}

func (r *run) emit(c ivr.Command) {
	if r.cmds == nil {
		r.cmds = make([]ivr.Command, 0, 8) // most events bring fewer
	}
	r.cmds = append(r.cmds, c)
}

func (r *run) setVar(name string, v any) {
	if !r.ownVars {
		r.s.Vars, r.ownVars = maps.Clone(r.s.Vars), true
	}
	if v == nil {
		delete(r.s.Vars, name)
		return
	}
	if r.s.Vars == nil {
		r.s.Vars = map[string]any{}
	}
	r.s.Vars[name] = v
}

// count adds one to a counter, of a counted handler or of a step's failed
// tries, and returns the new count.
func (r *run) count(counter string) int {
	r.ownCounts()
	if r.s.Counts == nil {
		r.s.Counts = map[string]int{}
	}
	r.s.Counts[counter]++
	return r.s.Counts[counter]
}

// uncount begins a counter anew.
func (r *run) uncount(counter string) {
	if _, ok := r.s.Counts[counter]; ok {
		r.ownCounts()
		delete(r.s.Counts, counter)
	}
}

func (r *run) ownCounts() {
	if !r.ownCnts {
		r.s.Counts, r.ownCnts = maps.Clone(r.s.Counts), true
	}
}

// note writes a line of the engine's own into the call's record.
func (r *run) note(format string, args ...any) {
	r.emit(ivr.Mark{Kind: "log", Name: "engine", Text: r.mask(fmt.Sprintf(format, args...))})
}
