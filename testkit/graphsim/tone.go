package graphsim

import (
	"net/http"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// tones is what a call knows of its keys.
type tones struct {
	subscriptions int
	asked         int // subscriptions, with those that do not count yet
	early         []ivr.Key
	next          int64 // sequenceId of the next key
	held          []object
}

// toneName is a key in the service's words.
func toneName(k ivr.Key) string {
	switch {
	case k == '*':
		return "star"
	case k == '#':
		return "pound"
	case k >= '0' && k <= '9':
		return "tone" + k.String()
	}
	return k.String()
}

// subscribe is the action subscribeToTone.
func (c *Call) subscribe(x *exchange) reply {
	if c.config[odataType] == appHosted {
		return refuse(c.sim.set.TonesOfApp, "An internal error occurred.")
	}
	if bad := c.ready(); bad != nil {
		return *bad
	}
	switch set := c.sim.set; {
	case c.tones.asked == 0 || set.Subscription == SubscribeTwice:
		c.tones.asked++
		c.listenToKeys()
	case set.Subscription == SubscribeRefuse:
		return refuse(set.WrongState, "The call has a tone subscription already.")
	}
	r := c.completed(x, http.StatusOK, "subscribeToToneOperation", nil)
	r.first = nil
	return r
}

// listenToKeys lets a subscription count, now or after a while.
func (c *Call) listenToKeys() {
	begin := func() {
		if c.state == ivr.StateTerminated {
			return
		}
		c.tones.subscriptions++
		c.sim.emit(Subscribed{c.head()})
		early := c.tones.early
		c.tones.early = nil
		for _, k := range early {
			c.sendTone(k)
		}
	}
	if d := c.sim.set.SubscribeDelay; d > 0 {
		c.sim.after(d, begin)
		return
	}
	begin()
}

// Press presses keys, one after the other, without a pause. A key reaches the
// bot only if audio has been active, the bot subscribed to tones and the call
// is not over; otherwise it is lost, as with the service.
func (c *Call) Press(keys ...ivr.Key) {
	c.sim.do(func() {
		for _, k := range keys {
			c.press(k)
		}
	})
}

func (c *Call) press(k ivr.Key) {
	if _, err := ivr.ParseKey(k.String()); err != nil {
		c.sim.emit(ToneLost{c.head(), k, err.Error()})
		return
	}
	stops := c.stopsRecording(k)
	switch {
	case c.state == ivr.StateTerminated || c.state == ivr.StateIncoming || c.state == ivr.StateEstablishing:
		c.sim.emit(ToneLost{c.head(), k, "the call is " + c.state.String()})
	case c.onHold:
		c.sim.emit(ToneLost{c.head(), k, "the person has the call on hold"})
		return
	case c.tones.subscriptions == 0 && stops:
	case c.tones.subscriptions == 0 && c.sim.set.EarlyTones:
		c.tones.early = append(c.tones.early, k)
	case c.tones.subscriptions == 0:
		c.sim.emit(ToneLost{c.head(), k, "the bot has not subscribed to tones"})
	case !stops || !c.sim.set.StopToneHidden:
		c.sendTone(k)
	}
	if stops {
		c.endCapture(c.media.queue[0], ivr.RecordStopTone)
	}
}

func (c *Call) sendTone(k ivr.Key) {
	seq := c.tones.next
	c.tones.next++
	held := false
	for range c.tones.subscriptions {
		tone := typed("toneInfo", object{"sequenceId": seq, "tone": toneName(k)})
		if len(c.tones.held) > 0 || !c.playing() && c.state == ivr.StateEstablished && c.sim.occurs(TonesWhilePlaying) {
			held = true
			c.tones.held = append(c.tones.held, tone)
			c.timers.after(c, timerTone, c.sim.set.ToneHeld, c.releaseTones)
			continue
		}
		c.tellTone(tone)
	}
	c.sim.emit(ToneSent{c.head(), k, seq, held})
}

func (c *Call) tellTone(tone object) {
	c.tell("tone", c.update(object{"state": c.state.String(), "toneInfo": tone}))
}

// releaseTones sends the keys that were held back.
func (c *Call) releaseTones() {
	c.timers.cancel(timerTone)
	held := c.tones.held
	c.tones.held = nil
	for _, tone := range held {
		c.tellTone(tone)
	}
}

// playing says whether the caller hears a prompt now.
func (c *Call) playing() bool {
	return len(c.media.queue) > 0 && c.media.queue[0].current != nil
}
