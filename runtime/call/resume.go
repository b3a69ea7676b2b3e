package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// What a session is taken up by may be what killed the process before. So it is
// counted first. One that was counted twice waits until it can be tried alone;
// one that was counted more than maxAttempts times is not tried any more: the
// call goes to on_error, and if that was counted too it is given up.
const (
	suspectFrom = 2
	maxAttempts = 3
	suspectSlot = 100 * time.Millisecond // in which one is tried alone
)

var (
	errPoison  = fmt.Errorf("the process ended %d times while this was done", maxAttempts)
	errVersion = errors.New("its version of the flow cannot be loaded any more")
)

// takeUp reads a session that is this node's, or nobody's, and goes on with it.
// If the store fails it is tried again.
func (c *Calls) takeUp(id ivr.SessionID) {
	if c.lease.span == 0 || c.shard(id).find(id) != nil {
		return // there is nothing to be read, or it is here already
	}
	c.mu.Lock()
	_, busy := c.taking[id]
	c.taking[id] = busy // it may have come since the store was asked: then it is asked again
	c.mu.Unlock()
	if busy {
		return
	}
	defer func() {
		c.mu.Lock()
		again := c.taking[id]
		delete(c.taking, id)
		c.mu.Unlock()
		if again {
			c.later(0, func() { c.takeUp(id) })
		}
	}()
	ctx, cancel := c.within()
	defer cancel()
	rec, err := c.cfg.Store.Take(ctx, id)
	switch {
	case err == nil:
		c.resume(ctx, rec)
	case errors.Is(err, ErrUnknown), errors.Is(err, ErrElsewhere):
		c.moves(id)
	default:
		c.lease.unsure()
		c.cfg.Log.Error("session not taken up, trying again", slog.String("session", string(id)), slog.String("error", err.Error()))
		c.later(tellAgain, func() { c.takeUp(id) })
	}
}

// suspect takes sessions up one by one. Each that the process survives is
// known as harmless.
func (c *Calls) suspect(list []Record) {
	if len(list) == 0 {
		return
	}
	c.later(0, func() {
		o := c.resume(context.Background(), list[0])
		c.later(suspectSlot, func() {
			o.harmless()
			c.suspect(list[1:])
		})
	})
}

// harmless records that the process has survived a session.
func (o *owner) harmless() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || o.s.Over() || o.attempts == 0 {
		return
	}
	o.attempts = 0
	if err := o.store(context.WithoutCancel(o.ctx), &Change{Session: o.s, Pending: o.pending}); err != nil {
		o.c.cfg.Log.Warn("session not recorded as harmless", slog.String("session", string(o.id)), slog.String("error", err.Error()))
	}
}

// resume goes on with a session that this node has taken. If it was taken once more
// meanwhile, by a callback while a list of sessions was being taken up, that is the
// one that counts.
func (c *Calls) resume(ctx context.Context, rec Record) *owner {
	if newer := c.replaces(rec); newer != nil {
		return newer
	}
	s := rec.Session
	o := &owner{c: c, id: s.ID, call: s.Leg.Call, mu: c.newLock(), s: s, version: rec.Version, epoch: rec.Epoch,
		attempts: rec.Attempts, since: c.cfg.Clock.Now(), pending: rec.Pending}
	if o.call == "" {
		o.call = ivr.CallID(s.ID)
	}
	o.ctx, o.cancel = context.WithCancelCause(context.Background()) //nolint:contextcheck // the call outlives what found it
	o.mu.Lock()
	defer o.mu.Unlock()
	if !c.shard(o.id).add(o) {
		o.dead = true
		o.cancel(ErrExists)
		return o
	}
	c.counts.takenUp.Add(1)
	c.moves(o.id)
	c.admitAgain(o)
	o.indexLegs()
	switch err := o.goOn(ctx, rec.Damaged); {
	case err == nil, o.dead:
		o.uncount()
		for _, p := range o.pending {
			o.suspects = append(o.suspects, opOf(p.Cmd))
		}
	case errors.Is(err, ErrLost): // whoever has it goes on with it
		o.letGo(err)
	default:
		c.cfg.Log.Error("session not taken up, trying again", slog.String("session", string(o.id)), slog.String("error", err.Error()))
		o.letGo(err)
		c.later(tellAgain, func() { c.takeUp(o.id) })
	}
	return o
}

// survived reports whether the process has lived through all that was to be sent
// when the session was taken up: so that did not kill the one before. The call is
// locked.
func (o *owner) survived(pending []Pending) bool {
	if len(o.suspects) == 0 {
		return false
	}
	return !slices.ContainsFunc(pending, func(p Pending) bool { return slices.Contains(o.suspects, opOf(p.Cmd)) })
}

// replaces lets go of what is here of a session under an older epoch than a
// record's. It returns the owner that has a newer one.
func (c *Calls) replaces(rec Record) (newer *owner) {
	old := c.shard(rec.Session.ID).find(rec.Session.ID)
	if old == nil {
		return nil
	}
	old.mu.Lock()
	defer old.mu.Unlock()
	switch {
	case old.dead:
		return nil
	case old.epoch > rec.Epoch:
		return old
	}
	old.letGo(ErrLost)
	return nil
}

