package bot

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// Fallback is where a call goes that cannot be taken: there are too many, the
// store does not take it, the process ends, or no flow fits it. The zero Fallback
// rejects it, as busy; one that no flow fits without a reason.
type Fallback struct {
	Redirect ivr.Target       // PartyUser, PartyPhone or PartyApplication; the zero Target: nobody
	Reject   ivr.RejectReason // if there is no Redirect, or that fails; "": busy
}

func (f Fallback) validate() error {
	switch f.Reject {
	case "", ivr.RejectBusy, ivr.RejectForbidden, ivr.RejectNone:
	default:
		return fmt.Errorf("Fallback rejects with %q, which is no reason", f.Reject)
	}
	switch f.Redirect.Kind {
	case "", ivr.PartyUser, ivr.PartyPhone, ivr.PartyApplication:
		return nil
	case ivr.PartyBot, ivr.PartyGuest, ivr.PartyEncrypted, ivr.PartyVoicemail:
	}
	return fmt.Errorf("Fallback redirects to a %s, which the platform does not do", f.Redirect.Kind)
}

// The platform's time to decide about a call, and a little less.
const (
	decideBy     = 15 * time.Second
	decideMargin = 500 * time.Millisecond
	rejectTries  = 4
	askStoreFor  = time.Second
)

// maySend says why nothing may be sent now; see graph.Config.
func (b *Bot) maySend(ctx context.Context) error {
	if !call.NeedsLease(ctx) {
		return nil
	}
	return b.calls.MaySend()
}

// sendAway redirects or rejects a call that has no session, beside the caller and
// without the store. unsure says that it may have one all the same.
func (b *Bot) sendAway(e ivr.CallIncoming, why string, unsure bool) {
	to := call.Address{Session: "none", Leg: ivr.CallerLeg, Call: e.Call, Tenant: e.Tenant, Scenario: e.Scenario, Started: e.At}
	var free func(context.Context, call.Address) bool
	if unsure || b.cfg.Shared {
		free = b.unclaimed
	}
	b.giveAway(to, why, free)
}

// sendAwayStuck is sendAway for a call whose session cannot be stored any more.
func (b *Bot) sendAwayStuck(to call.Address, sure bool) {
	if sure {
		b.giveAway(to, awayStore, nil)
		return
	}
	b.giveAway(to, awayStore, b.stillRings)
}

// giveAway gives a call away, once, unless it turns out not to be free. A nil free
// says that it is.
func (b *Bot) giveAway(to call.Address, why string, free func(context.Context, call.Address) bool) {
	if !b.away.first(to.Call) {
		return
	}
	b.counts.away(why)
	b.cfg.Log.Warn("call sent away", slog.String("call", string(to.Call)), slog.String("why", why), slog.String("tenant", to.Tenant))
	b.beside(func() {
		end := to.Started.Add(decideBy - decideMargin)
		ctx, cancel := context.WithTimeout(call.WithoutLease(context.Background()), max(end.Sub(b.cfg.Clock.Now()), time.Second))
		defer cancel()
		if free != nil && !free(ctx, to) {
			b.counts.claimed.Add(1)
			b.cfg.Log.Info("call not sent away: somebody has it", slog.String("call", string(to.Call)))
			return
		}
		b.decide(ctx, to, b.reasonFor(why))
	})
}

// fallback is the one that holds now.
func (b *Bot) fallback() Fallback { return b.settings.Load().given.Fallback }

// reasonFor is why a call is rejected, if it is.
func (b *Bot) reasonFor(why string) ivr.RejectReason {
	switch f := b.fallback(); {
	case f.Reject != "":
		return f.Reject
	case why == awayNoFlow && f.Redirect == (ivr.Target{}):
		return ivr.RejectNone
	}
	return ivr.RejectBusy
}

// unclaimed reports whether nobody has a call: no session is stored for it or, if
// the store does not say, the platform still waits for somebody to take it.
func (b *Bot) unclaimed(ctx context.Context, to call.Address) bool {
	ask, cancel := context.WithTimeout(ctx, askStoreFor)
	defer cancel()
	if known, err := b.calls.Known(ask, to.Call); err == nil {
		return !known
	}
	return b.stillRings(ctx, to)
}

// stillRings asks the platform. What it does not say counts as yes: a call that
// somebody took cannot be rejected any more.
func (b *Bot) stillRings(ctx context.Context, to call.Address) bool {
	read, ok := b.Send(ctx, to, ivr.ReadCall{Op: 1, Leg: to.Leg}).Event.(ivr.CallRead)
	return !ok || !read.Gone && (read.State == ivr.StateIncoming || read.State == ivr.StateUnknown)
}

// decide redirects a call as configured, and rejects it if that cannot be done.
func (b *Bot) decide(ctx context.Context, to call.Address, reason ivr.RejectReason) {
	if target := b.fallback().Redirect; target.Kind != "" && b.redirect(ctx, to, target) {
		b.counts.redirected.Add(1)
		return
	}
	if b.reject(ctx, to, reason) {
		b.counts.rejected.Add(1)
		return
	}
	b.counts.notSent.Add(1)
}

// redirect reports whether the platform has taken the call off our hands, or may
// have.
func (b *Bot) redirect(ctx context.Context, to call.Address, target ivr.Target) bool {
	switch e := b.Send(ctx, to, ivr.Redirect{Op: 1, Leg: to.Leg, Targets: []ivr.Target{target}}).Event.(type) {
	case ivr.OperationFailed:
		b.cfg.Log.Error("fallback: redirect failed, the call is rejected", slog.String("call", string(to.Call)), slog.String("result", e.Result.String()))
		return false
	case ivr.OperationUnknown:
		return !b.stillRings(ctx, to)
	default:
		return true
	}
}

// reject tries some times, which does no harm.
func (b *Bot) reject(ctx context.Context, to call.Address, reason ivr.RejectReason) bool {
	wait := tryAgain
	for try := 1; ; try++ {
		reply := b.Send(ctx, to, ivr.Reject{Op: 1, Leg: to.Leg, Reason: reason})
		failed, bad := reply.Event.(ivr.OperationFailed)
		_, unknown := reply.Event.(ivr.OperationUnknown)
		if !bad && !unknown {
			return true
		}
		if !reply.Again || try >= rejectTries || !b.pause(ctx, max(wait, reply.After)) {
			b.cfg.Log.Error("rejecting a call failed", slog.String("call", string(to.Call)), slog.String("result", failed.Result.String()))
			return false
		}
		wait *= 2
	}
}

// pause waits between tries; it is false if ctx ends before. A virtual clock
// cannot wait here: then there is no other try.
func (b *Bot) pause(ctx context.Context, d time.Duration) bool {
	if _, ok := b.cfg.Clock.(call.Waiter); !ok {
		return false
	}
	return pause(ctx, d)
}

// sentAway remembers of which calls it was decided that they are sent away, so
// that each is only once: at least the last mostAway of them.
type sentAway struct {
	mu          sync.Mutex
	now, before map[ivr.CallID]bool
}

const mostAway = 10_000

// first reports whether a call is not known, and remembers it.
func (s *sentAway) first(id ivr.CallID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now[id] || s.before[id] {
		return false
	}
	if s.now == nil || len(s.now) >= mostAway {
		s.before, s.now = s.now, map[ivr.CallID]bool{}
	}
	s.now[id] = true
	return true
}

// has reports whether a call was sent away.
func (s *sentAway) has(id ivr.CallID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now[id] || s.before[id]
}
