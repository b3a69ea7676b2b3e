package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// commit makes a change safe and has its commands sent. If it cannot be stored
// nothing has changed. The call is locked.
func (o *owner) commit(ctx context.Context, ch *Change) error {
	if len(ch.Events) == 0 { // what no event brought is told apart from what one did
		if err := o.storeHeld(ctx); err != nil {
			return err
		}
	}
	ch.Pending = o.left(ch)
	if err := o.store(ctx, ch); err != nil {
		return err
	}
	if ch.Parked != nil {
		o.c.counts.parked.Add(1)
	}
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

// store writes a change. The call is locked.
func (o *owner) store(ctx context.Context, ch *Change) error {
	attempts := o.attempts
	if attempts > 0 && o.survived(ch.Pending, ch.Session.Timers) {
		attempts = 0
	}
	ch.New, ch.Before, ch.Flow = o.version == 0, o.s, o.flow
	if held := o.held; held != nil {
		ch.Before = held.Before
		ch.Events, ch.Commands = slices.Concat(held.Events, ch.Events), slices.Concat(held.Commands, ch.Commands)
	}
	ch.Version, ch.Epoch, ch.Attempts = o.version+1, o.epoch, attempts
	if err := o.c.cfg.Store.Commit(ctx, ch); err != nil {
		if !isAnswer(err) {
			o.stuck()
		}
		o.notStored(err)
		return fmt.Errorf("session %s: commit: %w", o.id, err)
	}
	o.s, o.version, o.pending, o.held = ch.Session, ch.Version, ch.Pending, nil
	if o.attempts > 0 && attempts == 0 {
		o.attempts, o.trial = 0, nil
		o.c.uncount(o.id)
	}
	o.c.moves(o.id)
	return nil
}

// notStored lets go of a session that is another node's, or of which nobody
// knows how it stands: then it is read again. The call is locked.
func (o *owner) notStored(err error) {
	lost, uncertain := errors.Is(err, ErrLost), errors.Is(err, ErrUncertain)
	if o.version == 0 || o.dead || o.finished || !lost && !uncertain || o.c.lease.span == 0 {
		return // also if the session is nowhere but here
	}
	o.c.cfg.Log.Warn("session let go", slog.String("session", string(o.id)), slog.String("error", err.Error()))
	o.letGo(err)
	if lost {
		o.c.moves(o.id)
	}
	// Also a session that was lost may be this node's: it may have been taken by a
	// request that was given up, and came through late.
	o.c.later(0, func() { o.c.takeUp(o.id) })
}

// letGo takes a session out of the live ones as if it had never been here. Whoever
// calls it sees to it that the session is taken up again, or calls returned. The
// call is locked.
func (o *owner) letGo(cause error) {
	if o.dead || o.finished {
		return
	}
	o.dead = true
	o.c.counts.letGo.Add(1)
	o.clear()
	o.cancel(cause)
	o.c.returns(o.id) // before anybody can add it again
	o.c.shard(o.id).remove(o)
	o.c.forget(o, "")
}

func (o *owner) clear() {
	o.queue.clear()
	for _, q := range o.others {
		q.clear()
	}
}

// finish takes an ended session out of the live ones. A hang-up that the engine
// could not wait for is sent all the same, also one that is on its way: that one
// is given up with the session, and a repeat is harmless.
func (o *owner) finish() {
	o.finished = true
	o.clear()
	if len(o.pending) > 0 {
		o.c.setFinishing(o.id, true)
	}
	for _, p := range o.pending {
		o.sendLast(p.Cmd)
	}
	o.cancel(errOver)
	o.c.shard(o.id).remove(o)
	o.c.forget(o, o.id)
	o.c.counts.ended.Add(1)
	o.c.cfg.Log.Info("call ended", slog.String("session", string(o.id)), slog.String("flow", o.s.Flow),
		slog.String("by", string(o.s.EndedBy)), slog.String("result", o.s.End.String()))
}

// sentLast strikes a command off the outbox of a session that has ended. Should
// the process end before, it is sent once more by whoever takes the session up.
func (o *owner) sentLast(op ivr.OpID) { o.trySentLast(op, 1) }

func (o *owner) trySentLast(op ivr.OpID, try int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	rest := slices.DeleteFunc(slices.Clone(o.pending), func(p Pending) bool { return opOf(p.Cmd) == op })
	if len(rest) == len(o.pending) || o.dead {
		return
	}
	err := o.store(context.WithoutCancel(o.ctx), &Change{Session: o.s, Pending: rest})
	switch {
	case err == nil && len(rest) > 0:
	case err == nil, errors.Is(err, ErrLost):
		o.c.setFinishing(o.id, false)
	case errors.Is(err, ErrUncertain):
		o.c.setFinishing(o.id, false)
		o.c.later(0, func() { o.c.takeUp(o.id) })
	default:
		o.c.repeat(o.id, "that the last hang-up was sent", err, try, func(try int) { o.trySentLast(op, try) })
	}
}

// setFinishing notes that a session of this node has ended, but for its last
// hang-ups, which are being sent. Its mail means nothing any more: taking it up
// for that would only send them again.
func (c *Calls) setFinishing(id ivr.SessionID, is bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if is {
		c.finishing[id] = true
	} else {
		delete(c.finishing, id)
	}
}

func (c *Calls) isFinishing(id ivr.SessionID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.finishing[id]
}

// markSent records that the bytes of a command that must not be sent twice are
// about to leave.
func (o *owner) markSent(ctx context.Context, op ivr.OpID) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead {
		return fmt.Errorf("%w %s", ErrUnknown, o.id)
	}
	list := slices.Clone(o.pending)
	i := slices.IndexFunc(list, func(p Pending) bool { return opOf(p.Cmd) == op })
	if i < 0 {
		return fmt.Errorf("session %s: %w", o.id, errNotWanted)
	}
	list[i].Sent = true
	ch := &Change{Session: o.s, Pending: list}
	switch err := o.store(context.WithoutCancel(ctx), ch); {
	case err == nil:
	case o.dead: // it is read again: what was not sent here may be sent all the same
		return fmt.Errorf("%w: %w", ErrLost, err)
	default:
		return err
	}
	o.c.observe(ch)
	return nil
}
