package testkit

import (
	"iter"
	"slices"
	"time"
)

// routine runs functions that [Clock.Go] was given, one at a time. The function
// can pause half way through: then the clock goes on with other functions, on
// the same goroutine as far as they can tell, and takes it up again later. Only
// one function runs at any time, so that the order stays the same in every run.
//
// When its function has ended a routine takes the next one, since a stack that
// has grown is worth keeping.
type routine struct {
	run    func()                  // its function, nil between two of them
	resume func() (struct{}, bool) // runs it until it pauses or ends
	stop   func()                  // lets it run to its end without pausing again
	pause  func() bool             // called by itself; false if it was stopped
	until  func() bool             // what ends its sleep early
	cancel func() bool             // takes its alarm back
}

func newRoutine() *routine {
	r := &routine{}
	r.resume, r.stop = iter.Pull(func(yield func(struct{}) bool) {
		r.pause = func() bool { return yield(struct{}{}) }
		for more := true; more; more = r.pause() {
			r.run()
			r.run = nil
		}
	})
	return r
}

// Go runs f at the present time, after what is already waiting for it. f may
// Sleep.
func (c *Clock) Go(f func()) {
	c.AfterFunc(0, func() {
		var r *routine
		if n := len(c.spare); n > 0 {
			r, c.spare = c.spare[n-1], c.spare[:n-1]
		} else {
			r = newRoutine()
		}
		r.run = f
		c.resume(r)
	})
}

// resume lets a routine go on.
func (c *Clock) resume(r *routine) {
	c.take(r, func() { r.resume() })
	if r.run == nil {
		c.spare = append(c.spare, r)
	}
}

// dismiss ends the routines that have nothing to do.
func (c *Clock) dismiss() {
	for _, r := range c.spare {
		r.stop()
	}
	c.spare = nil
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
	c.resume(r)
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
// not run. It may be called more than once, by whoever may drive the clock.
func (c *Clock) Close() {
	defer c.dismiss()
	for len(c.asleep) > 0 {
		r := c.asleep[0]
		c.asleep = c.asleep[1:]
		r.cancel()
		c.take(r, r.stop)
	}
}
