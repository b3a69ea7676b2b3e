package call

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

var (
	errOver      = errors.New("the call is over")
	errNotWanted = errors.New("the result is not wanted any more")
)

// How often and how long a command is tried again.
const (
	maxTries       = 3
	maxTriesBeside = 7                      // 0.5 s to 16 s apart
	maxTriesLast   = 125                    // of the last hang-ups: for an hour, in which the platform ends a call that nobody keeps alive
	firstWait      = 500 * time.Millisecond // doubles with each try
	answerLimit    = 15 * time.Second       // the platform's time to answer, reject or redirect
	longestWait    = 30 * time.Second
)

// send sends a command. That the bytes of one that must not be sent twice are
// about to leave is on record first.
func (o *owner) send(ctx context.Context, to Address, cmd ivr.Command) Reply {
	if once(cmd) {
		switch err := o.markSent(ctx, opOf(cmd)); {
		case errors.Is(err, errNotWanted), errors.Is(err, ErrUnknown), errors.Is(err, ErrLost):
			return Reply{}
		case err != nil:
			o.c.cfg.Log.Error("sending not recorded", slog.String("session", string(to.Session)), slog.String("error", err.Error()))
			return Reply{Again: true, Event: o.c.notSent(to, cmd, "it could not be recorded")}
		}
	}
	return o.try(ctx, to, cmd)
}

// try calls the sender. A panic in it, or in what it calls, costs this command
// only.
func (o *owner) try(ctx context.Context, to Address, cmd ivr.Command) Reply {
	return o.c.try(ctx, to, cmd)
}

func (c *Calls) try(ctx context.Context, to Address, cmd ivr.Command) (reply Reply) {
	defer func() {
		if p := recover(); p != nil {
			c.counts.panics.Add(1)
			c.cfg.Log.Error("sender failed", slog.String("session", string(to.Session)), slog.Int("op", int(opOf(cmd))),
				slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			reply = Reply{Event: c.notSent(to, cmd, "the sender panicked")}
		}
	}()
	return c.cfg.Sender.Send(ctx, to, cmd)
}

// notSent is the event of a command that failed on our side.
func (c *Calls) notSent(to Address, cmd ivr.Command, why string) ivr.Event {
	head := ivr.Head{At: c.cfg.Clock.Now(), Leg: to.Leg}
	_, action := cmd.(ivr.RunAction)
	if _, request := cmd.(ivr.HTTPRequest); action || request {
		return ivr.ActionReturned{Head: head, Op: opOf(cmd), Outcome: "failed", Reason: ivr.ReasonService, Detail: why}
	}
	return ivr.OperationFailed{Head: head, Op: opOf(cmd), Result: ivr.Result{Reason: ivr.ReasonService, Message: why}}
}

// sendBeside sends a command outside the queue, and again as long as the engine
// waits for it. The call is locked.
func (o *owner) sendBeside(next sending) {
	to := o.address(legOf(next.cmd))
	ctx := context.WithoutCancel(o.ctx) // a recording outlives its call for a moment
	o.c.run(&o.c.sends, func() {
		if o.c.lease.wait(func() { o.sendBesideIfWanted(next) }) {
			return
		}
		reply := o.try(ctx, to, next.cmd)
		if wait, again := o.retryBeside(next, reply); again {
			next.tries++
			o.c.later(wait, func() { o.sendBesideIfWanted(next) })
			return
		}
		o.tell(reply.Event, nil)
	})
}

func (o *owner) sendBesideIfWanted(next sending) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.s.Wants(opOf(next.cmd)) && !o.dead {
		o.sendBeside(next)
	}
}

// sendLast sends a hang-up that nobody waits for, and strikes it off the outbox.
func (o *owner) sendLast(cmd ivr.Command) { o.sendLastTo(o.address(legOf(cmd)), sending{cmd: cmd}) }

func (o *owner) sendLastTo(to Address, next sending) {
	ctx := context.WithoutCancel(o.ctx)
	o.c.run(&o.c.sends, func() {
		if o.c.lease.wait(func() { o.sendLastTo(to, next) }) {
			return
		}
		reply := o.try(ctx, to, next.cmd)
		if next.tries++; reply.Again && next.tries < maxTriesLast {
			o.c.later(min(backoff(min(next.tries, maxTriesBeside), reply.After), longestWait), func() { o.sendLastTo(to, next) })
			return
		}
		o.sentLast(opOf(next.cmd))
	})
}

