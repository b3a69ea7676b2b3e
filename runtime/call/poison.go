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
	// suspectWait is how long a process lives with the sessions that it has taken up
	// before it tries those that are suspects: one that is ended by another of them,
	// or again and again for another reason, ends before that.
	suspectWait = 3 * time.Second
	suspectPoll = 5 * time.Millisecond
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

// countAll is count for all those of a list that are to be counted. If the store
// fails they are counted one by one.
func (c *Calls) countAll(ctx context.Context, list []Record) {
	now := c.cfg.Clock.Now()
	var at []int
	var all []Record
	c.mu.Lock()
	for i, rec := range list {
		before, counted := c.counted[rec.Session.ID]
		if rec.Damaged == nil && !rec.Session.Over() && !(counted && rec.Attempts > before) && toDo(&rec, now) {
			c.counted[rec.Session.ID] = rec.Attempts
			at, all = append(at, i), append(all, rec)
		}
	}
	c.mu.Unlock()
	if len(all) < 2 {
		return
	}
	attempts, err := c.cfg.Store.TryAll(ctx, all)
	if err != nil {
		c.cfg.Log.Warn("attempts not counted at once", slog.String("error", err.Error()))
		return
	}
	for i, n := range attempts {
		if n > 0 { // else it is another node's by now
			list[at[i]].Attempts = n
		}
	}
}

// toDo reports whether something is done for a session as soon as it is taken up.
func toDo(rec *Record, now time.Time) bool {
	return len(rec.Pending)+len(rec.Mail) > 0 || len(dueAt(rec.Session.Timers, now)) > 0
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
		toDo(rec, c.cfg.Clock.Now())
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
	c.later(suspectWait, c.trySuspect)
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
	c.tried(c.goOnWith(ctx, rec))
}

// tried waits until a suspect is known as harmless. That takes long only if the
// platform, or whoever else is asked, does not answer. nil: it is no suspect any more.
func (c *Calls) tried(o *owner) {
	if o != nil && o.onTrial() {
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
// to be sent, what was due, and what its mail told, is left undone. If not even that
// could be done it is given up.
func (o *owner) park(ctx context.Context, mail []Mail) error {
	if o.attempts > maxAttempts+1 {
		return o.giveUp(ctx, errPoison)
	}
	o.c.cfg.Log.Error("session parked", slog.String("session", string(o.id)), slog.String("state", o.s.State), slog.String("error", errPoison.Error()))
	due := o.dueTimers()
	s := *o.s
	s.Timers = slices.DeleteFunc(slices.Clone(s.Timers), func(t engine.Timer) bool { return slices.Contains(due, t.ID) })
	parked := o.suspected(mail)
	ch := changed(o.c.fail(o.flow, s, errPoison))
	ch.Parked, ch.Mail = parked, o.taken
	o.pending = hangUps(o.pending)
	return o.commit(ctx, ch)
}

// suspected is what was tried last.
func (o *owner) suspected(mail []Mail) ivr.Event {
	if len(o.pending) > 0 {
		return ivr.OperationUnknown{Head: o.head(), Op: opOf(o.pending[0].Cmd)}
	}
	for _, id := range o.dueTimers() {
		return ivr.TimerExpired{Head: o.head(), Timer: id}
	}
	for _, m := range mail {
		if len(m.Items) > 0 {
			return m.Items[0].Event
		}
	}
	return nil
}

// giveUp ends a session of which nothing can be run. Its call is hung up.
func (o *owner) giveUp(ctx context.Context, cause error) error {
	o.c.cfg.Log.Error("session given up", slog.String("session", string(o.id)), slog.String("flow", o.s.Flow), slog.String("error", cause.Error()))
	ch := changed(engine.Abandon(*o.s, o.c.cfg.Clock.Now()))
	o.pending = hangUps(o.pending)
	return o.commit(ctx, ch)
}
