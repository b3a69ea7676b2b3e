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

// operation is a playPrompt or recordResponse.
type operation struct {
	id      string
	context string
	beta    bool
	prompts []media
	loop    bool
	record  *recordSpec // nil for playPrompt
	capture *capture    // set while it listens

	index   int      // prompt that plays or is fetched
	current *hearing // set while a prompt is heard
	heard   time.Duration
	bad     bool // a prompt could not be played
	done    bool
}

// typeName is the operation's type in the service's words.
func (o *operation) typeName() string {
	if o.record != nil {
		return "recordOperation"
	}
	return "playPromptOperation"
}

func (o *operation) action() string {
	if o.record != nil {
		return "recordResponse"
	}
	return "playPrompt"
}

// ending is how an operation ended.
type ending struct {
	status string // completed or failed
	reason string // completionReason
	result Result
	rec    *recording // of a recordResponse that kept something
}

func cancelled() ending {
	return ending{status: "failed", reason: "operationCanceled",
		result: Result{400, 8508, "Action failed, the operation was cancelled."}}
}

// accept queues an operation and answers its request. The lock is held.
func (c *Call) accept(x *exchange, op *operation) reply {
	set := c.sim.set
	if set.QueueLimit > 0 && len(c.media.queue) > set.QueueLimit {
		return refuse(Refusal{http.StatusTooManyRequests, "8516"}, "Too many media operations are queued.")
	}
	op.id, op.context, op.beta = c.sim.chance.guid(), str(x.body, "clientContext"), x.beta()
	body := c.running(op)
	var first func()
	switch idle := len(c.media.queue) == 0; {
	case c.sim.clock.Now().Before(c.media.lostUntil):
		c.reportLater(c.report(op, c.cancelForm(op)))
	case idle && op.record == nil && !op.loop && c.sim.occurs(CompletedInResponse):
		c.media.queue = append(c.media.queue, op)
		first = func() {
			e := c.playAtOnce(op, false)
			body["status"], body["resultInfo"] = e.status, resultInfo(e.result, false)
		}
	case idle && op.record == nil && !op.loop && c.sim.occurs(OperationEventFirst):
		c.media.queue = append(c.media.queue, op)
		first = func() { c.playAtOnce(op, true); c.flush() }
	default:
		c.media.queue = append(c.media.queue, op)
		if idle {
			c.nextPrompt(op)
		}
	}
	return reply{status: http.StatusOK, body: body, location: c.location(x, op.id), first: first}
}

// running is an operation as the answer of its request has it.
func (c *Call) running(op *operation) object {
	body := object{"id": op.id, "status": "running", "clientContext": orNull(op.context), "resultInfo": nil}
	if op.beta {
		body["completionReason"] = nil
	}
	if op.record != nil {
		body["recordingLocation"], body["recordingAccessToken"] = nil, nil
	}
	return typed(op.typeName(), body)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// location is the absolute address of an operation.
func (c *Call) location(x *exchange, op string) string {
	return c.sim.cfg.BaseURL + "/" + x.version + "/communications/calls/" + c.id + "/operations/" + op
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
		c.nextPrompt(c.media.queue[0])
	}
}

// report is the notification of an operation's end.
func (c *Call) report(op *operation, e ending) *note {
	m := typed(op.typeName(), object{
		"@odata.id":   "/communications/calls/" + spell(c.id, c.upper) + "/operations/" + spell(op.id, c.upper),
		"@odata.etag": `W/"54451"`,
		"id":          op.id, "clientContext": orNull(op.context), "status": e.status,
	})
	if op.beta && e.reason != "" {
		m["completionReason"] = e.reason
	}
	if e.result != (Result{}) && (!op.beta || !c.sim.set.NoResultInfo || e.status == "failed") {
		m["resultInfo"] = resultInfo(e.result, false)
	}
	if op.record != nil {
		m["recordingLocation"], m["recordingAccessToken"] = "", ""
		if e.rec != nil {
			m["recordingLocation"], m["recordingAccessToken"] = c.sim.cfg.BaseURL+"/recordings/"+e.rec.id, e.rec.token
		}
	}
	return &note{change: "deleted", kind: op.action(), below: op.id, data: m}
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
		c.sim.emit(RecordingEnded{Head: c.head(), Operation: op.id, ClientContext: op.context,
			Why: ivr.RecordCancelled, Length: c.elapsed(op), Lost: true})
		op.capture = nil
	}
}

// cancelMedia is the action cancelMediaProcessing.
func (c *Call) cancelMedia(x *exchange) reply {
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
	return reply{status: http.StatusOK, first: c.early(), location: c.location(x, c.sim.chance.guid()),
		body: typed("cancelMediaProcessingOperation", object{
			"id": c.sim.chance.guid(), "status": "completed", "clientContext": orNull(str(x.body, "clientContext")),
		})}
}

func (c *Call) reportLater(n *note) {
	c.sim.after(c.sim.set.CancelLag, func() { c.post(n) })
}

// cancelForm is how a cancelled operation is reported.
func (c *Call) cancelForm(op *operation) ending {
	e := cancelled()
	if op.record != nil {
		return e
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
