package graphsim

import "time"

// timerName names a timer of a call. A call has at most one of each.
type timerName int

const (
	timerAnswer    timerName = iota // the bot's time to answer
	timerConnect                    // the next step of call set-up
	timerKeepAlive                  // the end without keepAlive
	timerAudio                      // audio-drops
	timerEscalate                   // escalates
	timerMedia                      // the running media operation
	timerTransfer                   // a target's phone rings
	timerTone                       // a key that is held back
	timerCount
)

// timers are a call's running timers.
type timers [timerCount]*timer

type timer struct {
	stop    func() bool
	stopped bool
}

// after sets a timer, in place of the one with that name. Its function runs
// under the lock. The lock is held.
func (t *timers) after(c *Call, name timerName, d time.Duration, f func()) {
	t.cancel(name)
	this := &timer{}
	t[name] = this
	this.stop = c.sim.clock.AfterFunc(d, func() {
		c.sim.do(func() {
			if !this.stopped && !c.sim.closed {
				this.stopped = true
				f()
			}
		})
	})
}

// cancel stops a timer, also one that has gone off but waits for the lock.
func (t *timers) cancel(name timerName) {
	if t[name] != nil {
		t[name].stopped = true
		t[name].stop()
		t[name] = nil
	}
}

// stopTimers stops all timers of a call. The lock is held.
func (c *Call) stopTimers() {
	for name := range timerCount {
		c.timers.cancel(name)
	}
	if c.sim.closed && c.out.stop != nil {
		c.out.stop()
	}
}
