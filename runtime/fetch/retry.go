package fetch

import (
	"context"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

const (
	firstWait   = 200 * time.Millisecond // of a request that names none
	longestWait = 2 * time.Second
)

// backOff waits before the next try; false means that there is no time for
// one. The wait is anything from nothing to a bound that doubles with each
// try ("full jitter", AWS Architecture Blog, "Exponential Backoff And
// Jitter"), so that callers who failed together do not come back together.
func (f *Fetcher) backOff(ctx context.Context, r ivr.Retry, try int) bool {
	bound := r.Backoff.Std()
	if bound == 0 {
		bound = firstWait
	}
	for range try - 1 {
		bound = min(2*bound, longestWait)
	}
	wait := time.Duration(f.random() * float64(min(bound, longestWait)))
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	return f.pause(ctx, wait) == nil && ctx.Err() == nil
}

// pause waits, or ends with ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
