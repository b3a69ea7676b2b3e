package prove

import (
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// state is a call between two acts.
type state struct {
	session engine.Session
	now     time.Time
}

// turn is one act: from where, where to, and what came of it.
type turn struct {
	from, to *state
	c        *choice
	tr       *trace
	ahead    bool // keys are typed ahead in the call
}

// turnOf takes an act.
func turnOf(f *flow.Flow, from *state, c *choice) turn {
	to, tr := step(f, *from, c)
	return turn{from: from, to: &to, c: c, tr: &tr}
}

// trace is what came of one act.
type trace struct {
	events []ivr.Event
	cmds   []ivr.Command
	after  []int // how many commands there are after each event
	errs   []error
}

// step applies an act, and then what the platform does at once. The state that
// is given is not changed.
func step(f *flow.Flow, from state, c *choice) (state, trace) {
	to := state{session: from.session, now: c.at(from.now)}
	tr := trace{cmds: make([]ivr.Command, 0, 16)}
	var list any
	if c.row != nil {
		f, list = c.row.swap(f, &to, c)
	}
	for _, ev := range c.events {
		tr.apply(f, &to.session, ev)
	}
	done := tr.settle(f, &to, 0, c)
	for c.full {
		ev, at := nextStretch(f, &to)
		if ev == nil {
			break
		}
		to.now = at
		tr.apply(f, &to.session, ev)
		done = tr.settle(f, &to, done, c)
	}
	if list != nil {
		c.row.put(&to, list)
	}
	return to, tr
}

// settle applies what the platform answers at once. done is how many commands have
// been answered before.
func (tr *trace) settle(f *flow.Flow, to *state, done int, c *choice) int {
	for done < len(tr.cmds) || orphan(&to.session) != nil {
		if done == len(tr.cmds) {
			leg := orphan(&to.session)
			tr.apply(f, &to.session, ivr.CallCreated{Head: ivr.Head{At: to.now, Leg: leg.ID}, Call: ivr.CallID("call-" + leg.ID)})
			continue
		}
		cmd := tr.cmds[done]
		done++
		for _, ev := range atOnce(&to.session, cmd, to.now, c) {
			tr.apply(f, &to.session, ev)
		}
	}
	return done
}

// nextStretch is what lets a recording in stretches go on; nil if it is at its
// last.
func nextStretch(f *flow.Flow, st *state) (ev ivr.Event, at time.Time) {
	s := &st.session
	step, phase := f.StepAt(s.Running, s.State)
	if phase != flow.PhaseRecording {
		return nil, at
	}
	if s.Record.Queued != 0 {
		at = stretchEnd(s, step.Spec.(*flow.Record))
		return recorded(s.Record.Op, ivr.RecordMaxDuration)(ivr.Head{At: at}), at
	}
	t := armed(s, whyChunk)
	if t == nil {
		return nil, at
	}
	return ivr.TimerExpired{Head: ivr.Head{At: t.Due}, Timer: t.ID}, t.Due
}

// stretchEnd is when the stretch that is being recorded is full, if another one
// is queued behind it.
func stretchEnd(s *engine.Session, spec *flow.Record) time.Time {
	return s.Record.Begun.Add((s.Record.Planned - 1).Truncate(spec.Every))
}

func recorded(id ivr.OpID, why ivr.RecordEnd) func(ivr.Head) ivr.Event {
	return func(h ivr.Head) ivr.Event {
		ref := &ivr.RecordingRef{Location: "https://recordings.invalid/1", Token: ivr.NewSecret("token"), Why: why}
		return ivr.OperationCompleted{Head: h, Op: id, Recording: ref}
	}
}

func (tr *trace) apply(f *flow.Flow, s *engine.Session, ev ivr.Event) {
	cmds, err := engine.Apply(f, s, ev)
	tr.events = append(tr.events, ev)
	tr.cmds = append(tr.cmds, cmds...)
	tr.after = append(tr.after, len(tr.cmds))
	if err != nil {
		tr.errs = append(tr.errs, err)
	}
}

// orphan is a further leg that nobody wants any more before its call is known;
// nil if there is none.
func orphan(s *engine.Session) *engine.Leg {
	if s.Over() {
		return nil
	}
	for i := range s.Others {
		if l := &s.Others[i]; l.Leaving && l.Call == "" {
			return l
		}
	}
	return nil
}

// atOnce is what the platform answers at once. The package's comment says why
// nothing is lost by that.
func atOnce(s *engine.Session, cmd ivr.Command, now time.Time, c *choice) []ivr.Event {
	head := ivr.Head{At: now}
	done := func(op ivr.OpID) ivr.Event { return ivr.OperationCompleted{Head: head, Op: op} }
	switch cmd := cmd.(type) {
	case ivr.SubscribeToTone:
		return []ivr.Event{done(cmd.Op)}
	case ivr.KeepAlive:
		return []ivr.Event{done(cmd.Op)}
	case ivr.Reject:
		return []ivr.Event{done(cmd.Op)}
	case ivr.CancelMedia:
		return cancelled(s, cmd, head)
	case ivr.CountUp:
		return []ivr.Event{ivr.Counted{Head: head, Op: cmd.Op, N: 1}}
	case ivr.HangUp:
		head.Leg = cmd.Leg
		return []ivr.Event{ivr.CallTerminated{Head: head}}
	case ivr.FetchRecording:
		switch c.fetch {
		case Saved:
			return []ivr.Event{ivr.RecordingSaved{Head: head, Op: cmd.Op, ID: recordingID, Length: ivr.Duration(recordingLong)}}
		case Fails:
			return []ivr.Event{ivr.OperationFailed{Head: head, Op: cmd.Op, Result: ivr.Result{Code: 500, Reason: ivr.ReasonMedia}}}
		default:
		}
	default:
	}
	return nil
}

// cancelled is the platform's word about a cancel, and what it stopped.
func cancelled(s *engine.Session, cmd ivr.CancelMedia, head ivr.Head) []ivr.Event {
	events := []ivr.Event{ivr.OperationCompleted{Head: head, Op: cmd.Op}}
	if !s.Main(cmd.Leg) {
		return events
	}
	for _, op := range []ivr.OpID{s.Media.Op, s.Record.Op, s.Record.Queued} {
		if op != 0 {
			events = append(events, ivr.OperationFailed{Head: head, Op: op, Result: ivr.Result{Code: 400, Subcode: 8508, Reason: ivr.ReasonCancelled}})
		}
	}
	return events
}

const (
	recordingID    = "recording"
	recordingLong  = 5 * time.Second
	recordingShort = 500 * time.Millisecond
)

// closing reports whether the call is over and only what follows runs.
func (w *world) closing(s *engine.Session) bool {
	section := w.section(s)
	return section == flow.InOnHangup || section == flow.InOnEnd
}

// section is the part of the flow in which the session is: the first that is no
// state, of the flows that wait and the one that runs.
func (w *world) section(s *engine.Session) flow.Section {
	for i := range s.Frames {
		if step, _ := w.root.StepAt(s.Frames[i].Flow, s.Frames[i].State); step != nil && step.Section != flow.InState {
			return step.Section
		}
	}
	if step, _ := w.root.StepAt(s.Running, s.State); step != nil {
		return step.Section
	}
	return flow.InState
}

// armed is the timer of a kind, nil if there is none.
func armed(s *engine.Session, why engine.Why) *engine.Timer {
	if i := slices.IndexFunc(s.Timers, func(t engine.Timer) bool { return t.Why == why }); i >= 0 {
		return &s.Timers[i]
	}
	return nil
}
