package bot

import (
	"context"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// brokenDB is a database with a bug.
type brokenDB struct{ *store.MemoryDB }

func (brokenDB) Purge(context.Context, store.Limits) (bool, error) { panic("a bug") }

// A panic while what is old is deleted does not end the process: it is tried again.
func TestPanicWhilePurging(t *testing.T) {
	b := newKeeping(t, nil, newTick(), talking(t, "a", "one"))
	defer b.Close()
	b.cfg.DB = brokenDB{&store.MemoryDB{}}
	if next := b.purger.slice(); next != purgeAgain || b.Counts().Panics != 1 {
		t.Errorf("goes on in %v, %d panics", next, b.Counts().Panics)
	}
}
