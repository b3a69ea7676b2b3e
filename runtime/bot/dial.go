package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
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
// committed. It does not wait for anybody to answer: what came of the call is in
// the session's record, and in the flow's actions. Each call of Dial is a session
// of its own, also with the same order.
func (b *Bot) Dial(ctx context.Context, o Order) (ivr.SessionID, error) {
	f, s, ev, err := b.order(o)
	if err != nil {
		return "", fmt.Errorf("bot: dial: %w", err)
	}
	if err := b.calls.Start(ctx, s, f, ev); err != nil {
		return "", fmt.Errorf("bot: dial: %w", err)
	}
	b.cfg.Log.Info("outgoing flow", slog.String("session", string(s.ID)), slog.String("flow", f.Name))
	return s.ID, nil
}

// order checks what is wanted.
func (b *Bot) order(o Order) (*flow.Flow, engine.Session, ivr.CallWanted, error) {
	b.mu.RLock()
	f, config := b.flows[o.Flow], b.config[o.Flow]
	b.mu.RUnlock()
	switch {
	case f == nil:
		return nil, engine.Session{}, ivr.CallWanted{}, fmt.Errorf("no flow %q", o.Flow)
	case f.Kind != flow.Outgoing:
		return nil, engine.Session{}, ivr.CallWanted{}, fmt.Errorf("flow %q is of kind %s; write kind: outgoing", o.Flow, f.Kind)
	}
	params, err := f.Arguments(o.Params)
	if err == nil && o.Tenant == "" {
		o.Tenant, err = b.onlyTenant()
	}
	if err != nil {
		return nil, engine.Session{}, ivr.CallWanted{}, fmt.Errorf("flow %q: %w", o.Flow, err)
	}
	ev := ivr.CallWanted{Head: ivr.Head{At: b.cfg.Clock.Now()}, Params: params, Tenant: o.Tenant, From: ivr.Party{Kind: ivr.PartyBot, ID: b.cfg.AppID}}
	if o.From != "" {
		ev.From = ivr.Party{Kind: ivr.PartyApplication, ID: o.From}
	}
	return f, engine.New(ivr.SessionID(b.cfg.NewID()), f, config), ev, nil
}

func (b *Bot) onlyTenant() (string, error) {
	if len(b.cfg.Tenants) != 1 || b.cfg.Tenants[0] == server.AnyTenant {
		return "", errors.New("the order names no tenant, and the bot does not serve one alone; set Tenant")
	}
	return b.cfg.Tenants[0], nil
}
