package sim

import (
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

const (
	// onTime is how late a timer may be, without a reason.
	onTime = 1050 * time.Millisecond
	// backToTime is how long a process may need for what fell due while it could
	// not do anything.
	backToTime = 3 * time.Second
	// suspected is how often a session was counted when processes died that is tried
	// alone; suspectedFor is how long it may wait for that: until its process has
	// lived for 3 s, and another that is suspected was tried for 10 s at most.
	suspected    = 2
	suspectedFor = 15 * time.Second
	// lookAgain is how long a process may not have noticed that its wall clock was
	// set; see runtime/call.
	lookAgain = 20 * time.Second
	// takeOver is how long a session may have no process: until a lease has ended,
	// or a process was started again, and it was looked for.
	takeOver = 25 * time.Second
)

// excuse lets the timers of a session be late for a while.
func (r *record) excuse(until time.Time) {
	if until.After(r.lateUntil) {
		r.lateUntil = until
	}
}

// underClock notes a wall clock, by how much it is wrong, by which times of the
// session were reckoned.
func (r *record) underClock(skew time.Duration) {
	r.slow, r.fast = min(r.slow, skew), max(r.fast, skew)
}

// excuse lets the timers of all sessions that the node has be late for a while.
func (n *node) excuse(d time.Duration) {
	n.w.excuse(d)
	until := n.w.clock.Now().Add(d)
	for _, r := range n.w.judge.order {
		if r.owner != nil && r.owner.node == n {
			r.excuse(until)
		}
	}
	if until.After(n.lateUntil) {
		n.lateUntil = until
	}
}

// timers are on time, and never early: I7. The time at which one is due is known
// exactly if it was reckoned in the process that has it; one that was read from
// the store is due by the wall clocks of the processes that had the session.
func (j *judge) timers(p *proc, r *record, before engine.Session, ch *call.Change) {
	r.underClock(p.node.skew)
	for _, ev := range ch.Events {
		e, ok := ev.(ivr.TimerExpired)
		if !ok {
			continue
		}
		i := slices.IndexFunc(before.Timers, func(t engine.Timer) bool { return t.ID == e.Timer })
		if i < 0 {
			continue // it was taken back, and has no effect
		}
		j.onTime(r, before.Timers[i])
		if slices.ContainsFunc(ch.Session.Timers, func(o engine.Timer) bool { return o.ID == e.Timer }) {
			j.violated("I7", "session %s: timer %d has fired and is still there", r.id, e.Timer)
		}
	}
}

func (j *judge) onTime(r *record, t engine.Timer) {
	now := j.w.clock.Now()
	due, exact := truly(t.Due)
	first, last := due, due
	if !exact {
		first, last = due.Add(-r.fast), due.Add(-r.slow)
	}
	if r.jumped {
		last = last.Add(lookAgain)
	}
	j.fired++
	if now.Before(first) {
		j.violated("I7", "session %s: timer %d (%s) is %s early", r.id, t.ID, t.Why, first.Sub(now))
	}
	if now.After(last.Add(onTime)) && now.After(r.lateUntil.Add(onTime)) {
		j.violated("I7", "session %s: timer %d (%s) is %s late", r.id, t.ID, t.Why, now.Sub(last))
	}
}

// truly is when a time of a process is, in truth; exact is false if it says only
// what a wall clock shows.
func truly(t time.Time) (at time.Time, exact bool) {
	at = begins().Add(t.Sub(stamp(begins(), 0)))
	other := begins().Add(t.Sub(stamp(begins().Add(-time.Hour), 0)))
	return at, at.Equal(other)
}
