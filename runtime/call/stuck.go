package call

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// answerWithin is when an unanswered call is given to Config.SendAway, from its
// coming in, if nothing can be stored of it: the platform waits some seconds
// longer.
const answerWithin = 12 * time.Second

// stuck are the sessions of which something could not be stored.
type stuck struct {
	n  atomic.Int64 // of all
	mu sync.Mutex
	of map[ivr.SessionID]*stuckOne
}

type stuckOne struct {
	s    engine.Session // as it was stored last
	f    *flow.Flow
	to   Address
	stop func() bool
	done bool // its call has been ended
}

// stuck takes note that a session cannot be stored, and sees to it that its
// caller is not left in silence for ever. The call is locked.
func (o *owner) stuck() {
	c := o.c
	if o.version == 0 { // it did not begin
		return
	}
	now := c.cfg.Clock.Now()
	wait := c.cfg.WithoutStore
	switch unanswered := !o.s.Leg.Answering && !o.s.Outgoing; {
	case o.s.Over() || o.s.Leg.Gone:
		return
	case unanswered && c.cfg.SendAway != nil:
		wait = max(o.s.Started.Add(answerWithin).Sub(now), 0)
	case wait == 0 || o.call == ivr.CallID(o.id):
		return
	}
	c.stuck.mu.Lock()
	defer c.stuck.mu.Unlock()
	if c.stuck.of[o.id] != nil {
		return
	}
	one := &stuckOne{s: *o.s, f: o.flow, to: o.address(o.s.Leg.ID)}
	if c.stuck.of == nil {
		c.stuck.of = map[ivr.SessionID]*stuckOne{}
	}
	c.stuck.of[o.id] = one
	c.stuck.n.Add(1)
	one.stop = c.later(wait, func() { c.endStuck(one) })
}

// moves takes note that a session can be stored, or is not here any more.
func (c *Calls) moves(id ivr.SessionID) {
	if c.stuck.n.Load() == 0 {
		return
	}
	c.stuck.mu.Lock()
	defer c.stuck.mu.Unlock()
	if one := c.stuck.of[id]; one != nil {
		one.stop()
		delete(c.stuck.of, id)
		c.stuck.n.Add(-1)
	}
}

// isStuck reports whether a session is still the same one that cannot be stored.
func (c *Calls) isStuck(one *stuckOne) bool {
	c.stuck.mu.Lock()
	defer c.stuck.mu.Unlock()
	return c.stuck.of[one.s.ID] == one && !one.done
}

// isEnding reports whether a session still cannot be stored whose call is being
// ended.
func (c *Calls) isEnding(id ivr.SessionID) bool {
	c.stuck.mu.Lock()
	defer c.stuck.mu.Unlock()
	one := c.stuck.of[id]
	return one != nil && one.done
}

// endStuck ends the call of a session of which nothing could be stored for too
// long: without the store, as politely as can be. A node whose lease has ended
// leaves a call that was answered as it is, unless it is alone: another may have
// it.
func (c *Calls) endStuck(one *stuckOne) {
	if !c.isStuck(one) {
		return
	}
	log := c.cfg.Log.With(slog.String("session", string(one.s.ID)), slog.String("flow", one.s.Flow))
	mine, unanswered := c.cfg.Alone || c.lease.maySend(), !one.s.Leg.Answering && !one.s.Outgoing
	if !mine && !unanswered {
		log.Error("nothing can be stored of a call, and another process may have it: it is left as it is")
		return
	}
	c.stuck.mu.Lock()
	one.done = true
	c.stuck.mu.Unlock()
	if unanswered {
		log.Error("nothing can be stored of an unanswered call: it is sent away")
		c.cfg.SendAway(one.to, mine)
		return
	}
	c.counts.farewells.Add(1)
	log.Error("nothing can be stored of a call: it is ended")
	w := &farewell{c: c, s: one.s, f: one.f, to: one.to, end: c.cfg.Clock.Now().Add(farewellFor)}
	w.s.Seq += farewellOps
	w.begin()
}

const (
	farewellFor = 20 * time.Second // for what on_error says, at most
	// farewellOps keeps the operations of a farewell apart from those that the
	// session may still have.
	farewellOps = 1_000_000
)

var errNoStore = errors.New("nothing can be stored")

