package main

import (
	"context"
	"fmt"

	"github.com/ivrflow/ivrflow/runtime/bot"
)

// order is what flows/callback hands over.
type order struct {
	Number  string `json:"call_at"`
	AskedIn string `json:"asked_in"` // id of the session
}

// dialer begins a call; it is bot.Bot.Dial.
type dialer func(ctx context.Context, o bot.Order) (bot.Started, error)

// register makes the action call_back, which begins the flow call_back at once: that
// waits by itself, and is in the store meanwhile. Its key is the session in which it
// was asked for, so that it is begun once, however often the action is tried.
func register(b *bot.Bot, dial dialer) error {
	return bot.RegisterAction(b, bot.Action[order, struct{}]{Name: "call_back", Outcomes: []string{"ok"},
		Do: func(ctx context.Context, o order) (struct{}, string, error) {
			_, err := dial(ctx, bot.Order{Flow: "call_back", From: account, Params: map[string]any{"number": o.Number}, Key: "call back " + o.AskedIn})
			if err != nil {
				return struct{}{}, "", fmt.Errorf("%w: %w", bot.ErrTryAgain, err)
			}
			return struct{}{}, "ok", nil
		}})
}