// admitAgain takes a call that goes on among the live ones.
func (c *Calls) admitAgain(o *owner) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byCall[o.call] = o.id
	c.live++
}

func (o *owner) goOn(ctx context.Context, damaged error) error {
	if damaged == nil && o.s.Over() {
		o.finish() // sends what is left
		return nil
	}
	f, err := o.c.flow(ctx, o.s.Version)
	o.flow = f
	switch {
	case err != nil && !errors.Is(err, flow.ErrUnusable):
		return err // nothing is wrong with it: the store may know it a moment later
	case err != nil:
		return o.giveUp(ctx, fmt.Errorf("%w: %w", errVersion, err))
	case f.Version != o.s.Version:
		return o.giveUp(ctx, fmt.Errorf("%w: %s was asked for, and %s came", errVersion, flow.Short(o.s.Version), flow.Short(f.Version)))
	case damaged != nil:
		return o.rebuild(ctx, damaged)
	}
	if len(o.pending) > 0 || o.isDue() {
		if err := o.count(ctx); err != nil {
			return err
		}
	}
	if o.attempts > maxAttempts {
		return o.park(ctx)
	}
	doubt := doubtful(o.pending)
	for _, p := range o.pending {
		if !slices.Contains(doubt, opOf(p.Cmd)) {
			o.dispatch([]ivr.Command{p.Cmd})
		}
	}
	if len(doubt) > 0 {
		var evs []ivr.Event
		for _, op := range doubt {
			evs = append(evs, ivr.OperationUnknown{Head: o.head(), Op: op, Detail: "the process that sent it has ended"})
		}
		return o.applyLocked(ctx, nil, evs...)
	}
	o.serve()
	o.c.shard(o.id).schedule(o)
	return nil
}

// count records that the session is being taken up, once in this process: if it
// is the store that fails, the session is not to blame.
func (o *owner) count(ctx context.Context) (err error) {
	o.c.mu.Lock()
	counted := o.c.counted[o.id]
	o.c.counted[o.id] = true
	o.c.mu.Unlock()
	if counted {
		return nil
	}
	if o.attempts, err = o.c.cfg.Store.Try(ctx, o.id, o.epoch); err != nil {
		o.uncount()
	}
	return err
}

func (o *owner) uncount() {
	o.c.mu.Lock()
	defer o.c.mu.Unlock()
	delete(o.c.counted, o.id)
}

func (o *owner) head() ivr.Head { return ivr.Head{At: o.c.cfg.Clock.Now(), Leg: ivr.CallerLeg} }

// isDue reports whether a timer has run out.
func (o *owner) isDue() bool {
	now := o.c.cfg.Clock.Now()
	return slices.ContainsFunc(o.s.Timers, func(t engine.Timer) bool { return !t.Due.After(now) })
}

// park takes a session to on_error that may have killed the process: what was
// to be sent, and what was due, is left undone. If not even that could be done
// it is given up.
func (o *owner) park(ctx context.Context) error {
	if o.attempts > maxAttempts+1 {
		return o.giveUp(ctx, errPoison)
	}
	o.c.cfg.Log.Error("session parked", slog.String("session", string(o.id)), slog.String("state", o.s.State), slog.String("error", errPoison.Error()))
	now := o.c.cfg.Clock.Now()
	s := o.s
	s.Timers = slices.DeleteFunc(slices.Clone(s.Timers), func(t engine.Timer) bool { return !t.Due.After(now) })
	ch := Change{Parked: o.suspected()}
	ch.Session, ch.Commands = o.c.fail(o.flow, s, errPoison)
	o.pending = hangUps(o.pending)
	return o.commit(ctx, ch)
}

// suspected is what was tried last.
func (o *owner) suspected() ivr.Event {
	if len(o.pending) > 0 {
		return ivr.OperationUnknown{Head: o.head(), Op: opOf(o.pending[0].Cmd)}
	}
	now := o.c.cfg.Clock.Now()
	for _, t := range o.s.Timers {
		if !t.Due.After(now) {
			return ivr.TimerExpired{Head: o.head(), Timer: t.ID}
		}
	}
	return nil
}

// giveUp ends a session of which nothing can be run. Its call is hung up.
func (o *owner) giveUp(ctx context.Context, cause error) error {
	o.c.cfg.Log.Error("session given up", slog.String("session", string(o.id)), slog.String("flow", o.s.Flow), slog.String("error", cause.Error()))
	ch := Change{}
	ch.Session, ch.Commands = engine.Abandon(o.s, o.c.cfg.Clock.Now())
	o.pending = hangUps(o.pending)
	return o.commit(ctx, ch)
}

// rebuild goes on with a session of which only the call is known.
func (o *owner) rebuild(ctx context.Context, damaged error) error {
	o.c.cfg.Log.Error("session damaged: its call goes to on_error", slog.String("session", string(o.id)), slog.String("error", damaged.Error()))
	ch := Change{}
	ch.Session, ch.Commands = engine.Rebuild(o.flow, o.s, o.c.cfg.Clock.Now(), damaged)
	return o.commit(ctx, ch)
}
