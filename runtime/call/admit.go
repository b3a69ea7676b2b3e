package call

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Begin starts a session for an incoming call, and returns when that is
// committed. A call that is or was already known is not started again: its
// session is returned.
func (c *Calls) Begin(ctx context.Context, s engine.Session, f *flow.Flow, ev ivr.CallIncoming) (ivr.SessionID, error) {
	if ev.Call == "" {
		return "", errors.New("an incoming call without an id")
	}
	return c.begin(ctx, s, f, ev.Call, ev)
}

// Start starts a session of an outgoing flow, and returns when that is
// committed. Until it has a call it is known by its own id.
func (c *Calls) Start(ctx context.Context, s engine.Session, f *flow.Flow, ev ivr.CallWanted) error {
	_, err := c.begin(ctx, s, f, ivr.CallID(s.ID), ev)
	return err
}

func (c *Calls) begin(ctx context.Context, s engine.Session, f *flow.Flow, call ivr.CallID, ev ivr.Event) (ivr.SessionID, error) {
	if !c.lease.holds(0) {
		return "", c.lease.missing() // what begins here would be another node's at once
	}
	o := &owner{c: c, id: s.ID, call: call, flow: f, s: &s, epoch: 1, mu: c.newLock()}
	// The call outlives the request that began it, and must not keep it alive.
	o.ctx, o.cancel = context.WithCancelCause(context.Background()) //nolint:contextcheck // see above
	// Whoever finds the new session waits until it is committed.
	o.mu.Lock()
	defer o.mu.Unlock()
	if !c.shard(s.ID).add(o) {
		o.cancel(ErrExists)
		return "", fmt.Errorf("session %s: %w", s.ID, ErrExists)
	}
	known, err := c.admit(o)
	if known != "" || err != nil {
		o.bury(err)
		return known, err
	}
	if err := o.applyLocked(ctx, nil, ev); err != nil {
		o.bury(err)
		c.forget(o, "")
		if e, ok := errors.AsType[*ExistsError](err); ok {
			c.lookFor(e.Session)
			return e.Session, nil // it came in at another node; or here, and nobody knew whether it was stored
		}
		if errors.Is(err, ErrUncertain) {
			c.lookFor(s.ID)
			c.later(stillToCome, func() { c.lookFor(s.ID) })
		}
		return "", err
	}
	c.counts.begun.Add(1)
	return s.ID, nil
}

// lookFor takes up a session that may be this node's though it is not here: of its
// first write nobody knew whether it was stored. If it is another's, or was not
// stored, nothing happens.
func (c *Calls) lookFor(id ivr.SessionID) {
	c.later(0, func() {
		if c.shard(id).find(id) == nil {
			c.takeUp(id)
		}
	})
}

// stillToCome is how long a change may be on its way to the disk of which nobody
// knows whether it was stored.
const stillToCome = 10 * time.Second

// bury takes back an owner whose call did not begin.
func (o *owner) bury(cause error) {
	o.dead = true
	o.cancel(cause)
	o.c.shard(o.id).remove(o)
}

// admit takes a call among the live ones, or says which session has it.
func (c *Calls) admit(o *owner) (known ivr.SessionID, err error) {
	for {
		if known, err = c.enter(o); known == "" {
			return "", err
		}
		first := c.shard(known).find(known)
		if first == nil || first == o {
			return known, nil // it has ended meanwhile
		}
		first.mu.Lock()
		dead := first.dead
		first.mu.Unlock()
		if !dead {
			return known, nil
		}
	}
}

func (c *Calls) enter(o *owner) (known ivr.SessionID, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id, ok := c.byCall[o.call]; ok {
		return id, nil
	}
	if id, ok := c.ended.find(o.call); ok {
		return id, nil
	}
	switch {
	case c.closed.Load():
		return "", ErrClosed
	case c.draining:
		return "", ErrDraining
	case c.cfg.MostCalls > 0 && c.live >= c.cfg.MostCalls:
		return "", ErrFull
	}
	c.byCall[o.call] = o.id
	c.live++
	return "", nil
}

// forget takes a call out of the live ones. One that ended, and did not fail to
// begin, is remembered as ended by its session.
func (c *Calls) forget(o *owner, ended ivr.SessionID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range slices.Concat(o.calls, []ivr.CallID{o.call}) {
		if c.byCall[call] == o.id { // else another session has it now
			delete(c.byCall, call)
		}
	}
	if ended != "" {
		c.ended.add(o.call, ended, c.cfg.Clock.Now())
	}
	c.live--
	c.fewer()
}

// ended remembers the calls that ended of late, so that a late repeat of their
// beginning starts nothing. It holds those of the last one to two periods, and
// at most twice mostEnded of them.
type ended struct {
	now, before map[ivr.CallID]ivr.SessionID
	since       time.Time // of now
}

const (
	endedPeriod = time.Hour
	mostEnded   = 10_000
)

func (e *ended) add(call ivr.CallID, id ivr.SessionID, at time.Time) {
	if e.now == nil || len(e.now) >= mostEnded || at.Sub(e.since) >= endedPeriod {
		e.before, e.now, e.since = e.now, map[ivr.CallID]ivr.SessionID{}, at
	}
	e.now[call] = id
}

func (e *ended) find(call ivr.CallID) (ivr.SessionID, bool) {
	if id, ok := e.now[call]; ok {
		return id, true
	}
	id, ok := e.before[call]
	return id, ok
}
