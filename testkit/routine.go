package testkit

import (
	"iter"
	"slices"
	"time"
)

// routine is a function that [Clock.Go] runs. It can pause half way through:
// then the clock goes on with other functions, on the same goroutine as far as
// they can tell, and takes it up again later. Only one function runs at any
// time, so that the order stays the same in every run.
type routine struct {
	resume func() (struct{}, bool) // runs it until it pauses or ends
	stop   func()                  // lets it run to its end without pausing again
	pause  func() bool             // called by itself; false if it was stopped
	until  func() bool             // what ends its sleep early
	cancel func() bool             // takes its alarm back
}

// Go runs f at the present time, after what is already waiting for it. f may
// Sleep.
func (c *Clock) Go(f func()) {
	c.AfterFunc(0, func() {
		r := &routine{}
		r.resume, r.stop = iter.Pull(func(yield func(struct{}) bool) {
			r.pause = func() bool { return yield(struct{}{}) }
			f()
		})
		c.take(r, func() { r.resume() })
	})
}

// take lets a routine run.
func (c *Clock) take(r *routine, run func()) {
	before := c.running
	c.running = r
	defer func() { c.running = before }()
	run()
}

// Sleep lets d pass for the function that calls it, while all others go on. It
// ends early, and is false, when the condition comes true or the clock is
// closed. A function that [Clock.Go] does not run drives the clock instead.
func (c *Clock) Sleep(d time.Duration, until func() bool) bool {
	r := c.running
	if r == nil {
		return !c.RunFor(d, until)
	}
	r.until = until
	r.cancel = c.AfterFunc(d, func() { c.wake(r) })
	c.asleep = append(c.asleep, r)
	return r.pause() && !until()
}

// wake takes a routine up that sleeps.
func (c *Clock) wake(r *routine) {
	c.asleep = slices.DeleteFunc(c.asleep, func(other *routine) bool { return other == r })
	r.cancel()
	c.take(r, func() { r.resume() })
}

// wakeEarly wakes those that need not sleep any longer.
func (c *Clock) wakeEarly() {
	for {
		i := slices.IndexFunc(c.asleep, func(r *routine) bool { return r.until() })
		if i < 0 {
			return
		}
		c.wake(c.asleep[i])
	}
}

// Close ends the sleep of all that sleep, so that they end. What they start is
// not run. It may be called more than once.
func (c *Clock) Close() {
	for len(c.asleep) > 0 {
		r := c.asleep[0]
		c.asleep = c.asleep[1:]
		r.cancel()
		c.take(r, r.stop)
	}
}
