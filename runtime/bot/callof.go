package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/admin"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Call is a call that lives, as far as the bot's program may see it and act on it,
// whichever node has it. It is a name and not a copy: it may be kept and used from
// any goroutine, and its methods fail with [call.ErrUnknown] once the call has
// ended.
//
// HangUp, Transfer and Signal go through the session, so that its journal tells them
// and the flow's on_end follows. Of a session that another node has they return when
// the wish is stored; that node reads it within about a second. What is stored is
// applied once, whichever process dies. After an error it may have been stored all the
// same: said again, a hang-up changes nothing, and a transfer is refused while the
// first one lasts. A transfer of which nobody knows whether Graph has carried it out is
// not repeated; the journal says so.
type Call struct {
	Session ivr.SessionID

	b *Bot
}

// Call finds a live call by its session, whose id a flow gives away as call.id, or
// by Graph's id of it or of one of its further legs. The error is [call.ErrUnknown]
// if there is no such call, or it has ended.
func (b *Bot) Call(ctx context.Context, id string) (*Call, error) {
	c := &Call{Session: ivr.SessionID(id), b: b}
	_, _, err := c.look(ctx)
	if errors.Is(err, call.ErrUnknown) {
		if c.Session, err = b.calls.Find(ctx, ivr.NormalizeCallID(id)); err == nil {
			_, _, err = c.look(ctx)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("bot: call %q: %w", clipText(id), err)
	}
	return c, nil
}

// look is the session as it stands, and the node that has it.
func (c *Call) look(ctx context.Context) (engine.Session, store.NodeID, error) {
	if s, ok := c.b.calls.Session(c.Session); ok && !s.Over() {
		return s, c.b.node(), nil
	}
	if kept, ok := c.b.cfg.Store.(interface {
		Peek(context.Context, ivr.SessionID) (engine.Session, store.NodeID, error)
	}); ok {
		return kept.Peek(ctx, c.Session)
	}
	return engine.Session{}, "", fmt.Errorf("%w %s", call.ErrUnknown, c.Session)
}

// CallState is how a live call stands.
type CallState struct {
	store.Summary
	Node  store.NodeID // that has it; "": calls are in memory
	State string       // of the flow: the step, and what it does
	Legs  []CallLeg    // the caller's first
	// Vars are the variables of the flow that runs, but for those that are marked
	// sensitive. Values of these, and card numbers, are masked wherever else they are.
	Vars map[string]any
}

// CallLeg is one call of a session: the caller's, or one that the flow made.
type CallLeg struct {
	ID    ivr.LegID
	Call  ivr.CallID // Graph's id; empty until Graph has given one
	State ivr.CallState
	Audio bool // there was audio
}

// State is how the call stands.
func (c *Call) State(ctx context.Context) (CallState, error) {
	s, node, err := c.look(ctx)
	if err != nil {
		return CallState{}, c.failed("look at it", err)
	}
	is := CallState{Node: node, State: s.State, Summary: summaryOf(&s)}
	for _, l := range append([]engine.Leg{s.Leg}, s.Others...) {
		is.Legs = append(is.Legs, CallLeg{ID: l.ID, Call: l.Call, State: l.State, Audio: l.Audio})
	}
	f, err := c.b.flowVersion(ctx, s.Version)
	if err != nil {
		return is, c.failed("which variables may be shown", err)
	}
	is.Vars = s.Shown(f)
	return is, nil
}

// summaryOf is what a session says of itself, without its marks.
func summaryOf(s *engine.Session) store.Summary {
	sum := store.Summary{Session: s.ID, Flow: s.Flow, Version: s.Version, Outgoing: s.Outgoing, Tenant: s.Tenant, Started: s.Started, Answered: s.Answered,
		Ended: s.Ended, EndedBy: s.EndedBy, Steps: s.Steps,
		Caller: ivr.Party{Kind: s.Caller.Kind, ID: s.Caller.ID}, Called: ivr.Party{Kind: s.Called.Kind, ID: s.Called.ID}}
	for _, l := range append([]engine.Leg{s.Leg}, s.Others...) {
		if l.Call != "" {
			sum.Calls = append(sum.Calls, l.Call)
		}
	}
	return sum
}

// HangUp ends the call without a word, whatever its flow does; on_end follows, with
// operator as call.ended_by. A call that is not answered is refused; one that is
// being handed over is left to that. by is who wants it, for the record.
func (c *Call) HangUp(ctx context.Context, by string) error {
	return c.intervene(ctx, "hang up", ivr.Intervened{By: by})
}

// Transfer hands an answered call over, whatever its flow does: what plays is
// stopped, actions are given up, further legs are hung up. Once Graph has done it the
// session ends with transfer as call.ended_by; if Graph refuses, the flow goes on with
// on_error. A call that is not answered, or that is being ended or handed over, stays
// as it is, and its journal says so. by is who wants it, for the record.
//
// The error is [ErrTarget] for a target that is ill-formed or that Config.Phones does
// not allow.
func (c *Call) Transfer(ctx context.Context, to ivr.Target, by string) error {
	if err := c.b.mayHandOver(to); err != nil {
		return c.failed("transfer", err)
	}
	return c.intervene(ctx, "transfer", ivr.Intervened{Target: to, By: by})
}

// Signal is [Bot.Signal] for this call.
func (c *Call) Signal(ctx context.Context, name string) error {
	return c.b.Signal(ctx, c.Session, name)
}

func (c *Call) intervene(ctx context.Context, what string, ev ivr.Intervened) error {
	ev.Head, ev.ID = ivr.Head{At: c.b.cfg.Clock.Now(), Leg: ivr.CallerLeg}, c.b.cfg.NewID()
	if err := c.b.calls.Deliver(ctx, c.Session, ev); err != nil {
		return c.failed(what, err)
	}
	c.b.cfg.Log.Info("from outside", slog.String("session", string(c.Session)), slog.String("what", what), slog.String("by", ev.By))
	return nil
}

func (c *Call) failed(what string, err error) error {
	return fmt.Errorf("bot: call %s: %s: %w", c.Session, what, err)
}

// ErrTarget says that a call may not be sent to a target. The error that wraps it
// says why, and not which it is.
var ErrTarget = admin.ErrTarget

// mayHandOver refuses a target that is ill-formed, or not allowed.
func (b *Bot) mayHandOver(to ivr.Target) error {
	switch to.Kind {
	case ivr.PartyPhone:
		if !phoneNumber.MatchString(to.ID) {
			return fmt.Errorf("%w: it is no telephone number in E.164 form such as +442071838750", ErrTarget)
		}
	case ivr.PartyUser, ivr.PartyApplication, ivr.PartyVoicemail:
		if !guidForm.MatchString(to.ID) {
			return fmt.Errorf("%w: the %s is no object id (a GUID)", ErrTarget, to.Kind)
		}
	case ivr.PartyBot, ivr.PartyGuest, ivr.PartyEncrypted:
		return fmt.Errorf("%w: nobody is transferred to a %s; name a user, a phone, an application or a voicemail", ErrTarget, to.Kind)
	default:
		return fmt.Errorf("%w: its kind is unknown; name a user, a phone, an application or a voicemail", ErrTarget)
	}
	if err := b.mayCall(to); err != nil {
		return fmt.Errorf("%w: %w", ErrTarget, err)
	}
	return nil
}
