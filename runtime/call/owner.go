package call

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// owner is one live call. Locks are taken in the order owner, shard, Calls; no
// two owners are locked at once but by Begin, which holds the newest.
type owner struct {
	c    *Calls
	id   ivr.SessionID
	call ivr.CallID
	flow *flow.Flow

	mu     sync.Mutex
	s      engine.Session
	fresh  bool                                 // nothing was committed yet
	dead   bool                                 // it did not begin, and never was
	queue  queue                                // of the caller's leg
	others map[ivr.LegID]*queue                 // of further legs
	calls  []ivr.CallID                         // of further legs, as indexed in Calls
	beside map[ivr.OpID]context.CancelCauseFunc // actions and HTTP requests that run
	ctx    context.Context                      //nolint:containedctx // the life of the call, which no request outlives
	cancel context.CancelCauseFunc

	due   time.Time // earliest timer; guarded by the shard's lock
	index int       // in the shard's heap, -1 if it has no timer
}

// apply steps the engine through events and commits the outcome. What comes
// after the end, such as the response of a request that was on its way, is
// dropped: the store has forgotten the session.
func (o *owner) apply(ctx context.Context, evs ...ivr.Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead {
		return fmt.Errorf("%w %s", ErrUnknown, o.id)
	}
	return o.applyLocked(ctx, evs...)
}

func (o *owner) applyLocked(ctx context.Context, evs ...ivr.Event) error {
	if o.s.Over() {
		return nil
	}
	ch := Change{New: o.fresh, Session: o.s, Events: evs}
	for _, ev := range evs {
		next, cmds, parked := o.c.step(o.flow, ch.Session, ev)
		ch.Session = next
		ch.Commands = append(ch.Commands, cmds...)
		if parked != nil {
			ch.Parked = parked
		}
	}
	return o.commit(ctx, ch)
}

// stop hangs the call up from outside.
func (o *owner) stop(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || o.s.Over() {
		return nil
	}
	ch := o.c.stopped(o.flow, o.s, o.c.cfg.Clock.Now())
	if len(ch.Commands) == 0 {
		return nil
	}
	return o.commit(ctx, ch)
}

// commit makes a change safe and has its commands sent. If it cannot be stored
// nothing has changed. The call is locked.
func (o *owner) commit(ctx context.Context, ch Change) error {
	if err := o.c.cfg.Store.Commit(ctx, ch); err != nil {
		return fmt.Errorf("session %s: commit: %w", o.id, err)
	}
	o.s, o.fresh = ch.Session, false
	o.indexLegs()
	o.c.observe(ch)
	o.dispatch(ch.Commands)
	if o.s.Over() {
		o.finish()
		return nil
	}
	o.serve()
	o.c.shard(o.id).schedule(o)
	return nil
}

// dispatch hands the commands on: operations to the ordered queue, what must
// not hold the queue up to a goroutine of its own. Timers live in the session.
func (o *owner) dispatch(cmds []ivr.Command) {
	for _, cmd := range cmds {
		switch c := cmd.(type) {
		case ivr.RunAction:
			o.runAction(c, c.Op, o.once)
		case ivr.HTTPRequest:
			send := o.once
			if !c.Safe() {
				send = o.send // it is class B: that it leaves is on record first
			}
			o.runAction(c, c.Op, send)
		case ivr.CancelAction:
			if cancel := o.beside[c.Op]; cancel != nil {
				cancel(errNotWanted)
				delete(o.beside, c.Op)
			}
		case ivr.FetchRecording, ivr.JoinRecordings, ivr.CountUp:
			o.sendBeside(sending{cmd: cmd})
		case ivr.CancelMedia:
			q := o.queueOf(c.Leg)
			q.dropMedia()
			q.add(cmd)
		case ivr.HangUp:
			q := o.queueOf(c.Leg)
			q.hurry()
			q.add(cmd)
		case ivr.CreateCall, ivr.Answer, ivr.Reject, ivr.Redirect, ivr.SubscribeToTone, ivr.PlayPrompt, ivr.RecordResponse,
			ivr.Transfer, ivr.SendTones, ivr.Mute, ivr.KeepAlive, ivr.ReadCall:
			o.queueOf(legOf(cmd)).add(cmd)
		case ivr.StartTimer, ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish:
		}
	}
}

// finish takes an ended session out of the live ones. A hang-up that the engine
// could not wait for is sent all the same.
func (o *owner) finish() {
	if last, ok := o.queue.last(); ok && !o.s.Leg.Gone {
		o.sendLast(last)
	}
	o.queue.clear()
	o.finishLegs()
	o.cancel(errOver)
	o.c.shard(o.id).remove(o)
	o.c.forget(o, o.id)
	o.c.cfg.Log.Info("call ended", slog.String("session", string(o.id)), slog.String("flow", o.s.Flow),
		slog.String("by", string(o.s.EndedBy)), slog.String("result", o.s.End.String()))
}

func (o *owner) address(id ivr.LegID) Address {
	if id == "" {
		id = o.s.Leg.ID
	}
	return Address{Session: o.s.ID, Leg: id, Call: o.s.CallOf(id), Tenant: o.s.Tenant,
		Scenario: o.s.Scenario, Started: o.s.Started, Answered: !o.s.Answered.IsZero()}
}
