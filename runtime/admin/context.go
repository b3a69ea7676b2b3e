package admin

import (
	"context"

	"github.com/ivrflow/ivrflow/runtime/call"
)

type exchangeKey struct{}

func withExchange(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

func exchangeOf(ctx context.Context) *exchange { return ctx.Value(exchangeKey{}).(*exchange) }

var errNoSuch = call.ErrUnknown
