package bot

import (
	"context"
	"log/slog"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Counters are numbers that all calls share: who of a group is called first in
// round robin. Bots that serve the same callers share them, too.
type Counters interface {
	// Next adds one to a counter, which begins with 0, and returns it.
	Next(ctx context.Context, name string) (int64, error)
}

// dbCounters are counters in a database.
type dbCounters struct{ db store.DB }

func (c dbCounters) Next(ctx context.Context, name string) (int64, error) {
	return c.db.CountUp(ctx, name)
}

// count adds one to a counter. Without it the flow goes on as if it were the
// first.
func (b *Bot) count(ctx context.Context, to call.Address, c ivr.CountUp) call.Reply {
	n, err := b.cfg.Counters.Next(ctx, c.Name)
	if err != nil {
		b.cfg.Log.Warn("not counted", slog.String("session", string(to.Session)), slog.String("counter", c.Name), slog.String("error", err.Error()))
		return call.Reply{Event: ivr.OperationFailed{Head: b.head(to), Op: c.Op, Result: ivr.Result{Reason: ivr.ReasonService, Message: err.Error()}}}
	}
	return call.Reply{Event: ivr.Counted{Head: b.head(to), Op: c.Op, N: n}}
}
