package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/admin"
	"github.com/ivrflow/ivrflow/runtime/server"
)

// Order asks for an outgoing flow, or one of a meeting, to run. Whom it calls, and
// when, is the flow's business.
type Order struct {
	Flow   string         // the flow's name; it is of kind outgoing, or for Join of kind meeting
	Params map[string]any // the flow's parameters
	// From is the object id of the resource account that calls. A telephone is
	// called by one, or invited into a meeting; empty: the bot itself, which can
	// call users.
	From string
	// Tenant is the tenant in which the call is made; empty: the only one of
	// Config.Tenants.
	Tenant string
}

// Dial starts an outgoing flow, and returns its session's id once that is
// committed. The bot must be open: after Open, or while it serves. It does not wait for anybody to answer: what came of the call is in
// the session's record, and in the flow's actions. Each call of Dial is a session
// of its own, also with the same order.
func (b *Bot) Dial(ctx context.Context, o Order) (ivr.SessionID, error) {
	return b.dial(ctx, ivr.SessionID(b.cfg.NewID()), o)
}

// Join starts a flow of kind meeting, as [Bot.Dial] does an outgoing one. The
// flow's join, if it names no meeting itself, joins the one that is given:
// [graph.ParseJoinURL] makes it of a link, [graph.JoinByID] of a meeting id and
// its passcode. The zero Join is for a flow that names its meeting itself. Whether
// the meeting could be joined is in the session's record.
func (b *Bot) Join(ctx context.Context, o Order, meeting graph.Join) (ivr.SessionID, error) {
	to, ev, err := b.orderOf(flow.Meeting, o)
	if err == nil {
		if m := meeting.Meeting(); m != (ivr.Meeting{}) {
			ev.Meeting = &m
		}
		return b.begins(ctx, ivr.SessionID(b.cfg.NewID()), to, ev)
	}
	return "", fmt.Errorf("bot: join: %w", err)
}

func (b *Bot) dial(ctx context.Context, id ivr.SessionID, o Order) (ivr.SessionID, error) {
	to, ev, err := b.ordered(o)
	if err != nil {
		return "", err
	}
	return b.begins(ctx, id, to, ev)
}

// begins starts the session of an order.
func (b *Bot) begins(ctx context.Context, id ivr.SessionID, to *served, ev ivr.CallWanted) (ivr.SessionID, error) {
	f := to.flow
	if err := b.keep(ctx, to); err != nil {
		return "", fmt.Errorf("bot: start the flow %q: %w", f.Name, err)
	}
	s := engine.New(id, f, to.config)
	if err := b.calls.Start(ctx, s, f, ev); err != nil {
		return "", fmt.Errorf("bot: start the flow %q: %w", f.Name, err)
	}
	b.cfg.Log.Info("flow started", slog.String("session", string(s.ID)), slog.String("flow", f.Name), slog.String("kind", string(f.Kind)))
	return s.ID, nil
}

// ErrOrder says that an order cannot be carried out as it is.
var ErrOrder = admin.ErrOrder

// ordered finds the outgoing flow that an order runs.
func (b *Bot) ordered(o Order) (*served, ivr.CallWanted, error) {
	to, ev, err := b.orderOf(flow.Outgoing, o)
	if err != nil {
		err = fmt.Errorf("bot: dial: %w", err)
	}
	return to, ev, err
}

// orderOf finds the flow of a kind that an order runs.
func (b *Bot) orderOf(kind flow.Kind, o Order) (*served, ivr.CallWanted, error) {
	to := b.settings.Load().flows[o.Flow]
	if to == nil {
		return nil, ivr.CallWanted{}, fmt.Errorf("%w: flow %q: the bot has no such flow", ErrOrder, o.Flow)
	}
	ev, err := b.wanted(to.flow, kind, o)
	if err != nil {
		err = fmt.Errorf("%w: flow %q: %w", ErrOrder, o.Flow, err)
	}
	return to, ev, err
}

// wanted is an order that can be carried out.
func (b *Bot) wanted(f *flow.Flow, kind flow.Kind, o Order) (ivr.CallWanted, error) {
	ev := ivr.CallWanted{Head: ivr.Head{At: b.cfg.Clock.Now()}, Tenant: o.Tenant, From: ivr.Party{Kind: ivr.PartyBot, ID: b.cfg.AppID}}
	if o.From != "" {
		ev.From = ivr.Party{Kind: ivr.PartyApplication, ID: o.From}
	}
	if f.Kind != kind {
		return ev, fmt.Errorf("it is of kind %s; write kind: %s", f.Kind, kind)
	}
	var err error
	if ev.Params, err = f.Arguments(o.Params); err == nil && ev.Tenant == "" {
		ev.Tenant, err = b.onlyTenant()
	}
	return ev, err
}

func (b *Bot) onlyTenant() (string, error) {
	if len(b.cfg.Tenants) != 1 || b.cfg.Tenants[0] == server.AnyTenant {
		return "", errors.New("the order names no tenant, and the bot does not serve one alone; set Tenant")
	}
	return b.cfg.Tenants[0], nil
}
