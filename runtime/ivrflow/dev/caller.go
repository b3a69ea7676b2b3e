package dev

import (
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// How fast a caller is who follows a script.
const (
	reaction   = 300 * time.Millisecond  // from hearing to doing
	keyGap     = 150 * time.Millisecond  // between two keys
	impatience = time.Second             // after which the next element needs no move of the flow
	afterglow  = 1200 * time.Millisecond // after a recording, in which its stop keys are swallowed
)

// caller does what a script, or lines, say. It belongs to the desk's
// goroutine.
type caller struct {
	queue []element
	busy  bool      // an element is being acted
	free  bool      // the next element need not wait for a move
	acted time.Time // when the last one was done
	moves int       // of the stage at that time
	armed bool      // consider runs again by itself
	vain  int       // how often the flow listened in vain since the script is over
	call  int       // which call the timers belong to
}

// begin is for a new call.
func (c *caller) begin() {
	*c = caller{queue: c.queue, free: true, call: c.call + 1}
}

// consider acts the next element if it is time. It is called whenever
// something happened.
func (d *desk) consider() {
	c := &d.caller
	if c.busy || len(c.queue) == 0 || d.talk == nil {
		return
	}
	e := c.queue[0]
	if e.act == actWait {
		d.wait(e)
		return
	}
	if !d.fits(e) {
		return
	}
	if left := impatience - d.now().Sub(c.acted); !c.free && d.talk.stage.moves == c.moves && left > 0 {
		if !c.armed {
			c.armed = true
			d.afterInCall(left, func() { c.armed = false })
		}
		return
	}
	c.busy = true
	pause := max(reaction, afterglow-d.now().Sub(d.talk.stage.recorded))
	d.afterInCall(pause, func() {
		c.busy = false
		if d.fits(e) {
			d.act(e)
		}
	})
}

// fits says that an element can act now.
func (d *desk) fits(e element) bool {
	s := &d.talk.stage
	switch e.act {
	case actPress:
		return s.takesKey(e.keys[0])
	case actSay:
		return !s.recording.IsZero()
	case actHangUp:
		return s.hears() || s.takesKeys()
	case actWait, actRing, actQuit:
	}
	return false
}

func (d *desk) act(e element) {
	d.pop()
	switch e.act {
	case actPress:
		d.press(e.keys)
	case actSay:
		d.speak(e.pcm)
		d.occupy(lengthOf(e.pcm), false)
	case actHangUp:
		d.talk.call.HangUp()
	case actWait, actRing, actQuit:
	}
}

func (d *desk) pop() {
	d.caller.queue = d.caller.queue[1:]
}

// press presses keys one after the other.
func (d *desk) press(keys []ivr.Key) {
	d.talk.call.Press(keys[0])
	if len(keys) == 1 {
		d.occupy(0, false)
		return
	}
	d.caller.busy = true
	d.afterInCall(keyGap, func() { d.press(keys[1:]) })
}

func (d *desk) wait(e element) {
	d.pop()
	d.occupy(e.wait, true)
}

// occupy keeps the caller busy for a time; then the next element may come.
func (d *desk) occupy(long time.Duration, free bool) {
	c := &d.caller
	done := func() {
		c.busy, c.free, c.acted, c.moves = false, free, d.now(), d.talk.stage.moves
	}
	if long == 0 {
		done()
		return
	}
	c.busy = true
	d.afterInCall(long, done)
}

// listenedInVain is told of the machine's moves. A caller whose script is over
// hangs up when the flow asks again.
func (d *desk) listenedInVain(trigger string) {
	c := &d.caller
	if d.set.person() || c.busy || len(c.queue) > 0 {
		return
	}
	switch {
	case trigger == "no_input":
	case strings.HasPrefix(trigger, "gave_up"), strings.HasPrefix(trigger, "empty"):
		if c.vain++; c.vain < 2 {
			return // the flow has its own answer to silence
		}
	default:
		return
	}
	d.afterInCall(reaction, func() {
		d.say("caller", "hangs up: the flow listened in vain")
		d.talk.call.HangUp()
	})
}
