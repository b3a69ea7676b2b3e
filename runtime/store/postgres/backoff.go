package postgres

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff waits longer from one time to the next, from some ms up to most. The zero
// backoff is ready; its first wait is none.
type backoff struct {
	next time.Duration
	most time.Duration // 0: 250 ms
}

// sleep waits. The error is that of the context.
func (b *backoff) sleep(ctx context.Context) error {
	d := b.next
	most := b.most
	if most == 0 {
		most = 250 * time.Millisecond
	}
	b.next = min(most, max(5*time.Millisecond, 2*d))
	if d == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d/2 + rand.N(d))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
