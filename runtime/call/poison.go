package call

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// What a session is taken up with may be what ended the process before. So that
// is counted in the store before anything is done, once in each process, and taken
// back when the process has lived through all of it.
//
// Who was counted when a process ended need not be to blame. So a session that was
// counted twice is not taken up with the others: it waits until the process has
// lived for some time, and is then tried while no other suspect is. If a third
// process ends all the same, what is left to do for it is left undone, and its
// call goes to on_error. If that ends one more, the session is given up.
const (
	suspectFrom = 2
	maxAttempts = 3
	// harmlessAfter is how long a session must have gone on after it was taken up
	// until it no longer counts, whatever has become of what it was taken up with.
	harmlessAfter = 10 * time.Second
	// suspectWait is how long a process has lived before it tries a suspect: one
	// that is ended again and again for another reason ends before that.
	suspectWait = 3 * time.Second
	suspectPoll = 20 * time.Millisecond
)

var errPoison = fmt.Errorf("the process ended %d times while this was done", maxAttempts)

// trial is what a session was taken up with.
type trial struct {
	ops    []ivr.OpID
	timers []ivr.TimerID
}

func newTrial(pending []Pending, due []ivr.TimerID) *trial {
	t := &trial{timers: due}
	for _, p := range pending {
		t.ops = append(t.ops, opOf(p.Cmd))
	}
	return t
}

// over reports whether nothing of it is left to be done.
func (t *trial) over(pending []Pending, timers []engine.Timer) bool {
	return t != nil &&
		!slices.ContainsFunc(pending, func(p Pending) bool { return slices.Contains(t.ops, opOf(p.Cmd)) }) &&
		!slices.ContainsFunc(timers, func(a engine.Timer) bool { return slices.Contains(t.timers, a.ID) })
}

// survived reports whether the process has lived through what the session was
// taken up with. The call is locked.
func (o *owner) survived(pending []Pending, timers []engine.Timer) bool {
	return o.c.cfg.Clock.Now().Sub(o.since) > harmlessAfter || o.trial.over(pending, timers)
}

// count records that the session is being taken up, once in this process: a store
// that fails, or loses its answers, is no fault of the session's.
func (o *owner) count(ctx context.Context) (err error) {
	o.c.mu.Lock()
	before, counted := o.c.counted[o.id]
	if counted = counted && o.attempts > before; !counted {
		o.c.counted[o.id] = o.attempts
	}
	o.c.mu.Unlock()
	if !counted {
		o.attempts, err = o.c.cfg.Store.Try(ctx, o.id, o.epoch)
	}
	return err
}

// uncount says that this process is not what a session was counted for any more.
func (c *Calls) uncount(id ivr.SessionID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.counted, id)
}

// dueTimers are those that have run out.
func (o *owner) dueTimers() []ivr.TimerID { return dueAt(o.s.Timers, o.c.cfg.Clock.Now()) }

func dueAt(timers []engine.Timer, now time.Time) (due []ivr.TimerID) {
	for _, t := range timers {
		if !t.Due.After(now) {
			due = append(due, t.ID)
		}
	}
	return due
}

// tryMail is count for the first mail that a session is given after it was taken
// up: that may be what ended the process before. It reports whether the mail has
// been parked. The call is locked.
func (o *owner) tryMail(ctx context.Context, m *Mail) (parked bool, err error) {
	if m.ID == 0 || o.since.IsZero() || o.mailed || len(m.Items) == 0 || o.s.Over() {
		return false, nil
	}
	if err := o.count(ctx); err != nil {
		return false, fmt.Errorf("session %s: %w", o.id, err)
	}
	o.mailed = true
	if o.attempts <= maxAttempts {
		if o.trial == nil {
			o.trial = &trial{}
		}
		return false, nil
	}
	o.c.cfg.Log.Error("mail parked", slog.String("session", string(o.id)), slog.String("state", o.s.State), slog.String("error", errPoison.Error()))
	ch := &Change{Parked: m.Items[0].Event, Mail: []int64{m.ID}}
	ch.Session, ch.Commands = o.c.fail(o.flow, o.s, errPoison)
	return true, o.commit(ctx, ch)
}

// suspects wait to be tried. Guarded by the lock of Calls.
type suspects struct {
	list  []Record
	tries bool // somebody is at it
}

