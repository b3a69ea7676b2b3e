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

// owner is one live call.
type owner struct {
	c    *Calls
	id   ivr.SessionID
	flow *flow.Flow

	mu     sync.Mutex
	s      engine.Session
	fresh  bool // nothing was committed yet
	queue  []sending
	busy   bool                                 // somebody sends from the queue, or waits to try again
	beside map[ivr.OpID]context.CancelCauseFunc // actions that run
	ctx    context.Context                      //nolint:containedctx // the life of the call, which no request outlives
	cancel context.CancelCauseFunc

	due   time.Time // earliest timer; guarded by the shard's lock
	index int       // in the shard's heap, -1 if it has no timer
}

// sending is a command on its way.
type sending struct {
	cmd   ivr.Command
	tries int
}

// apply steps the engine through events and commits the outcome. What comes
// after the end, such as the response of a request that was on its way, is
// dropped: the store has forgotten the session.
func (o *owner) apply(ctx context.Context, evs ...ivr.Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
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
	if err := o.c.cfg.Store.Commit(ctx, ch); err != nil {
		return fmt.Errorf("session %s: commit: %w", o.id, err)
	}
	o.s, o.fresh = ch.Session, false
	if o.c.cfg.Observe != nil {
		o.c.cfg.Observe(ch)
	}
	o.dispatch(ch.Commands)
	if o.s.Over() {
		o.finish()
		return nil
	}
	o.c.shard(o.id).schedule(o)
	return nil
}

// dispatch hands the commands on: operations to the ordered queue, what must
// not hold the queue up to a goroutine of its own. Timers live in the session.
func (o *owner) dispatch(cmds []ivr.Command) {
	for _, cmd := range cmds {
		switch c := cmd.(type) {
		case ivr.RunAction:
			o.runAction(c)
		case ivr.CancelAction:
			if cancel := o.beside[c.Op]; cancel != nil {
				cancel(errNotWanted)
				delete(o.beside, c.Op)
			}
		case ivr.FetchRecording, ivr.JoinRecordings:
			o.sendBeside(sending{cmd: cmd})
		case ivr.Answer, ivr.Reject, ivr.Redirect, ivr.SubscribeToTone, ivr.PlayPrompt, ivr.RecordResponse,
			ivr.CancelMedia, ivr.Transfer, ivr.HangUp, ivr.KeepAlive, ivr.ReadCall:
			o.queue = append(o.queue, sending{cmd: cmd})
		case ivr.StartTimer, ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish:
		}
	}
	if len(o.queue) > 0 && !o.busy && !o.s.Over() {
		o.busy = true
		o.c.run(o.drain)
	}
}

// finish takes an ended session out of the live ones.
func (o *owner) finish() {
	o.queue = nil
	o.cancel(errOver)
	o.c.shard(o.id).remove(o.id)
	o.c.forget(o.s.Leg.Call)
	o.c.cfg.Log.Info("call ended", slog.String("session", string(o.id)), slog.String("flow", o.s.Flow),
		slog.String("by", string(o.s.EndedBy)), slog.String("result", o.s.End.String()))
}

func (o *owner) address() Address {
	return Address{Session: o.s.ID, Leg: o.s.Leg.ID, Call: o.s.Leg.Call, Tenant: o.s.Tenant,
		Scenario: o.s.Scenario, Started: o.s.Started, Answered: !o.s.Answered.IsZero()}
}
