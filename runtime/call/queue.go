package call

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// queue is a leg's commands on their way to the platform, in order. The first
// is being sent, or waits to be sent again, while busy is set. It is guarded by
// the owner's lock.
type queue struct {
	list   []sending
	busy   bool                    // somebody sends, or waits to
	sent   bool                    // the first is on its way
	ctx    context.Context         //nolint:containedctx // of the requests, until one is aborted; nil before the first
	abort  context.CancelCauseFunc // of ctx
	wake   func() bool             // stops the wait before another try; nil if there is none
	waits  ivr.OpID                // what waits for another try
	gaveUp []ivr.OpID              // dropped unsent, not told yet
}

// sending is a command on its way.
type sending struct {
	cmd   ivr.Command
	tries int
	turn  bool // its turn has been taken; see reads
}

var errHungUp = errors.New("the call is being hung up")

func (q *queue) add(cmd ivr.Command) { q.list = append(q.list, sending{cmd: cmd}) }

// keep drops the commands that are not wanted, but for one that is on its way.
func (q *queue) keep(wanted func(ivr.Command) bool) {
	from := 0
	if q.sent {
		from = min(1, len(q.list))
	}
	rest := slices.DeleteFunc(q.list[from:], func(s sending) bool { return !wanted(s.cmd) })
	q.list = q.list[:from+len(rest)]
}

// dropMedia drops prompts and recordings that were not sent: the cancel that
// follows is meant for them too. They are told as cancelled.
func (q *queue) dropMedia() {
	q.keep(func(cmd ivr.Command) bool {
		_, play := cmd.(ivr.PlayPrompt)
		_, record := cmd.(ivr.RecordResponse)
		_, tones := cmd.(ivr.SendTones)
		if play || record || tones {
			q.gaveUp = append(q.gaveUp, opOf(cmd))
			return false
		}
		return true
	})
}

// hurry makes way for a hang-up: nothing before it matters any more.
func (q *queue) hurry() {
	if q.sent {
		q.abort(errHungUp)
		q.ctx = nil
	}
	q.keep(func(ivr.Command) bool { return false })
}

func (q *queue) clear() {
	if q.wake != nil {
		q.wake()
	}
	q.list, q.wake, q.gaveUp = nil, nil, nil
}

// serve drops what the engine gave up, and sees to it that the rest is sent.
func (o *owner) serve() {
	o.serveQueue(&o.queue, o.s.Leg.Gone)
	o.serveLegs()
}

// serveQueue is serve for one leg, which may be gone. A wait before another try
// ends if what waited is not wanted any more.
func (o *owner) serveQueue(q *queue, gone bool) {
	o.tellGaveUp(q)
	q.keep(func(cmd ivr.Command) bool { return o.s.Wants(opOf(cmd)) })
	if gone && q.sent {
		q.abort(errOver)
		q.ctx = nil
	}
	first := ivr.OpID(0)
	if len(q.list) > 0 {
		first = opOf(q.list[0].cmd)
	}
	if q.wake != nil && first != q.waits && q.wake() {
		q.wake, q.busy = nil, false
	}
	if first != 0 && !q.busy {
		q.busy = true
		o.c.run(&o.c.sends, o.guard("queue", func() { o.drain(q) }))
	}
}

// tellGaveUp tells the engine, beside, of what was dropped unsent.
func (o *owner) tellGaveUp(q *queue) {
	for _, op := range q.gaveUp {
		ev := ivr.OperationFailed{Head: ivr.Head{At: o.c.cfg.Clock.Now(), Leg: o.s.Leg.ID}, Op: op,
			Result: ivr.Result{Reason: ivr.ReasonCancelled, Message: "dropped before it was sent"}}
		o.c.run(&o.c.sends, func() { o.tell(ev, nil) })
	}
	q.gaveUp = nil
}

// drain sends what is queued, in order, until the queue is empty. There is one
// drain a queue at a time.
func (o *owner) drain(q *queue) {
	for {
		if o.c.lease.wait(o.guard("queue", func() { o.drain(q) })) {
			return
		}
		ctx, next, to := o.next(q)
		if ctx == nil {
			return
		}
		reply := o.send(ctx, to, next.cmd)
		if o.sent(ctx, q, to, next, reply) {
			return
		}
		o.unwanted(reply.Event)
		if !o.tell(o.meant(ctx, reply.Event), o.guard("queue", func() { o.drain(q) })) {
			return
		}
	}
}

// rest gives up what an empty queue need not hold.
func (q *queue) rest() {
	q.busy = false
	if q.ctx != nil {
		q.abort(nil)
		q.ctx, q.abort, q.list = nil, nil, nil
	}
}

// next is the command that is to be sent, and the context of its request; nil
// if there is none.
func (o *owner) next(q *queue) (context.Context, sending, Address) {
	o.mu.Lock()
	defer o.mu.Unlock()
	q.wake = nil
	q.keep(func(cmd ivr.Command) bool { return o.s.Wants(opOf(cmd)) })
	if len(q.list) == 0 || o.dead || o.c.closed.Load() {
		q.rest()
		return nil, sending{}, Address{}
	}
	if o.awaitTurn(q) {
		return nil, sending{}, Address{}
	}
	if q.ctx == nil {
		q.ctx, q.abort = context.WithCancelCause(o.ctx)
	}
	q.sent = true
	cmd := q.list[0].cmd
	if _, create := cmd.(ivr.CreateCall); create {
		// Its response is wanted even if the session ends: somebody's phone rings.
		return context.WithoutCancel(q.ctx), q.list[0], o.address(legOf(cmd))
	}
	return q.ctx, q.list[0], o.address(legOf(cmd))
}

// awaitTurn reports whether the first command is to read the call, and others are to
// be read before it. Then it is sent when its turn comes. The call is locked.
func (o *owner) awaitTurn(q *queue) bool {
	first := &q.list[0]
	read, ok := first.cmd.(ivr.ReadCall)
	if !ok || first.turn {
		return false
	}
	first.turn = true
	wait := o.c.reads.wait(o.c.cfg.Clock.Now())
	if wait == 0 {
		return false
	}
	q.wake, q.waits = o.c.later(wait, o.guard("queue", func() { o.drain(q) })), read.Op
	return true
}

// sent takes a command off the queue after its request. It reports whether it
// is to be sent again instead, after a wait; what is behind it waits too.
func (o *owner) sent(ctx context.Context, q *queue, to Address, done sending, reply Reply) (again bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	wait, again := time.Duration(0), false
	if ctx.Err() == nil {
		wait, again = o.retry(to, done, reply)
	}
	q.sent = false
	if len(q.list) == 0 {
		return false // the session has ended
	}
	if again {
		q.list[0].tries++
		q.wake, q.waits = o.c.later(wait, o.guard("queue", func() { o.drain(q) })), opOf(done.cmd)
		return true
	}
	q.list = q.list[1:]
	return false
}
