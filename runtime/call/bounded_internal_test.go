package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// promptStore heeds the context of Commit.
type promptStore struct {
	Store
	commit func(ctx context.Context) error
}

func (s promptStore) Commit(ctx context.Context, _ *Change) error { return s.commit(ctx) }
func (promptStore) CommitsPromptly() bool                         { return true }

// noWaiter is a clock that must not be waited with.
type noWaiter struct {
	Clock
	t *testing.T
}

func (noWaiter) Now() time.Time { return time.Now() }
func (c noWaiter) Within(time.Duration, func()) bool {
	c.t.Error("a commit had a goroutine of its own")
	return false
}

// A store that heeds its context is asked in the caller's goroutine: for no longer
// than any other, and behind the same wall.
func TestPromptCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Calls{cfg: Config{Clock: noWaiter{t: t}, Log: slog.New(slog.DiscardHandler)}, lease: lease{span: time.Second}}
		commit := func(f func(ctx context.Context) error) error {
			return (&bounded{Store: promptStore{commit: f}, c: c}).Commit(t.Context(), &Change{})
		}
		begun := time.Now()
		err := commit(func(ctx context.Context) error {
			<-ctx.Done()
			return fmt.Errorf("%w: %w", ErrUncertain, ctx.Err())
		})
		if took := time.Since(begun); !errors.Is(err, ErrUncertain) || took != storeLimit {
			t.Errorf("a disk that hangs: %v after %v", err, took)
		}
		if err := commit(func(context.Context) error { panic("x") }); !errors.Is(err, ErrUncertain) {
			t.Errorf("a panic: %v", err)
		}
		if err := commit(func(context.Context) error { return nil }); err != nil {
			t.Error(err)
		}
		if n := c.counts.commits.Load(); n != 1 || c.counts.uncertain.Load() != 2 {
			t.Errorf("counted %d commits, %d uncertain", n, c.counts.uncertain.Load())
		}
	})
}
