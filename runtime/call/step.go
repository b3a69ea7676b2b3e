package call

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// step is engine.Step behind a wall: a panic costs one event of one call, not
// the process. The session is changed in its place.
func (c *Calls) step(f *flow.Flow, s *engine.Session, ev ivr.Event) (cmds []ivr.Command, parked ivr.Event) {
	defer func() {
		if p := recover(); p != nil {
			c.panicked("event parked", s, p)
			s.Timers = without(s.Timers, ev)
			*s, cmds = c.fail(f, *s, fmt.Errorf("panic: %v", p))
			parked = ev
		}
	}()
	id, flow, state := s.ID, s.Flow, s.State
	cmds, err := engine.Apply(f, s, ev)
	if err != nil {
		c.cfg.Log.Error("flow failed", slog.String("session", string(id)), slog.String("flow", flow),
			slog.String("state", state), slog.String("error", err.Error()))
		s.Timers = without(s.Timers, ev)
	}
	return cmds, nil
}

// without is a session's timers without the one that an event is about: a timer
// that brings a panic, or an error, must not fire again and again.
func without(list []engine.Timer, ev ivr.Event) []engine.Timer {
	if e, ok := ev.(ivr.TimerExpired); ok {
		return slices.DeleteFunc(slices.Clone(list), func(t engine.Timer) bool { return t.ID == e.Timer })
	}
	return list
}

// fail takes a call to on_error. If that panics too, the session ends here.
func (c *Calls) fail(f *flow.Flow, s engine.Session, cause error) (next engine.Session, cmds []ivr.Command) {
	now := c.cfg.Clock.Now()
	defer func() {
		if p := recover(); p != nil {
			c.panicked("session abandoned", &s, p)
			next, cmds = engine.Abandon(s, now)
		}
	}()
	return engine.Fail(f, s, now, cause)
}

func (c *Calls) panicked(what string, s *engine.Session, p any) {
	c.counts.panics.Add(1)
	c.cfg.Log.Error("panic", slog.String("then", what), slog.String("session", string(s.ID)), slog.String("state", s.State),
		slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
}

// observe tells Config.Observe of a change. What goes wrong there must not
// reach the call.
func (c *Calls) observe(ch *Change) {
	if c.cfg.Observe != nil {
		c.observed(ch)
	}
}

// observed has room for a whole change, which most goroutines can do without.
func (c *Calls) observed(ch *Change) {
	defer func() {
		if p := recover(); p != nil {
			c.panicked("observer failed", ch.Session, p)
		}
	}()
	c.cfg.Observe(*ch)
}

// stopped is the change that hangs a session up from outside.
func (c *Calls) stopped(f *flow.Flow, s engine.Session, at time.Time) *Change {
	return changed(engine.Stop(f, s, at))
}

// changed is the change to a session, with what it decided.
func changed(s engine.Session, cmds []ivr.Command) *Change {
	return &Change{Session: &s, Commands: cmds}
}
