package call

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

var (
	errOver      = errors.New("the call is over")
	errNotWanted = errors.New("the result is not wanted any more")
)

// How often and how long a command is tried again.
const (
	maxTries    = 3
	firstWait   = 500 * time.Millisecond // doubles with each try
	answerLimit = 15 * time.Second       // the platform's time to answer, reject or redirect
	longestWait = 30 * time.Second
)

// drain sends what is queued, in order, until the queue is empty. There is one
// drain a call at a time.
func (o *owner) drain() {
	for {
		o.mu.Lock()
		// What the engine gave up while it waited its turn is not sent late.
		o.queue = slices.DeleteFunc(o.queue, func(q sending) bool { return !o.s.Wants(opOf(q.cmd)) })
		if len(o.queue) == 0 {
			o.busy = false
			o.mu.Unlock()
			return
		}
		next, to := o.queue[0], o.address()
		o.mu.Unlock()

		reply := o.send(to, next)
		if wait, again := o.retry(to, next, reply); again {
			o.c.cfg.Clock.AfterFunc(wait, func() { o.c.run(o.drain) })
			return
		}
		o.mu.Lock()
		if len(o.queue) > 0 {
			o.queue = o.queue[1:]
		}
		o.mu.Unlock()
		o.tell(reply.Event)
	}
}

// sendBeside sends a command outside the queue.
func (o *owner) sendBeside(next sending) {
	to := o.address()
	ctx := context.WithoutCancel(o.ctx) // a recording outlives its call for a moment
	o.c.run(func() {
		reply := o.c.cfg.Sender.Send(ctx, to, next.cmd)
		if reply.Again && next.tries+1 < maxTries {
			next.tries++
			o.c.cfg.Clock.AfterFunc(backoff(next.tries, reply.After), func() {
				o.mu.Lock()
				defer o.mu.Unlock()
				if !o.s.Over() {
					o.sendBeside(next)
				}
			})
			return
		}
		o.tell(reply.Event)
	})
}

// send records that the bytes are about to leave, and sends them.
func (o *owner) send(to Address, next sending) Reply {
	if err := o.c.cfg.Store.Sending(o.ctx, to.Session, opOf(next.cmd)); err != nil {
		o.c.cfg.Log.Error("sending not recorded", slog.String("session", string(to.Session)), slog.String("error", err.Error()))
		return Reply{Again: true}
	}
	return o.c.cfg.Sender.Send(o.ctx, to, next.cmd)
}

// retry decides whether the command at the head of the queue is sent again,
// and after what wait. A command whose call is over, or whose time to answer
// would pass, is not.
func (o *owner) retry(to Address, next sending, reply Reply) (time.Duration, bool) {
	if !reply.Again || next.tries+1 >= maxTries || o.ctx.Err() != nil {
		return 0, false
	}
	wait := backoff(next.tries+1, reply.After)
	if !to.Answered && BeforeAnswer(next.cmd) && o.c.cfg.Clock.Now().Add(wait).After(to.Started.Add(answerLimit)) || wait > longestWait {
		return 0, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 {
		return 0, false
	}
	o.queue[0].tries++
	return wait, true
}

func backoff(try int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	return firstWait << (try - 1)
}

// BeforeAnswer reports whether a command decides about a call that was not
// answered.
func BeforeAnswer(cmd ivr.Command) bool {
	_, answer := cmd.(ivr.Answer)
	_, reject := cmd.(ivr.Reject)
	_, redirect := cmd.(ivr.Redirect)
	return answer || reject || redirect
}

// tell delivers a sender's event to the call. A store that cannot take it now
// is asked again: the event must not be lost.
func (o *owner) tell(ev ivr.Event) {
	if ev == nil {
		return
	}
	err := o.apply(context.WithoutCancel(o.ctx), ev)
	if err == nil {
		return
	}
	o.c.cfg.Log.Error("event not stored, trying again", slog.String("session", string(o.id)), slog.String("error", err.Error()))
	o.c.cfg.Clock.AfterFunc(time.Second, func() { o.tell(ev) })
}

// runAction runs the bot's own code beside the call.
func (o *owner) runAction(cmd ivr.RunAction) {
	ctx, cancel := context.WithCancelCause(o.ctx)
	if o.beside == nil {
		o.beside = map[ivr.OpID]context.CancelCauseFunc{}
	}
	o.beside[cmd.Op] = cancel
	to := o.address()
	o.c.run(func() {
		defer cancel(nil)
		reply := o.c.cfg.Sender.Send(ctx, to, cmd)
		o.mu.Lock()
		delete(o.beside, cmd.Op)
		o.mu.Unlock()
		o.tell(reply.Event)
	})
}

// opOf is the operation id of a command that is sent.
func opOf(cmd ivr.Command) ivr.OpID {
	switch c := cmd.(type) {
	case ivr.Answer:
		return c.Op
	case ivr.Reject:
		return c.Op
	case ivr.Redirect:
		return c.Op
	case ivr.SubscribeToTone:
		return c.Op
	case ivr.PlayPrompt:
		return c.Op
	case ivr.RecordResponse:
		return c.Op
	case ivr.CancelMedia:
		return c.Op
	case ivr.Transfer:
		return c.Op
	case ivr.HangUp:
		return c.Op
	case ivr.KeepAlive:
		return c.Op
	case ivr.ReadCall:
		return c.Op
	case ivr.FetchRecording:
		return c.Op
	case ivr.JoinRecordings:
		return c.Op
	case ivr.RunAction:
		return c.Op
	case ivr.CancelAction, ivr.StartTimer, ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish:
	}
	return 0
}
