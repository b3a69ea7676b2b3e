package engine_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// watch applies events to a session and checks what must hold after each of
// them, whatever they are.
type watch struct {
	t        *testing.T
	f        *flow.Flow
	s        engine.Session
	now      time.Time
	finished int

	media     map[ivr.OpID]bool // prompts and recordings without a report
	cancelled map[ivr.OpID]bool // those of them that a cancel was sent for ...
	at        time.Time         // ... at this time

	legs  map[ivr.LegID]*legBook // all that there were, but the one of an incoming call
	ended bool                   // the session's own call was hung up or rejected
}

// legBook is what the platform knows of a further leg.
type legBook struct {
	call bool // it made the call
	over bool // the call is over, will be, or was never made
}

func newWatch(t *testing.T, f *flow.Flow) *watch {
	return &watch{t: t, f: f, now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), s: engine.New("s", f, nil),
		media: map[ivr.OpID]bool{}, legs: map[ivr.LegID]*legBook{}}
}

// trouble is what may happen to a session from outside.
func (w *watch) trouble(which byte) {
	w.t.Helper()
	switch which % 16 {
	case 0:
		w.apply("Stop", func(s engine.Session) (engine.Session, []ivr.Command) { return engine.Stop(w.f, s, w.now) })
	case 1, 2:
		w.apply("Fail", func(s engine.Session) (engine.Session, []ivr.Command) {
			return engine.Fail(w.f, s, w.now, errors.New("trouble"))
		})
	}
}

// apply is step for what is no event.
func (w *watch) apply(what string, do func(engine.Session) (engine.Session, []ivr.Command)) {
	w.t.Helper()
	before := w.json(w.s)
	next, cmds := do(w.s)
	if after := w.json(w.s); !bytes.Equal(before, after) {
		w.t.Fatalf("%s changed the session it was given:\n%s\n%s", what, before, after)
	}
	w.commands(what, next, cmds)
}

func (w *watch) commands(ev any, next engine.Session, cmds []ivr.Command) {
	w.t.Helper()
	for i, c := range cmds {
		w.command(ev, c, next, i == len(cmds)-1)
	}
	w.bounded(ev, next, cmds)
	w.s = next
}

func (w *watch) step(ev ivr.Event) {
	w.t.Helper()
	before := w.json(w.s)
	next, cmds, err := engine.Step(w.f, w.s, ev)
	if err != nil && !strings.Contains(err.Error(), "which it does not declare") {
		w.t.Fatalf("%T: a flow without a finding failed: %v", ev, err)
	}
	if after := w.json(w.s); !bytes.Equal(before, after) {
		w.t.Fatalf("%T changed the session it was given:\n%s\n%s", ev, before, after)
	}
	w.repeatable(before, ev, next, cmds)
	w.reported(ev)
	w.told(ev)
	w.commands(ev, next, cmds)
}

// told notes what the platform said of a further leg.
func (w *watch) told(ev ivr.Event) {
	leg, call, over := ivr.LegID(""), false, false
	switch e := ev.(type) {
	case ivr.CallCreated:
		leg, call = e.Leg, true
	case ivr.CallChanged:
		leg, call = e.Leg, e.Call != ""
	case ivr.CallTerminated:
		leg, over = e.Leg, true
	case ivr.OperationFailed:
		for _, op := range w.s.Ops {
			if op.ID == e.Op && op.Kind == "create_call" {
				leg, over = op.Leg, true
			}
		}
	}
	if l := w.legs[leg]; l != nil {
		l.call, l.over = l.call || call, l.over || over
	}
}

// lost are the legs whose calls nobody ends.
func (w *watch) lost(next engine.Session) []ivr.LegID {
	var legs []ivr.LegID
	for id, l := range w.legs {
		if l.call && !l.over && (id != next.Leg.ID || !next.Leg.Gone) {
			legs = append(legs, id)
		}
	}
	if l := next.Leg; l.ID == ivr.CallerLeg && !l.Gone && !w.ended && next.EndedBy != ivr.EndedByRedirect && l.Call != "" {
		legs = append(legs, l.ID)
	}
	return legs
}