// retry decides whether a command of the queue is sent again, and after what
// wait. One that would come too late is not: the platform would not take it any
// more, or the engine have given it up. The call is locked.
func (o *owner) retry(to Address, next sending, reply Reply) (time.Duration, bool) {
	wait := backoff(next.tries+1, reply.After)
	if !reply.Again || next.tries+1 >= maxTries || wait > longestWait {
		return 0, false
	}
	at := o.c.cfg.Clock.Now().Add(wait)
	if !to.Answered && BeforeAnswer(next.cmd) && at.After(to.Started.Add(answerLimit)) {
		return 0, false
	}
	again := o.inTime(next, at)
	if again {
		o.c.counts.retries.Add(1)
	}
	return wait, again
}

// retryBeside is retry for what is sent outside the queue: recordings, which
// the platform has sometimes not ready at once.
func (o *owner) retryBeside(next sending, reply Reply) (time.Duration, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	wait := min(backoff(next.tries+1, reply.After), longestWait)
	return wait, reply.Again && next.tries+1 < maxTriesBeside && o.inTime(next, o.c.cfg.Clock.Now().Add(wait))
}

// inTime reports whether the engine still waits for an operation at a time.
func (o *owner) inTime(next sending, at time.Time) bool {
	due, ok := o.s.Deadline(opOf(next.cmd))
	return ok && at.Before(due)
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

// meant is what a reply says, nil if that is no more than that the request was given
// up together with the session, which somebody else goes on with: he sends it again,
// or asks what became of it.
func (o *owner) meant(ctx context.Context, ev ivr.Event) ivr.Event {
	if ctx.Err() == nil {
		return ev
	}
	o.mu.Lock()
	here := !o.dead && !o.c.closed.Load()
	o.mu.Unlock()
	if here {
		return ev
	}
	switch e := ev.(type) {
	case ivr.OperationUnknown:
		return nil
	case ivr.OperationFailed:
		if e.Result.Code == 0 { // the platform has not said so
			return nil
		}
	case ivr.ActionReturned:
		if e.Reason != ivr.ReasonNone {
			return nil
		}
	default: // news all the same
	}
	return ev
}

// tell delivers a sender's event to the call. A store that cannot take it now is
// asked again: the event must not be lost. tell is false then, and calls then
// once it was told.
func (o *owner) tell(ev ivr.Event, then func()) bool { return o.c.tell(o.id, ev, then) }

func (c *Calls) tell(id ivr.SessionID, ev ivr.Event, then func()) bool {
	return c.tryTell(id, ev, then, 1)
}

func (c *Calls) tryTell(id ivr.SessionID, ev ivr.Event, then func(), try int) bool {
	if ev == nil {
		return true
	}
	err := c.Deliver(context.Background(), id, ev)
	if err == nil || errors.Is(err, ErrUnknown) {
		return true
	}
	c.counts.told.Add(1)
	c.repeat(id, "an event", err, try, func(try int) {
		if c.tryTell(id, ev, then, try) && then != nil {
			then()
		}
	})
	return false
}

// runAction runs the bot's own code, or an HTTP request, beside the call.
// What must not run twice is on record as sent since it was planned.
func (o *owner) runAction(cmd ivr.Command) {
	op := opOf(cmd)
	ctx, cancel := context.WithCancelCause(o.ctx)
	if o.beside == nil {
		o.beside = map[ivr.OpID]context.CancelCauseFunc{}
	}
	o.beside[op] = cancel
	to := o.address(o.s.Leg.ID)
	var run func()
	run = func() {
		if o.c.lease.wait(func() { o.c.run(&o.c.actions, run) }) {
			return
		}
		defer cancel(nil)
		reply := o.try(ctx, to, cmd)
		o.mu.Lock()
		delete(o.beside, op)
		o.mu.Unlock()
		o.tell(o.meant(ctx, reply.Event), nil)
	}
	o.c.run(&o.c.actions, run)
}

// opOf is the operation id of a command that is sent.
func opOf(cmd ivr.Command) ivr.OpID {
	switch c := cmd.(type) {
	case ivr.CreateCall:
		return c.Op
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
	case ivr.SendTones:
		return c.Op
	case ivr.Mute:
		return c.Op
	case ivr.Invite:
		return c.Op
	case ivr.Hold:
		return c.Op
	case ivr.RouteAudio:
		return c.Op
	case ivr.AddGallery:
		return c.Op
	case ivr.TellRecording:
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
	case ivr.CountUp:
		return c.Op
	case ivr.RunAction:
		return c.Op
	case ivr.HTTPRequest:
		return c.Op
	case ivr.CancelAction, ivr.StartTimer, ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish:
	}
	return 0
}
