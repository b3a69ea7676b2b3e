package bot

import (
	"context"
	"fmt"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Signal sends a signal to a session, whose id a flow gives away as call.id. It
// ends a wait step for that signal, also one that comes later in the call. The
// error is [call.ErrUnknown] if there is no such live session.
func (b *Bot) Signal(ctx context.Context, session ivr.SessionID, name string) error {
	ev := ivr.Signalled{Head: ivr.Head{At: b.cfg.Clock.Now(), Leg: ivr.CallerLeg}, ID: b.cfg.NewID(), Name: name}
	if err := b.calls.Deliver(ctx, session, ev); err != nil {
		return fmt.Errorf("bot: signal %s: %w", name, err)
	}
	return nil
}
