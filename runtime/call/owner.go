package call

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// owner is one live call. Locks are taken in the order owner, shard, Calls; no
// two owners are locked at once but by Begin, which holds the newest.
type owner struct {
	c    *Calls
	id   ivr.SessionID
	call ivr.CallID
	flow *flow.Flow

	mu       *lock
	s        *engine.Session // never changed: another one takes its place
	version  int64           // of s in the store, 0 before the first commit
	epoch    int64           // of the lease under which it is here
	attempts int             // that count against it; see Store.Try
	trial    *trial          // what it was taken up with; nil: it began here, or is harmless
	taken    []int64         // mail that it was taken up with
	since    time.Time       // when it was taken up, zero if it began here
	pending  []Pending       // what has no reply yet
	held     *held           // what s has and the store has not: see confirms
	flushes  bool            // held is stored after a while
	dead     bool            // it did not begin, or is not here any more
	finished bool            // it has ended, and only its last hang-ups are to be sent

	queue  queue                                // of the caller's leg
	others map[ivr.LegID]*queue                 // of further legs
	calls  []ivr.CallID                         // of further legs, as indexed in Calls
	beside map[ivr.OpID]context.CancelCauseFunc // actions and HTTP requests that run
	ctx    context.Context                      //nolint:containedctx // the life of the call, which no request outlives
	cancel context.CancelCauseFunc

	due   time.Time // earliest timer; guarded by the shard's lock
	index int       // in the shard's heap, -1 if it has no timer
}

// apply steps the engine through events and commits the outcome. What comes
// after the end, such as the response of a request that was on its way, is
// dropped: the store has forgotten the session.
func (o *owner) apply(ctx context.Context, evs ...ivr.Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead {
		return fmt.Errorf("%w %s", ErrUnknown, o.id)
	}
	return o.applyLocked(ctx, nil, evs...)
}

func (o *owner) applyLocked(ctx context.Context, mail []int64, evs ...ivr.Event) error {
	if len(mail) == 0 && (o.s.Over() || o.s.Meeting == nil && rostersOnly(evs)) {
		return nil
	}
	next := *o.s
	ch := &Change{Session: &next, Events: evs, Mail: mail}
	for _, ev := range evs {
		cmds, parked := o.c.step(o.flow, &next, ev)
		ch.Commands = append(ch.Commands, cmds...)
		if parked != nil {
			ch.Parked = parked
		}
	}
	if o.confirms(ch) {
		o.hold(ch)
		return nil
	}
	return o.commit(ctx, ch)
}

// rostersOnly reports whether events say no more than who is on the call. A call
// of two may be told that too, often, and nobody there wants to know.
func rostersOnly(evs []ivr.Event) bool {
	return !slices.ContainsFunc(evs, func(ev ivr.Event) bool {
		_, roster := ev.(ivr.RosterChanged)
		return !roster
	})
}

// stop hangs the call up from outside.
func (o *owner) stop(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || o.s.Over() {
		return nil
	}
	ch := o.c.stopped(o.flow, *o.s, o.c.cfg.Clock.Now())
	if len(ch.Commands) == 0 {
		return nil
	}
	return o.commit(ctx, ch)
}

// dispatch hands the commands on: operations to the ordered queue, what must
// not hold the queue up to a goroutine of its own. Timers live in the session.
func (o *owner) dispatch(cmds []ivr.Command) {
	for _, cmd := range cmds {
		switch c := cmd.(type) {
		case ivr.RunAction, ivr.HTTPRequest:
			o.runAction(cmd)
		case ivr.CancelAction:
			if cancel := o.beside[c.Op]; cancel != nil {
				cancel(errNotWanted)
				delete(o.beside, c.Op)
			}
		case ivr.FetchRecording, ivr.JoinRecordings, ivr.CountUp:
			o.sendBeside(sending{cmd: cmd})
		case ivr.CancelMedia:
			q := o.queueOf(c.Leg)
			q.dropMedia()
			q.add(cmd)
		case ivr.HangUp:
			q := o.queueOf(c.Leg)
			q.hurry()
			q.add(cmd)
		case ivr.CreateCall, ivr.Answer, ivr.Reject, ivr.Redirect, ivr.SubscribeToTone, ivr.PlayPrompt, ivr.RecordResponse,
			ivr.Transfer, ivr.SendTones, ivr.Mute, ivr.Invite, ivr.Hold, ivr.RouteAudio, ivr.AddGallery, ivr.TellRecording,
			ivr.KeepAlive, ivr.ReadCall:
			o.queueOf(legOf(cmd)).add(cmd)
		case ivr.StartTimer, ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish:
		}
	}
}

func (o *owner) address(id ivr.LegID) Address {
	if id == "" {
		id = o.s.Leg.ID
	}
	return Address{Session: o.s.ID, Leg: id, Call: o.s.CallOf(id), Tenant: o.s.Tenant,
		Scenario: o.s.Scenario, Started: o.s.Started, Answered: !o.s.Answered.IsZero()}
}
