package sim

import (
	"time"

	"github.com/ivrflow/ivrflow/testkit"
)

// simClock is virtual time for the simulated Graph: all that runs on it may
// sleep.
type simClock struct{ *testkit.Clock }

// AfterFunc runs f once d has passed.
func (c simClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return c.Clock.AfterFunc(d, func() { c.Go(f) })
}

// procClock is the time of one process: its wall clock may be wrong, and what
// runs on it stops with the process.
type procClock struct{ p *proc }

// Now is what the node's wall clock shows, and by the way how long the node is
// up.
func (c procClock) Now() time.Time {
	now := c.p.w.clock.Now()
	return stamp(now.Add(c.p.node.skew), now.Sub(begins()))
}

// AfterFunc runs f once d has passed, if the process lives then and is not
// stopped.
func (c procClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return c.p.w.clock.AfterFunc(d, func() { c.Go(f) })
}

// Go runs f beside the caller.
func (c procClock) Go(f func()) {
	c.p.w.clock.Go(func() { c.p.enter(f) })
}

// Await waits in virtual time, as long as the process lives.
func (c procClock) Await(d time.Duration, until func() bool) bool {
	p := c.p
	end := p.w.clock.Now().Add(d)
	for !p.dead && !until() && p.w.clock.Now().Before(end) {
		p.w.clock.Sleep(end.Sub(p.w.clock.Now()), func() bool { return p.dead || until() })
		p.gate()
	}
	return until()
}

// enter runs f in the process: never if that is dead, later if it is stopped.
func (p *proc) enter(f func()) {
	switch {
	case p.dead:
	case p.node.stopped:
		p.backlog = append(p.backlog, f)
	default:
		f()
	}
}

// gate is passed by whatever comes back to the process from outside. It waits
// while the process is stopped, and is false if it is dead.
func (p *proc) gate() bool {
	for p.node.stopped && !p.dead {
		p.w.clock.Sleep(time.Hour, func() bool { return !p.node.stopped || p.dead })
	}
	return !p.dead
}
