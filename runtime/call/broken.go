package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/ivrflow/ivrflow/framework/flow"
)

var errBroken = errors.New("a panic")

// guard is f behind a wall: should it panic, the session is read again from the
// store, or its call goes to on_error.
func (o *owner) guard(where string, f func()) func() {
	return func() {
		defer func() {
			if p := recover(); p != nil {
				o.c.caught(where, p)
				o.mend()
			}
		}()
		f()
	}
}

// mend goes on with a session after a panic outside the engine. Nobody holds the
// call's lock: whoever did has given it back on the way.
func (o *owner) mend() {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.dead || o.s.Over():
	case o.c.lease.span > 0:
		o.letGo(errBroken)
		o.c.later(tellAgain, func() { o.c.takeUp(o.id) })
	default:
		o.clear()
		o.queue = queue{}
		ch := changed(o.c.fail(o.flow, *o.s, errBroken))
		if err := o.commit(context.Background(), ch); err != nil {
			o.c.cfg.Log.Error("session broken", slog.String("session", string(o.id)), slog.String("error", err.Error()))
		}
	}
}

// flow finds the version of a flow that a session runs.
func (c *Calls) flow(ctx context.Context, version string) (f *flow.Flow, err error) {
	if c.cfg.Flow == nil {
		return nil, fmt.Errorf("%w: nothing is known of versions", flow.ErrUnusable)
	}
	defer func() {
		if p := recover(); p != nil {
			c.caught("flow lookup", p)
			err = fmt.Errorf("%w: panic: %v", flow.ErrUnusable, p)
		}
	}()
	return c.cfg.Flow(ctx, version)
}