// farewell says what a flow's on_error says first, and hangs up. It runs on a copy
// of the session that is nowhere stored; nothing leaves that must not leave twice.
type farewell struct {
	c   *Calls
	s   engine.Session
	f   *flow.Flow
	to  Address
	end time.Time
}

func (w *farewell) begin() {
	now := w.c.cfg.Clock.Now()
	if w.f == nil {
		w.hangUp(1)
		return
	}
	if ch := w.c.stopped(w.f, w.s, now); len(ch.Commands) == 0 {
		return // it is being handed over, or ended
	}
	var cmds []ivr.Command
	w.s, cmds = w.c.fail(w.f, w.s, errNoStore)
	w.do(cmds)
}

// do sends what on_error decided, up to its first prompt.
func (w *farewell) do(cmds []ivr.Command) {
	for _, cmd := range cmds {
		switch c := cmd.(type) {
		case ivr.CancelMedia:
			w.send(cmd)
		case ivr.HangUp:
			if w.s.Main(c.Leg) {
				w.hangUp(1)
				return
			}
			w.send(cmd)
		case ivr.PlayPrompt:
			if !w.s.Main(c.Leg) || c.Loop {
				continue
			}
			if e, ok := w.send(cmd).Event.(ivr.OperationAccepted); ok {
				w.c.later(min(e.Length.Std(), farewellFor)+time.Second, func() { w.hangUp(1) })
				return
			}
			w.hangUp(1)
			return
		default: // nothing else leaves
		}
	}
	w.wait()
}

// wait goes on at the session's next timer, if that comes soon.
func (w *farewell) wait() {
	var next engine.Timer
	for _, t := range w.s.Timers {
		if next.ID == 0 || t.Due.Before(next.Due) {
			next = t
		}
	}
	now := w.c.cfg.Clock.Now()
	if next.ID == 0 || next.Due.After(w.end) {
		w.hangUp(1)
		return
	}
	w.c.later(max(next.Due.Sub(now), 0), func() {
		ev := ivr.TimerExpired{Head: ivr.Head{At: w.c.cfg.Clock.Now(), Leg: ivr.CallerLeg}, Timer: next.ID}
		cmds, _ := w.c.step(w.f, &w.s, ev)
		w.do(cmds)
	})
}

func (w *farewell) send(cmd ivr.Command) Reply {
	to := w.to
	if leg := legOf(cmd); leg != "" {
		to.Leg, to.Call = leg, w.s.CallOf(leg)
	}
	return w.c.try(WithoutLease(context.Background()), to, cmd)
}

// hangUp hangs up, and has the session told. If the platform cannot be told either
// it is tried until it can, or until the session can be stored: then that goes on.
func (w *farewell) hangUp(try int) {
	w.s.Seq++
	reply := w.send(ivr.HangUp{Op: ivr.OpID(w.s.Seq), Leg: w.s.Leg.ID})
	if !over(reply) {
		wait := longestWait
		if reply.Again && try < maxTries {
			wait = backoff(try, reply.After)
		}
		w.c.later(wait, func() {
			if w.c.isEnding(w.s.ID) {
				w.hangUp(try + 1)
			}
		})
		return
	}
	w.c.tell(w.s.ID, ivr.CallTerminated{Head: ivr.Head{At: w.c.cfg.Clock.Now(), Leg: w.s.Leg.ID},
		Result: ivr.Result{Reason: ivr.ReasonService, Message: errNoStore.Error()}}, nil)
}

// over reports whether a call is over after a hang-up.
func over(reply Reply) bool {
	if _, unknown := reply.Event.(ivr.OperationUnknown); unknown {
		return false
	}
	failed, bad := reply.Event.(ivr.OperationFailed)
	return !bad || failed.Result.Reason == ivr.ReasonNotFound
}

// leaseless marks the context of a command that is sent also without a lease.
type leaseless struct{}

// WithoutLease is for a command that is about no session that another process
// could have: [Calls.MaySend] need not be asked.
func WithoutLease(ctx context.Context) context.Context {
	return context.WithValue(ctx, leaseless{}, true)
}

// NeedsLease reports whether a command may be sent only with a lease.
func NeedsLease(ctx context.Context) bool { return ctx.Value(leaseless{}) == nil }
