package call

// This file takes sessions up that another process has left. What is done so that
// none of them ends one process after the other stands in poison.go.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

var errVersion = errors.New("its version of the flow cannot be loaded any more")

// takeUp reads a session that is this node's, or nobody's, and goes on with it.
// If the store fails it is tried again.
func (c *Calls) takeUp(id ivr.SessionID) { c.tryTakeUp(id, 1) }

func (c *Calls) tryTakeUp(id ivr.SessionID, try int) {
	if c.lease.span == 0 || c.shard(id).find(id) != nil {
		return // there is nothing to be read, or it is here already
	}
	if !c.takes(id) {
		return
	}
	defer c.took(id)
	ctx, cancel := c.within()
	defer cancel()
	rec, err := c.cfg.Store.Take(ctx, id)
	switch {
	case err == nil && c.suspicious(&rec):
		c.suspect(rec)
	case err == nil:
		c.goOnWith(ctx, rec)
	case errors.Is(err, ErrUnknown), errors.Is(err, ErrElsewhere):
		c.moves(id)
		c.uncount(id)
		c.returned(id)
	default:
		c.lease.unsure()
		c.repeat(id, "that the session is taken up", err, try, func(try int) { c.tryTakeUp(id, try) })
	}
}

// takes reports whether nobody is taking a session up. Whoever is looks once more
// then: there may be something now that he does not find.
func (c *Calls) takes(id ivr.SessionID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, busy := c.taking[id]
	if !busy && c.suspects.waits(id) {
		return false
	}
	c.taking[id] = busy
	return !busy
}

func (c *Calls) took(id ivr.SessionID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	again := c.taking[id]
	delete(c.taking, id)
	if again {
		c.lookFor(id)
	}
}

// chains is how many sessions are taken up at once of which something has to be
// stored first.
const chains = 256

// resumeAll goes on with sessions that this node has taken, and returns how many of
// them are suspects. Those of which something has to be stored before they go on
// follow in a moment, many at once, so that they share the disk's time.
func (c *Calls) resumeAll(ctx context.Context, list []Record) (suspects int) {
	list = slices.DeleteFunc(list, func(rec Record) bool {
		is := c.suspicious(&rec)
		if is {
			suspects++
			c.suspect(rec)
		}
		return is
	})
	c.countAll(ctx, list)
	var slow []Record
	for _, rec := range list {
		if len(doubtful(rec.Pending))+len(rec.Mail) > 0 {
			slow = append(slow, rec)
			continue
		}
		c.goOnWith(ctx, rec)
	}
	for i := range min(chains, len(slow)) {
		c.later(0, func() { c.resumeChain(slow, i) })
	}
	return suspects
}

// resumeChain goes on with every so many-th session of a list.
func (c *Calls) resumeChain(list []Record, at int) {
	for ; at < len(list); at += chains {
		ctx, cancel := c.within()
		c.goOnWith(ctx, list[at])
		cancel()
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
	o := &owner{c: c, id: s.ID, call: s.Leg.Call, mu: c.newLock(), s: &s, version: rec.Version, epoch: rec.Epoch,
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
	due := o.dueTimers()
	switch err := o.goOn(ctx, &rec); {
	case o.dead:
	case err == nil:
		if o.attempts > 0 && len(o.pending)+len(due)+len(o.taken) > 0 { // else nothing is tried yet: it has survived nothing
			o.trial = newTrial(o.pending, due)
		}
		c.lookAt(o)
	case errors.Is(err, ErrLost): // to another node, or to a request of ours that was given up and came through late
		o.letGo(err)
		c.later(0, func() { c.takeUp(o.id) })
	default:
		c.cfg.Log.Error("session not taken up, trying again", slog.String("session", string(o.id)), slog.String("error", err.Error()))
		o.letGo(err)
		c.later(tellAgain, func() { c.takeUp(o.id) })
	}
	return o
}

// goOnWith is resume behind a wall: should it panic no other session is left behind,
// and this one is read again.
func (c *Calls) goOnWith(ctx context.Context, rec Record) (o *owner) {
	defer func() {
		if p := recover(); p != nil {
			c.caught("taking up", p)
			id := rec.Session.ID
			if half := c.shard(id).find(id); half != nil {
				half.mend()
			} else {
				c.later(tellAgain, func() { c.takeUp(id) })
			}
		}
	}()
	return c.resume(ctx, rec)
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
	delete(c.returning, o.id)
}

func (o *owner) goOn(ctx context.Context, rec *Record) error {
	damaged := rec.Damaged
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
		if err := o.count(ctx); err != nil {
			return err
		}
		if o.attempts > maxAttempts+1 {
			return o.giveUp(ctx, errPoison)
		}
		return o.rebuild(ctx, damaged)
	}
	for _, m := range rec.Mail {
		o.taken = append(o.taken, m.ID)
	}
	if toDo(rec, o.c.cfg.Clock.Now()) {
		if err := o.count(ctx); err != nil {
			return err
		}
	}
	if o.attempts > maxAttempts {
		return o.park(ctx, rec.Mail)
	}
	doubt := doubtful(o.pending)
	for _, p := range o.pending {
		if !slices.Contains(doubt, opOf(p.Cmd)) {
			o.dispatch([]ivr.Command{p.Cmd})
		}
	}
	if len(doubt)+len(rec.Mail) > 0 {
		var evs []ivr.Event
		for _, m := range rec.Mail { // first, since it may tell what became of the rest
			evs = append(evs, o.eventsOf(m)...)
		}
		for _, op := range doubt {
			evs = append(evs, ivr.OperationUnknown{Head: o.head(), Op: op, Died: true})
		}
		return o.applyLocked(ctx, o.taken, evs...)
	}
	o.serve()
	o.c.shard(o.id).schedule(o)
	return nil
}

func (o *owner) head() ivr.Head { return ivr.Head{At: o.c.cfg.Clock.Now(), Leg: ivr.CallerLeg} }

// rebuild goes on with a session of which only the call is known.
func (o *owner) rebuild(ctx context.Context, damaged error) error {
	o.c.cfg.Log.Error("session damaged: its call goes to on_error", slog.String("session", string(o.id)), slog.String("error", damaged.Error()))
	ch := changed(engine.Rebuild(o.flow, *o.s, o.c.cfg.Clock.Now(), damaged))
	return o.commit(ctx, ch)
}
