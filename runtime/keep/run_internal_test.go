package keep

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A context is over when the store has failed, and says why.
func TestContext(t *testing.T) {
	failed := make(chan struct{})
	ctx, stop := (&Store{failed: failed}).Context(t.Context())
	defer stop()
	if ctx.Err() != nil {
		t.Fatal("over at once")
	}
	close(failed)
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on")
	}
	if !errors.Is(context.Cause(ctx), ErrFailed) {
		t.Errorf("it ended because of %v", context.Cause(ctx))
	}
	memory, stop := (&Store{}).Context(t.Context())
	stop()
	if <-memory.Done(); errors.Is(context.Cause(memory), ErrFailed) {
		t.Error("memory has failed")
	}
}
