package keep

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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

// A key is there whole, once, and nothing else.
func TestMakeKey(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "calls.key")
	if err := makeKey(name); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(name)
	if err != nil || len(first) != 45 {
		t.Fatalf("%v: %d bytes, want 32 in base64, and a line's end", err, len(first))
	}
	if err := makeKey(name); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v, want that there is one", err)
	}
	if again, err := os.ReadFile(name); err != nil || !bytes.Equal(again, first) {
		t.Errorf("%v: the key is another", err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("%v: %d files, want the key alone", err, len(list))
	}
}
