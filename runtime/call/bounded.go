package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// A store that does not come back must not keep a call, or whoever waits for it.
const (
	storeLimit = 5 * time.Second        // for one request, unless its context ends before
	storeGrace = 100 * time.Millisecond // for a store that heeds its context
	mostHung   = 256                    // requests that were given up and still run: beyond that none is begun
)

// Waiter is a [Clock] that can give a function up. One that is none waits for
// what it asks of the store as long as that takes.
type Waiter interface {
	// Within runs f beside the caller and waits for it, at most d. It reports
	// whether f has ended; if not, f goes on.
	Within(d time.Duration, f func()) bool
}

// Prompt is a [Store] that knows whether its Commit comes back as soon as its
// context is over, whatever the disk does. Then it is called without a goroutine
// that can be given up.
type Prompt interface{ CommitsPromptly() bool }

// errHangs says that the store keeps so many requests that it gets no more.
var errHangs = errors.New("the store hangs")

// bounded is a store that always comes back. Of a change that was given up it
// says ErrUncertain; a panic is an error, and of a change uncertain too.
type bounded struct {
	Store
	c    *Calls
	hung atomic.Int64
	// late is told of a session that came to this node after the request was given
	// up.
	late func(id ivr.SessionID)
}

// request is one call of a store's method.
type request struct {
	state atomic.Int32 // what came first
	err   error
}

const (
	stillRuns = iota
	hasEnded
	givenUp
)

// do asks the store something.
func (b *bounded) do(ctx context.Context, what string, f func(ctx context.Context) error) error {
	err := b.ask(ctx, what, nil, f)
	if err != nil && !isAnswer(err) {
		b.c.counts.storeErrors.Add(1)
	}
	return err
}

// isAnswer reports whether the error of a store is no trouble.
func isAnswer(err error) bool {
	var known *ExistsError
	return errors.Is(err, ErrUnknown) || errors.Is(err, ErrLost) || errors.Is(err, ErrElsewhere) || errors.As(err, &known)
}

func (b *bounded) ask(ctx context.Context, what string, late func(error), f func(ctx context.Context) error) error {
	r := &request{}
	clock, ok := b.c.cfg.Clock.(Waiter)
	if !ok || b.c.lease.span == 0 { // it is nothing but memory
		b.run(ctx, r, what, f)
		return r.err
	}
	if b.hung.Load() >= mostHung {
		return errHangs
	}
	limit := storeLimit
	if end, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(end))
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := clock.Within(limit+storeGrace, func() {
		b.run(ctx, r, what, f)
		if !r.state.CompareAndSwap(stillRuns, hasEnded) {
			b.hung.Add(-1)
			if late != nil {
				late(r.err)
			}
		}
	})
	if !done {
		b.hung.Add(1)
		if r.state.CompareAndSwap(stillRuns, givenUp) {
			return fmt.Errorf("%w: %s: %w in %s", ErrUncertain, what, errNoAnswer, limit.Round(time.Millisecond))
		}
		b.hung.Add(-1)
	}
	return r.err
}

var errNoAnswer = errors.New("no answer from the store")

