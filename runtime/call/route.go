package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Deliver applies events to a session, in order, and returns when the change
// is committed; or, if another node has the session, when the events are kept
// for it. If it fails, nothing has changed.
func (c *Calls) Deliver(ctx context.Context, id ivr.SessionID, evs ...ivr.Event) error {
	m := Mail{Session: id, Leg: ivr.CallerLeg}
	for _, ev := range evs {
		m.Items = append(m.Items, Item{Event: ev})
	}
	return c.Receive(ctx, m)
}

// Receive is Deliver for what came from the platform: of a tenant, which must be
// the session's (ErrForbidden), and about the call of a leg: what is about
// another call is left out.
//
// It comes back when ctx is over, whatever the store does. ErrBusy says then that
// the events are not known to be kept: they may be all the same, and a repeat does
// no harm.
func (c *Calls) Receive(ctx context.Context, m Mail) error {
	clock, ok := c.cfg.Clock.(Waiter)
	end, limited := ctx.Deadline()
	if !ok || !limited || c.lease.span == 0 {
		return c.receive(ctx, ctx, m)
	}
	var err error // read only if it has ended: else what the store has begun goes on beside
	if !clock.Within(time.Until(end), func() { err = c.guarded(ctx, m) }) {
		return fmt.Errorf("session %s: %w: no answer from the store", m.Session, ErrBusy)
	}
	return err
}

// guarded is receive behind a wall.
func (c *Calls) guarded(ctx context.Context, m Mail) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.caught("receive", p)
			err = fmt.Errorf("session %s: panic: %v", m.Session, p)
		}
	}()
	return c.receive(ctx, context.WithoutCancel(ctx), m)
}

// receive takes mail. It waits for the call while wait lasts, and for the store
// while ctx does.
func (c *Calls) receive(wait, ctx context.Context, m Mail) error {
	if c.closed.Load() && c.lease.span == 0 {
		return c.lateFor(m.Session)
	}
	if o := c.shard(m.Session).find(m.Session); o != nil {
		err := o.receive(wait, ctx, m)
		if !errors.Is(err, errGone) {
			return err
		}
	}
	if err := c.cfg.Store.Post(ctx, m); err != nil {
		return fmt.Errorf("session %s: %w", m.Session, err)
	}
	return nil
}

// lateFor is what is answered when all is closed: what an event led to could not
// be sent any more.
func (c *Calls) lateFor(id ivr.SessionID) error {
	if c.shard(id).find(id) == nil {
		return fmt.Errorf("%w %s", ErrUnknown, id)
	}
	return ErrClosed
}

// errGone says that a session was here a moment ago.
var errGone = errors.New("the session is not here any more")

// receive applies mail to a session that is here.
func (o *owner) receive(wait, ctx context.Context, m Mail) error {
	if err := o.mu.LockFor(wait); err != nil {
		o.c.counts.busy.Add(1)
		return fmt.Errorf("session %s: %w", o.id, err)
	}
	defer o.mu.Unlock()
	if o.dead || o.c.closed.Load() {
		return errGone
	}
	if m.Tenant != "" && !strings.EqualFold(m.Tenant, o.s.Tenant) {
		return fmt.Errorf("session %s: %w", o.id, ErrForbidden)
	}
	var mail []int64
	if m.ID != 0 {
		if m.Epoch != o.epoch || slices.Contains(o.taken, m.ID) {
			return nil // it was read before the session was taken up, with it
		}
		mail = []int64{m.ID}
	}
	evs := o.eventsOf(m)
	if len(evs) == 0 && mail == nil {
		return nil
	}
	err := o.applyLocked(ctx, mail, evs...)
	if errors.Is(err, ErrLost) {
		return errGone // whoever has it now gets the mail
	}
	return err
}

// eventsOf are the events of mail that mean something to the session. The call is
// locked.
func (o *owner) eventsOf(m Mail) (evs []ivr.Event) {
	if m.ID != 0 {
		if len(m.Items) == 0 {
			o.c.cfg.Log.Error("mail of a session cannot be read: it is dropped, with what it told; it was damaged, or written by a later version of this program", slog.String("session", string(m.Session)))
		}
		m.Items = o.c.received(m.Items)
	}
	for _, it := range m.Items {
		if m.Unanswered && !o.s.Answered.IsZero() {
			o.c.cfg.Log.Warn("the end of an answered call came to the webhook: ignored", slog.String("session", string(o.id)))
			continue
		}
		if other(o.s, m.Leg, it.Call) {
			o.c.cfg.Log.Warn("notification of another call at a session's address", slog.String("session", string(o.id)))
			continue
		}
		evs = append(evs, it.Event)
	}
	return evs
}

// received are items with the time of this process: the clock of the one that kept
// them as mail may be wrong, and timers are reckoned from them.
func (c *Calls) received(items []Item) []Item {
	list := make([]Item, len(items))
	for i, it := range items {
		list[i] = Item{Call: it.Call, Event: ivr.Stamped(it.Event, c.cfg.Clock.Now())}
	}
	return list
}

// other reports whether a call is not the one of a leg.
func other(s *engine.Session, leg ivr.LegID, call ivr.CallID) bool {
	known := s.CallOf(leg)
	return call != "" && known != "" && call != known
}

// Known reports whether a call has a session, or had one of late, here or in the
// store; an error if the store cannot say.
func (c *Calls) Known(ctx context.Context, call ivr.CallID) (bool, error) {
	c.mu.Lock()
	_, live := c.byCall[call]
	_, ended := c.ended.find(call)
	c.mu.Unlock()
	if live || ended {
		return true, nil
	}
	_, err := c.cfg.Store.ByCall(ctx, call)
	if errors.Is(err, ErrUnknown) {
		return false, nil
	}
	return err == nil, err
}

// Find finds the session that a Graph call has, or had of late. The error is
// ErrUnknown if it has none, any other if the store cannot say.
func (c *Calls) Find(ctx context.Context, call ivr.CallID) (ivr.SessionID, error) {
	c.mu.Lock()
	id, ok := c.byCall[call]
	c.mu.Unlock()
	if ok {
		return id, nil
	}
	return c.cfg.Store.ByCall(ctx, call)
}

// ByCall finds the session that a Graph call has, or had of late.
func (c *Calls) ByCall(ctx context.Context, call ivr.CallID) (ivr.SessionID, bool) {
	id, err := c.Find(ctx, call)
	return id, err == nil
}
