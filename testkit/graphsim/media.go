package graphsim

import (
	"net/http"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// mediaQueue is what a call plays and records, in order. The first operation
// is the running one.
type mediaQueue struct {
	queue []*operation
	// said is what the caller will say when the next recording listens.
	said []int16
	// lostUntil is the end of the time in which a cancel also takes what is
	// queued after it (cancel-interleaves).
	lostUntil time.Time
}

// accept queues an operation and answers its request. The lock is held.
func (c *Call) accept(x *exchange, op *operation) reply {
	set := c.sim.set
	if set.QueueLimit > 0 && len(c.media.queue) > set.QueueLimit {
		return refuse(set.QueueFull, "Too many media operations are queued.")
	}
	op.id, op.context, op.beta, op.ends = c.sim.chance.guid(), str(x.body, "clientContext"), x.beta(), x.ends
	if set.Undeclared {
		op.asked = x.body
	}
	body := c.running(op)
	var first func()
	idle := len(c.media.queue) == 0
	atOnce := idle && op.record == nil && !op.loop && op.ends == ""
	switch {
	case c.sim.clock.Now().Before(c.media.lostUntil):
		c.reportLater(c.report(op, c.cancelForm(op)))
	case atOnce && c.sim.occurs(CompletedInResponse):
		c.media.queue = append(c.media.queue, op)
		first = func() {
			c.conclude(body, op, c.playAtOnce(op, false))
			c.sim.do(func() { c.remember(op.id, body) })
		}
	case atOnce && c.sim.occurs(OperationEventFirst):
		c.media.queue = append(c.media.queue, op)
		c.remember(op.id, body)
		first = func() { c.playAtOnce(op, true); c.flush() }
	default:
		c.remember(op.id, body)
		c.media.queue = append(c.media.queue, op)
		if idle {
			c.start(op)
		}
	}
	return reply{status: http.StatusOK, body: body, location: c.location(x, op.id), first: first}
}

// complete ends the running operation and starts the next one.
func (c *Call) complete(op *operation, e ending) {
	c.drop(op)
	c.post(c.report(op, e))
	c.startNext()
}

// drop takes an operation out of the queue.
func (c *Call) drop(op *operation) {
	op.done = true
	if len(c.media.queue) > 0 && c.media.queue[0] == op {
		c.timers.cancel(timerMedia)
		c.media.queue = c.media.queue[1:]
	}
}

func (c *Call) startNext() {
	if len(c.media.queue) > 0 {
		c.start(c.media.queue[0])
	}
}

// start runs an operation.
func (c *Call) start(op *operation) {
	if c.sim.set.OperationUpdates {
		m := c.running(op)
		m["@odata.id"], m["status"] = c.operationAddress(op.id), "running"
		c.post(&note{change: "updated", kind: "running", below: op.id, data: m})
	}
	if op.tones != nil {
		c.playTones(op)
		return
	}
	c.nextPrompt(op)
}

// stopAll ends the running and all queued operations, and returns them.
func (c *Call) stopAll() []*operation {
	all := c.media.queue
	c.media.queue = nil
	c.timers.cancel(timerMedia)
	for _, op := range all {
		op.done = true
		c.cutShort(op)
	}
	return all
}

// cutShort tells the observers what was interrupted.
func (c *Call) cutShort(op *operation) {
	if op.current != nil {
		c.endHearing(op, true)
	}
	if op.capture != nil {
		c.stopListening(op, ivr.RecordCancelled, true)
	}
}

// cancelMedia is the action cancelMediaProcessing.
func (c *Call) cancelMedia(x *exchange) reply {
	if bad := c.serviceHosted(); bad != nil {
		return *bad
	}
	if bad := c.ready(); bad != nil {
		return *bad
	}
	if len(c.media.queue) == 0 && c.sim.set.IdleCancelRefused {
		return refuse(c.sim.set.WrongState, "There is no media operation to cancel.")
	}
	odd := c.sim.occurs(CancelInterleaves)
	for _, op := range c.stopAll() {
		n := c.report(op, c.cancelForm(op))
		if odd {
			c.reportLater(n)
		} else {
			c.post(n)
		}
	}
	if odd {
		c.media.lostUntil = c.sim.clock.Now().Add(c.sim.set.CancelLag)
	}
	// The documentation's example has another id in the body than in Location.
	location, id := c.location(x, c.sim.chance.guid()), c.sim.chance.guid()
	body := typed("cancelMediaProcessingOperation", object{"id": id, "status": "completed", "clientContext": orNull(str(x.body, "clientContext"))})
	c.remember(id, body)
	return reply{status: http.StatusOK, first: c.early(), location: location, body: body}
}

func (c *Call) reportLater(n *note) {
	c.sim.after(c.sim.set.CancelLag, func() { c.post(n) })
}

// cancelForm is how a cancelled operation is reported.
func (c *Call) cancelForm(op *operation) ending {
	e := cancelled()
	switch {
	case op.record != nil:
		return e
	case op.tones != nil:
		return tonesEnded("mediaOperationCanceled")
	}
	switch c.sim.set.PromptCancel {
	case CancelFailed:
	case CancelByEnum:
		e.reason = "mediaOperationCanceled"
	case CancelCompleted:
		e = ending{status: "completed", reason: "mediaOperationCanceled"}
	}
	return e
}

// abandonMedia ends all media with the call, and returns what is reported of
// it: cancelled prompts, and by default nothing of recordings.
func (c *Call) abandonMedia() []*note {
	var notes []*note
	for _, op := range c.stopAll() {
		if op.record == nil || c.sim.set.RecordEndsReported {
			notes = append(notes, c.report(op, c.cancelForm(op)))
		}
	}
	return notes
}