func (l *suspects) waits(id ivr.SessionID) bool { return l.at(id) >= 0 }

func (l *suspects) at(id ivr.SessionID) int {
	return slices.IndexFunc(l.list, func(rec Record) bool { return rec.Session.ID == id })
}

// suspicious reports whether a session is to be tried while no other suspect is.
func (c *Calls) suspicious(rec *Record) bool {
	if rec.Attempts < suspectFrom || rec.Attempts >= maxAttempts || rec.Damaged != nil || rec.Session.Over() {
		return false
	}
	c.mu.Lock()
	before, counted := c.counted[rec.Session.ID]
	c.mu.Unlock()
	return !(counted && rec.Attempts > before) && // else this process was the last one that counted
		(len(rec.Pending) > 0 || len(dueAt(rec.Session.Timers, c.cfg.Clock.Now())) > 0)
}

// suspect has a session tried when its turn comes.
func (c *Calls) suspect(rec Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.suspects.at(rec.Session.ID); i >= 0 {
		c.suspects.list[i] = rec // under a newer epoch
		return
	}
	c.suspects.list = append(c.suspects.list, rec)
	if c.suspects.tries {
		return
	}
	c.suspects.tries = true
	wait := c.opened.Add(suspectWait).Sub(c.cfg.Clock.Now())
	c.later(max(wait, 0), c.trySuspect)
}

// trySuspect tries the suspect that has waited longest.
func (c *Calls) trySuspect() {
	c.mu.Lock()
	if len(c.suspects.list) == 0 {
		c.suspects = suspects{}
		c.mu.Unlock()
		return
	}
	rec := c.suspects.list[0]
	c.suspects.list = c.suspects.list[1:]
	c.mu.Unlock()
	ctx, cancel := c.within()
	defer cancel()
	o := c.resume(ctx, rec)
	c.tried(o)
}

// tried waits until a suspect is known as harmless.
func (c *Calls) tried(o *owner) {
	if o.onTrial() {
		c.later(suspectPoll, func() { c.tried(o) })
		return
	}
	c.later(0, c.trySuspect)
}

// onTrial reports whether it is not known yet that a session is harmless. When it
// is, that is recorded.
func (o *owner) onTrial() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || o.s.Over() || o.attempts == 0 {
		return false
	}
	if !o.survived(o.pending, o.s.Timers) {
		return true
	}
	if err := o.store(context.WithoutCancel(o.ctx), &Change{Session: o.s, Pending: o.pending}); err != nil {
		o.c.cfg.Log.Warn("session not recorded as harmless", slog.String("session", string(o.id)), slog.String("error", err.Error()))
	}
	return false
}

// park takes a session to on_error that may have killed the process: what was
// to be sent, and what was due, is left undone. If not even that could be done
// it is given up.
func (o *owner) park(ctx context.Context) error {
	if o.attempts > maxAttempts+1 {
		return o.giveUp(ctx, errPoison)
	}
	o.c.cfg.Log.Error("session parked", slog.String("session", string(o.id)), slog.String("state", o.s.State), slog.String("error", errPoison.Error()))
	due := o.dueTimers()
	s := o.s
	s.Timers = slices.DeleteFunc(slices.Clone(s.Timers), func(t engine.Timer) bool { return slices.Contains(due, t.ID) })
	ch := &Change{Parked: o.suspected()}
	ch.Session, ch.Commands = o.c.fail(o.flow, s, errPoison)
	o.pending = hangUps(o.pending)
	return o.commit(ctx, ch)
}

// suspected is what was tried last.
func (o *owner) suspected() ivr.Event {
	if len(o.pending) > 0 {
		return ivr.OperationUnknown{Head: o.head(), Op: opOf(o.pending[0].Cmd)}
	}
	for _, id := range o.dueTimers() {
		return ivr.TimerExpired{Head: o.head(), Timer: id}
	}
	return nil
}

// giveUp ends a session of which nothing can be run. Its call is hung up.
func (o *owner) giveUp(ctx context.Context, cause error) error {
	o.c.cfg.Log.Error("session given up", slog.String("session", string(o.id)), slog.String("flow", o.s.Flow), slog.String("error", cause.Error()))
	ch := &Change{}
	ch.Session, ch.Commands = engine.Abandon(o.s, o.c.cfg.Clock.Now())
	o.pending = hangUps(o.pending)
	return o.commit(ctx, ch)
}
