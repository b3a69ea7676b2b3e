package call

import (
	"context"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// holdFor is how long a confirmation waits for another change of the call with
// which it can be stored.
const holdFor = time.Second

// confirms reports whether a change says nothing but that the platform works on
// what it was sent, and a repeat of that would do no harm. It need not be stored
// at once: should it be lost, whoever takes the session up asks again.
func (o *owner) confirms(ch *Change) bool {
	if o.c.lease.span == 0 || o.attempts > 0 || len(ch.Mail) > 0 || ch.Parked != nil || ch.Session.Over() {
		return false
	}
	for _, ev := range ch.Events {
		e, ok := ev.(ivr.OperationAccepted)
		if !ok || slices.ContainsFunc(o.pending, func(p Pending) bool { return opOf(p.Cmd) == e.Op && once(p.Cmd) }) {
			return false
		}
	}
	for _, cmd := range ch.Commands {
		_, start := cmd.(ivr.StartTimer)
		_, stop := cmd.(ivr.StopTimer)
		if !start && !stop {
			return false
		}
	}
	return true
}

// held is what was applied and is stored with the next change: Before is the
// session as it is stored.
type held struct {
	*Change
	since time.Time
}

// hold takes a change over that is stored with the next one, or after a while.
// The call is locked.
func (o *owner) hold(ch *Change) {
	o.pending = o.left(ch)
	if o.held == nil {
		ch.Before = o.s
		o.held = &held{Change: ch, since: o.c.cfg.Clock.Now()}
		o.flushLater(holdFor)
	} else {
		o.held.Events, o.held.Commands = append(o.held.Events, ch.Events...), append(o.held.Commands, ch.Commands...)
	}
	o.s = ch.Session
	o.serve()
	o.c.shard(o.id).schedule(o)
}

// flushLater has what is held stored after a while, if it still is. One alarm a
// call is enough.
func (o *owner) flushLater(d time.Duration) {
	if o.flushes {
		return
	}
	o.flushes = true
	o.c.later(d, func() { o.tryFlush(1) })
}

func (o *owner) tryFlush(try int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flushes = false
	if o.held == nil || o.dead {
		return
	}
	if rest := o.held.since.Add(holdFor).Sub(o.c.cfg.Clock.Now()); rest > 0 {
		o.flushLater(rest)
		return
	}
	o.flush(try)
}

// flush stores what is held. The call is locked.
func (o *owner) flush(try int) {
	if err := o.storeHeld(context.WithoutCancel(o.ctx)); err != nil && o.held != nil {
		o.flushes = true
		o.c.repeat(o.id, "a confirmation", err, try, o.tryFlush)
	}
}

func (o *owner) storeHeld(ctx context.Context) error {
	if o.held == nil || o.dead {
		return nil
	}
	ch := &Change{Session: o.s, Pending: o.pending}
	if err := o.store(ctx, ch); err != nil {
		return err
	}
	o.c.observe(ch)
	return nil
}