func (w *watch) json(s engine.Session) []byte {
	w.t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// normal is a session without the difference between empty and nil lists.
func (w *watch) normal(s engine.Session) []byte {
	w.t.Helper()
	var back engine.Session
	if err := json.Unmarshal(w.json(s), &back); err != nil {
		w.t.Fatal(err)
	}
	return w.json(back)
}

// repeatable: the same input gives the same output, also after the session
// went through JSON.
func (w *watch) repeatable(before []byte, ev ivr.Event, next engine.Session, cmds []ivr.Command) {
	w.t.Helper()
	var stored engine.Session
	if err := json.Unmarshal(before, &stored); err != nil {
		w.t.Fatalf("session from JSON: %v\n%s", err, before)
	}
	for name, s := range map[string]engine.Session{"again": w.s, "from JSON": stored} {
		other, otherCmds, _ := engine.Step(w.f, s, ev)
		got, want := w.json(other), w.json(next)
		if !bytes.Equal(got, want) {
			got, want = w.normal(other), w.normal(next)
		}
		if !bytes.Equal(got, want) {
			w.t.Fatalf("%T %s gives another session:\n%s\n%s", ev, name, got, want)
		}
		if !reflect.DeepEqual(otherCmds, cmds) {
			w.t.Fatalf("%T %s gives other commands:\n%v\n%v", ev, name, otherCmds, cmds)
		}
	}
}

// reported notes that the platform said how a prompt or recording ended.
func (w *watch) reported(ev ivr.Event) {
	op, remote := ivr.OpID(0), ""
	switch e := ev.(type) {
	case ivr.OperationCompleted:
		op, remote = e.Op, e.Remote
	case ivr.OperationFailed:
		op, remote = e.Op, e.Remote
	case ivr.OperationAccepted: // its end may have come before
		if !slices.ContainsFunc(w.s.Parked, func(p engine.Parked) bool { return p.Remote == e.Remote }) {
			return
		}
		op = e.Op
	default:
		return
	}
	for _, o := range w.s.Ops {
		if op == 0 && o.Remote == remote {
			op = o.ID
		}
	}
	delete(w.media, op)
	delete(w.cancelled, op)
}

// command checks one command in the light of those before it.
func (w *watch) command(ev any, c ivr.Command, next engine.Session, last bool) {
	w.t.Helper()
	if w.finished > 0 {
		w.t.Fatalf("%T after the end brought %T", ev, c)
	}
	switch c := c.(type) {
	case ivr.Finish:
		w.finished++
		if !last || !next.Over() || next.EndedBy == "" {
			w.t.Fatalf("%T: Finish is not the last command, or the session is not over, or nobody ended it: %+v", ev, next)
		}
		if lost := w.lost(next); len(lost) > 0 {
			w.t.Fatalf("%T: it is over, and nobody ends the calls of %v: %+v", ev, lost, next)
		}
	case ivr.CreateCall:
		w.legs[c.Leg] = &legBook{}
	case ivr.HangUp:
		w.ends(c.Leg)
	case ivr.Reject:
		w.ends(c.Leg)
	case ivr.Transfer:
		if c.Replaces != "" {
			w.ends(w.s.Consult.Leg)
		}
	case ivr.CancelMedia:
		if c.Leg != next.Leg.ID {
			break
		}
		w.cancelled, w.at = map[ivr.OpID]bool{}, w.now
		for op := range w.media {
			if w.s.Wants(op) || next.Wants(op) { // else it was given up before
				w.cancelled[op] = true
			}
		}
	case ivr.PlayPrompt:
		if c.Leg == next.Leg.ID {
			w.starts(ev, c.Op)
		} else if next.Outgoing && next.Leg.Call == "" { // it may become the session's
			w.media[c.Op] = true
		}
	case ivr.RecordResponse:
		w.starts(ev, c.Op)
	}
	switch waits := w.s.Outgoing && w.s.Leg.Call == ""; {
	case waits && ofLeg(c) == ivr.CallerLeg, !waits && w.s.Leg.Gone && !w.afterTheCall(c):
		w.t.Fatalf("%T without a call brought %T", ev, c)
	}
}

// ends notes that a leg's call is ended.
func (w *watch) ends(leg ivr.LegID) {
	w.ended = w.ended || leg == ivr.CallerLeg
	if l := w.legs[leg]; l != nil {
		l.over = true
	}
}

// ofLeg is the leg on which a command plays, records or ends something.
func ofLeg(c ivr.Command) ivr.LegID {
	switch c := c.(type) {
	case ivr.PlayPrompt:
		return c.Leg
	case ivr.RecordResponse:
		return c.Leg
	case ivr.CancelMedia:
		return c.Leg
	case ivr.SubscribeToTone:
		return c.Leg
	case ivr.Transfer:
		return c.Leg
	case ivr.Answer:
		return c.Leg
	case ivr.HangUp:
		return c.Leg
	case ivr.KeepAlive:
		return c.Leg
	case ivr.ReadCall:
		return c.Leg
	case ivr.Invite:
		return c.Leg
	case ivr.Hold:
		return c.Leg
	case ivr.RouteAudio:
		return c.Leg
	}
	return ""
}

// starts: a prompt or recording never follows a cancel before what was
// cancelled reported, or a second passed.
func (w *watch) starts(ev any, op ivr.OpID) {
	w.t.Helper()
	if len(w.cancelled) > 0 && w.now.Sub(w.at) < time.Second {
		w.t.Fatalf("%T: media %d starts %v after a cancel, and %v have not reported", ev, op, w.now.Sub(w.at), w.cancelled)
	}
	w.media[op] = true
}

// afterTheCall reports whether a command may leave when the call is gone.
func (w *watch) afterTheCall(c ivr.Command) bool {
	switch c := c.(type) {
	case ivr.HangUp:
		return c.Leg != w.s.Leg.ID
	case ivr.FetchRecording, ivr.JoinRecordings, ivr.RunAction, ivr.HTTPRequest, ivr.CancelAction, ivr.Mark, ivr.Moved,
		ivr.StartTimer, ivr.StopTimer, ivr.Finish:
		return true
	}
	return false
}

// bounded checks what must not grow, and that nothing waits for ever.
func (w *watch) bounded(ev any, s engine.Session, cmds []ivr.Command) {
	w.t.Helper()
	if s.Over() {
		if w.finished != 1 || len(s.Ops)+len(s.Timers) > 0 {
			w.t.Fatalf("%T: over, with %d Finish, operations %v, timers %v", ev, w.finished, s.Ops, s.Timers)
		}
		return
	}
	if len(s.Timers) == 0 {
		w.t.Fatalf("%T left state %s waiting for ever", ev, s.State)
	}
	for what, n := range map[string][2]int{
		"operations": {len(s.Ops), 40}, "timers": {len(s.Timers), 60}, "parked": {len(s.Parked), 4}, "legs": {len(s.Others), 16},
		"type-ahead": {len(s.Tones.Ahead), 30}, "held": {len(s.Tones.Held), 30}, "seen": {len(s.Tones.Seen), 40},
		"commands": {len(cmds), 2000},
	} {
		if n[0] > n[1] {
			w.t.Fatalf("%T: %d %s, want at most %d", ev, n[0], what, n[1])
		}
	}
	classB := 0
	for _, op := range s.Ops {
		if op.Kind == "transfer" || op.Kind == "redirect" {
			classB++
		}
	}
	if classB > 1 {
		w.t.Fatalf("%T: %d transfers at once: %+v", ev, classB, s.Ops)
	}
}

// runOut lets timers run out and nothing else happen: the session must end
// within its limits.
func (w *watch) runOut() {
	w.t.Helper()
	from := w.now
	end := from.Add(w.f.CallLimit + 10*time.Minute)
	if w.f.Kind != flow.Incoming {
		end = end.Add(time.Duration(w.f.StepLimit) * time.Minute) // nobody may answer
	}
	var path []string
	for range 5000 {
		if w.s.Over() {
			return
		}
		next := slices.MinFunc(w.s.Timers, func(a, b engine.Timer) int { return a.Due.Compare(b.Due) })
		if next.Due.After(w.now) {
			w.now = next.Due
		}
		if w.now.After(end) {
			break
		}
		path = append(path, fmt.Sprint(w.now.Sub(from), " ", w.s.State, " ", next.Why))
		w.step(ivr.TimerExpired{Head: ivr.Head{At: w.now, Leg: ivr.CallerLeg}, Timer: next.ID})
	}
	w.t.Fatalf("the session does not end: state %s after %v, timers %v, the last of its path:\n%v", w.s.State, w.now.Sub(from), w.s.Timers, path[max(0, len(path)-20):])
}
