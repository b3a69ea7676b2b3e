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
	// Key makes an order one of its own, such as its number in the caller's books:
	// given again, also to another node or after a crash, it begins nothing, and is
	// answered with the session of the first time. Another order with the key is
	// refused with ErrKeyUsed. A key is known for as long as the store keeps the
	// call's record, Retention.Calls after its end; in memory, for an hour or more.
	Key string
	// Session is the session's id, for those who must know it before: 16 to 64
	// letters, digits, "-" and "_". Given again, also after a crash, with whatever
	// order, it begins nothing while the store has that session, live or over, which
	// is for Retention.Calls. An order has a Key or a Session, or neither.
	Session ivr.SessionID
}

// Started is the session of an order.
type Started struct {
	Session ivr.SessionID
	Fresh   bool // it was begun now; false: before, see Order.Key and Order.Session
}

// Dial starts an outgoing flow, and returns once its session is committed. The bot
// must be open: after Open, or while it serves. It does not wait for anybody to
// answer: what came of the call is in the session's record, and in the flow's
// actions. Each call of Dial is a session of its own, also with the same order, unless
// that has a Key or a Session.
//
// [ErrOrder] says that the order cannot be carried out. After [call.ErrUncertain]
// nobody knows whether it was; after any other error it was not.
func (b *Bot) Dial(ctx context.Context, o Order) (Started, error) {
	began, err := b.start(ctx, flow.Outgoing, o, graph.Join{})
	if err != nil {
		return Started{}, fmt.Errorf("bot: dial: %w", err)
	}
	return began, nil
}

// Join starts a flow of kind meeting, as [Bot.Dial] does an outgoing one. The
// flow's join, if it names no meeting itself, joins the one that is given:
// [graph.ParseJoinURL] makes it of a link, [graph.JoinByID] of a meeting id and
// its passcode. The zero Join is for a flow that names its meeting itself. Whether
// the meeting could be joined is in the session's record.
func (b *Bot) Join(ctx context.Context, o Order, meeting graph.Join) (Started, error) {
	began, err := b.start(ctx, flow.Meeting, o, meeting)
	if err != nil {
		return Started{}, fmt.Errorf("bot: join: %w", err)
	}
	return began, nil
}

// begins starts the session of an order.
func (b *Bot) begins(ctx context.Context, id ivr.SessionID, to *served, ev ivr.CallWanted) error {
	f := to.flow
	err := b.keep(ctx, to)
	if err == nil {
		err = b.calls.Start(ctx, engine.New(id, f, to.config), f, ev)
	}
	if err != nil {
		return fmt.Errorf("start the flow %q: %w", f.Name, err)
	}
	b.cfg.Log.Info("flow started", slog.String("session", string(id)), slog.String("flow", f.Name), slog.String("kind", string(f.Kind)))
	return nil
}

// ErrOrder says that an order cannot be carried out as it is.
var ErrOrder = admin.ErrOrder

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