// run calls the store behind a wall.
func (b *bounded) run(ctx context.Context, r *request, what string, f func(ctx context.Context) error) {
	defer func() {
		if p := recover(); p != nil {
			b.c.counts.panics.Add(1)
			b.c.cfg.Log.Error("the store panicked", slog.String("request", what), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			r.err = fmt.Errorf("%w: %s: panic: %v", ErrUncertain, what, p)
		}
	}()
	r.err = f(ctx)
}

// asked is do for what has an answer.
func asked[T any](ctx context.Context, b *bounded, what string, f func(ctx context.Context) (T, error)) (T, error) {
	answer := new(T) // may be written after it was given up
	err := b.do(ctx, what, func(ctx context.Context) (err error) {
		*answer, err = f(ctx)
		return err
	})
	if errors.Is(err, errNoAnswer) || errors.Is(err, errHangs) {
		return *new(T), err
	}
	return *answer, err
}

// Commit implements Store.
func (b *bounded) Commit(ctx context.Context, ch *Change) error {
	var late func(error)
	if ch.New {
		id := ch.Session.ID
		late = func(err error) {
			if err == nil {
				b.late(id)
			}
		}
	}
	begun := b.c.cfg.Clock.Now()
	err := b.commit(ctx, late, func(ctx context.Context) error { return b.Store.Commit(ctx, ch) })
	b.c.counts.commit(b.c.cfg.Clock.Now().Sub(begun), err)
	b.wrote(err)
	return err
}

func (b *bounded) commit(ctx context.Context, late func(error), f func(ctx context.Context) error) error {
	_, waits := b.c.cfg.Clock.(Waiter)
	if s, ok := b.Store.(Prompt); !ok || !s.CommitsPromptly() || !waits || b.hung.Load() >= mostHung {
		return b.ask(ctx, "commit", late, f)
	}
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	r := &request{}
	b.run(ctx, r, "commit", f)
	return r.err
}

// Try implements Store.
func (b *bounded) Try(ctx context.Context, id ivr.SessionID, epoch int64) (int, error) {
	return asked(ctx, b, "count an attempt", func(ctx context.Context) (int, error) { return b.Store.Try(ctx, id, epoch) })
}

// TryAll implements Store.
func (b *bounded) TryAll(ctx context.Context, all []Record) ([]int, error) {
	return asked(ctx, b, "count attempts", func(ctx context.Context) ([]int, error) { return b.Store.TryAll(ctx, all) })
}

// Take implements Store.
func (b *bounded) Take(ctx context.Context, id ivr.SessionID) (Record, error) {
	return asked(ctx, b, "take a session", func(ctx context.Context) (Record, error) { return b.Store.Take(ctx, id) })
}

// Claim implements Store.
func (b *bounded) Claim(ctx context.Context, most int) ([]Record, error) {
	var list []Record // read only after the request has ended
	err := b.ask(ctx, "claim sessions", func(err error) {
		for _, rec := range list {
			b.late(rec.Session.ID)
		}
	}, func(ctx context.Context) (err error) {
		list, err = b.Store.Claim(ctx, most)
		return err
	})
	if errors.Is(err, errNoAnswer) || errors.Is(err, errHangs) {
		b.c.counts.storeErrors.Add(1)
		return nil, err
	}
	if err != nil {
		b.c.counts.storeErrors.Add(1)
	}
	return list, err
}

// Owned implements Store.
func (b *bounded) Owned(ctx context.Context) ([]ivr.SessionID, error) {
	return asked(ctx, b, "list this node's sessions", b.Store.Owned)
}

// ByCall implements Store.
func (b *bounded) ByCall(ctx context.Context, id ivr.CallID) (ivr.SessionID, error) {
	return asked(ctx, b, "find a call", func(ctx context.Context) (ivr.SessionID, error) { return b.Store.ByCall(ctx, id) })
}

// Post implements Store.
func (b *bounded) Post(ctx context.Context, m Mail) error {
	return b.do(ctx, "keep mail", func(ctx context.Context) error { return b.Store.Post(ctx, m) })
}

// Mails implements Store.
func (b *bounded) Mails(ctx context.Context, most int) ([]Mail, error) {
	return asked(ctx, b, "fetch mail", func(ctx context.Context) ([]Mail, error) { return b.Store.Mails(ctx, most) })
}

// Join implements Store.
func (b *bounded) Join(ctx context.Context) error { return b.do(ctx, "join", b.Store.Join) }

// Renew implements Store.
func (b *bounded) Renew(ctx context.Context) (drain bool, err error) {
	drain, err = asked(ctx, b, "renew the lease", b.Store.Renew)
	b.wrote(err)
	return drain, err
}

// wrote takes note of whether the store takes what it is to keep.
func (b *bounded) wrote(err error) { b.c.refuses.Store(err != nil && !isAnswer(err)) }

// Refused reports whether the store did not take what it was last given to keep: a
// change or, some times while a lease runs, that it goes on.
func (c *Calls) Refused() bool { return c.refuses.Load() }

// Leave implements Store.
func (b *bounded) Leave(ctx context.Context) error { return b.do(ctx, "leave", b.Store.Leave) }
