package sim

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// wish is what an operator wants of a call, by the bot's API, at some node.
type wish struct {
	after time.Duration // the answer; 0: he wants nothing
	over  bool          // to hand it over; else to hang it up
}

// operate has the operator say what he wants. Who is not told that it is stored
// says so again, as people do: it may have been stored all the same.
func (p *phone) operate(tries int) {
	w := p.w
	r := w.judge.byCall[p.call.ID()]
	if r == nil || p.over || p.left {
		return
	}
	w.trace.addf(p.String(), "the operator wants %+v", p.manner.wish)
	if w.wished == nil {
		w.wished = maps.Clone(w.passed)
	}
	_, err := w.order(func(proc *proc) (ivr.SessionID, error) {
		err := p.wishes(proc, r.id)
		if !proc.gate() {
			err = errReset
		}
		return r.id, err
	})
	w.trace.addf(p.String(), "the operator is answered: %v", err)
	switch {
	case err == nil:
		w.judge.wished(r)
	case errors.Is(err, call.ErrUnknown):
	case tries < 20:
		w.after(2*time.Second, func() { p.operate(tries + 1) })
	}
}

func (p *phone) wishes(proc *proc, id ivr.SessionID) error {
	c, err := proc.bot.Call(p.w.context(), string(id))
	switch {
	case err != nil:
		return err
	case p.manner.wish.over && p.meeting == nil: // nobody is handed over in a meeting
		return c.Transfer(p.w.context(), ivr.Target{Kind: ivr.PartyUser, ID: desk}, "the operator")
	}
	return c.HangUp(p.w.context(), "the operator")
}

// operated has the operator act on a call that was answered, or that joins a meeting.
func (p *phone) operated() {
	if d := p.manner.wish.after; d > 0 {
		p.w.after(d, func() { p.operate(0) })
	}
}

// sceneFor has the operator act in the scenes in which he does: the caller says
// nothing meanwhile.
func (w *world) sceneFor(p *phone) {
	if s := w.o.Scene; s == HangsUp || s == HandsOver {
		p.manner.quiet, p.manner.wish = true, wish{after: time.Duration(w.o.SceneAt) * time.Millisecond, over: s == HandsOver}
	}
}

// wished: an operator was told that what he wants is stored. It is carried out in
// time, or found to make no sense any more: I1.
func (j *judge) wished(r *record) {
	r.wishes++
	n, at := r.wishes, j.w.clock.Now()
	j.w.clock.AfterFunc(inTime+time.Second, func() { j.heeded(r, n, at) })
}

func (j *judge) heeded(r *record, n int, at time.Time) {
	switch {
	case len(r.heeded) >= n || r.session.Over():
	case j.w.excused(at) && j.w.clock.Now().Sub(at) < 10*time.Minute:
		j.w.clock.AfterFunc(inTime, func() { j.heeded(r, n, at) })
	default:
		j.violated("I1", "session %s: what an operator wanted at %s was stored, and is not applied", r.id, at.Sub(j.w.trace.start))
	}
}

// heeds takes what an operator wanted as a session applies it: once.
func (j *judge) heeds(r *record, e ivr.Intervened) {
	if r.heeded[e.ID] {
		j.violated("I3", "session %s: what an operator wanted (%s) is applied twice", r.id, e.ID)
	}
	r.heeded[e.ID] = true
}

// Peek shows a session that another process may have.
func (s *storeHandle) Peek(ctx context.Context, id ivr.SessionID) (engine.Session, store.NodeID, error) {
	kept, ok := s.Store.(*store.Store)
	if !ok {
		return engine.Session{}, "", call.ErrUnknown
	}
	return kept.Peek(ctx, id)
}
