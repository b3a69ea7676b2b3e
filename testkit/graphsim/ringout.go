package graphsim

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// ringOut lets the callee's phone ring. At once means that the bot hears of it
// before its request is answered.
func (c *Call) ringOut(to ivr.Target, most time.Duration, atOnce bool) {
	set := c.sim.set
	if most == 0 {
		most = set.RingFor
	}
	r := c.sim.reaction(to)
	c.sim.emit(Calling{Head: c.head(), Target: to, Behaviour: r.Behaviour})
	swapped := c.sim.occurs(EstablishedFirst)
	establishing := func() { c.tell("establishing", c.stateUpdate(ivr.StateEstablishing)) }
	switch {
	case swapped:
	case atOnce:
		establishing()
	default:
		c.timers.after(c, timerConnect, set.EstablishingDelay, establishing)
	}
	r = r.within(most)
	c.timers.after(c, timerTransfer, r.After, func() {
		switch r.Behaviour {
		case Answers, Machine:
			c.pickUp(to, r.Behaviour, swapped)
			if r.Leaves > 0 {
				c.sim.after(r.Leaves, c.hangUp)
			}
		case Busy:
			c.terminate(ivr.EndedByCaller, set.CalleeBusy)
		case Declined:
			c.terminate(ivr.EndedByCaller, set.CalleeDeclined)
		case NoAnswer:
			c.terminate(ivr.EndedByService, set.CalleeNoAnswer)
		}
	})
}

// pickUp connects a call whose callee took it.
func (c *Call) pickUp(by ivr.Target, b Behaviour, swapped bool) {
	set := c.sim.set
	c.sim.emit(PickedUp{Head: c.head(), Target: by, Behaviour: b})
	established := c.establish
	if swapped {
		established = func() {
			c.establish()
			c.tell("establishing", c.stateUpdate(ivr.StateEstablishing))
		}
	}
	steps := []step{{set.EstablishedDelay, established}, {set.AudioDelay, func() { c.startAudio("audio") }}}
	switch set.Audio {
	case AudioMerged:
		steps = steps[:1]
	case AudioFirst:
		steps[0], steps[1] = steps[1], steps[0]
	case AudioAfter:
	}
	c.walk(append(steps, c.manyEstablished()...))
}
