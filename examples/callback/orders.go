package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// order is what flows/callback hands over.
type order struct {
	Number  string `json:"call_at"`
	AskedIn string `json:"asked_in"` // id of the session
}

// dialer begins a call under an id of ours; it is bot.Bot.DialAs.
type dialer func(ctx context.Context, id ivr.SessionID, o bot.Order) error

// register makes the action call_back, which begins the flow call_back at once: that
// waits by itself, and is in the store meanwhile. Its session's id follows from that
// in which it was asked for, so that it is begun once, however often the action is
// tried.
func register(b *bot.Bot, dial dialer) error {
	return bot.RegisterAction(b, bot.Action[order, struct{}]{Name: "call_back", Outcomes: []string{"ok"},
		Do: func(ctx context.Context, o order) (struct{}, string, error) {
			err := dial(ctx, sessionOf(o), bot.Order{Flow: "call_back", From: account, Params: map[string]any{"number": o.Number}})
			if err != nil && !errors.Is(err, bot.ErrExists) {
				return struct{}{}, "", fmt.Errorf("%w: %w", bot.ErrTryAgain, err)
			}
			return struct{}{}, "ok", nil
		}})
}

func sessionOf(o order) ivr.SessionID {
	h := sha256.Sum256([]byte("call back\n" + o.AskedIn))
	return ivr.SessionID(base64.RawURLEncoding.EncodeToString(h[:16]))
}
