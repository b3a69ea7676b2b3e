package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/admin"
	"github.com/ivrflow/ivrflow/runtime/server"
)

// Order asks for an outgoing flow to run. Whom it calls, and when, is the flow's
// business.
type Order struct {
	Flow   string         // the flow's name; it is of kind outgoing
	Params map[string]any // the flow's parameters
	// From is the object id of the resource account that calls. A telephone is
	// called by one; empty: the bot itself, which can call users.
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

func (b *Bot) dial(ctx context.Context, id ivr.SessionID, o Order) (ivr.SessionID, error) {
	to, ev, err := b.ordered(o)
	if err != nil {
		return "", err
	}
	f := to.flow
	if err := b.keep(ctx, to); err != nil {
		return "", fmt.Errorf("bot: dial: flow %q: %w", o.Flow, err)
	}
	s := engine.New(id, f, to.config)
	if err := b.calls.Start(ctx, s, f, ev); err != nil {
		return "", fmt.Errorf("bot: dial: %w", err)
	}
	b.cfg.Log.Info("outgoing flow", slog.String("session", string(s.ID)), slog.String("flow", f.Name))
	return s.ID, nil
}

// ErrOrder says that an order cannot be carried out as it is.
var ErrOrder = admin.ErrOrder

// ordered finds what an order runs.
func (b *Bot) ordered(o Order) (*served, ivr.CallWanted, error) {
	to := b.settings.Load().flows[o.Flow]
	if to == nil {
		return nil, ivr.CallWanted{}, fmt.Errorf("bot: dial: %w: flow %q: the bot has no such flow", ErrOrder, o.Flow)
	}
	ev, err := b.wanted(to.flow, o)
	if err != nil {
		err = fmt.Errorf("bot: dial: %w: flow %q: %w", ErrOrder, o.Flow, err)
	}
	return to, ev, err
}

// wanted is an order that can be carried out.
func (b *Bot) wanted(f *flow.Flow, o Order) (ivr.CallWanted, error) {
	ev := ivr.CallWanted{Head: ivr.Head{At: b.cfg.Clock.Now()}, Tenant: o.Tenant, From: ivr.Party{Kind: ivr.PartyBot, ID: b.cfg.AppID}}
	if o.From != "" {
		ev.From = ivr.Party{Kind: ivr.PartyApplication, ID: o.From}
	}
	if f.Kind != flow.Outgoing {
		return ev, fmt.Errorf("it is of kind %s; write kind: outgoing", f.Kind)
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
