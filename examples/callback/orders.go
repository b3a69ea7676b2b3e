package main

import (
	"context"
	"fmt"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// order is what flows/callback hands over.
type order struct {
	Number  string `json:"call_at"`
	AskedIn string `json:"asked_in"` // id of the session
}

// dialer begins a call once for each key; it is bot.Bot.DialOnce.
type dialer func(ctx context.Context, key string, o bot.Order) (id ivr.SessionID, fresh bool, err error)

// register makes the action call_back, which begins the flow call_back at once: that
// waits by itself, and is in the store meanwhile. Its key is the session in which it
// was asked for, so that it is begun once, however often the action is tried.
func register(b *bot.Bot, dial dialer) error {
	return bot.RegisterAction(b, bot.Action[order, struct{}]{Name: "call_back", Outcomes: []string{"ok"},
		Do: func(ctx context.Context, o order) (struct{}, string, error) {
			_, _, err := dial(ctx, "call back "+o.AskedIn, bot.Order{Flow: "call_back", From: account, Params: map[string]any{"number": o.Number}})
			if err != nil {
				return struct{}{}, "", fmt.Errorf("%w: %w", bot.ErrTryAgain, err)
			}
			return struct{}{}, "ok", nil
		}})
}
