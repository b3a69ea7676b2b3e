package powerloss_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
)

// A sync fails once: the disk has forgotten what it should have kept, and later
// syncs say nothing of it. The store acknowledges nothing from then on, and after a
// power cut all is there that it had acknowledged before.
func TestStoreStopsWhenASyncFails(t *testing.T) {
	r := rand.New(rand.NewPCG(*seed, 4))
	hit := 0
	for n := range 25 {
		b := newBench(t, *seed<<20+uint64(n))
		b.disk.FailSync(n)
		if db, err := sqlite.Open(t.Context(), b.file, sqlite.Options{}); err == nil {
			b.use(db, r)
			if b.disk.Count().Failed > 0 {
				hit++
				b.refuses(db)
			}
			db.Close() // which may fail too
		}
		b.disk.Restart()
		b.life++
		db := b.open()
		b.check(db)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Fatalf("sync %d failed; run it again with -seed=%d", n, *seed)
		}
		b.close()
	}
	if hit < 15 {
		t.Errorf("only %d of 25 times a sync failed while the store was in use", hit)
	}
}

// refuses checks that a store that has failed says so to everybody.
func (b *bench) refuses(db *sqlite.DB) {
	b.Helper()
	select {
	case <-db.Failed():
	default:
		b.Error("a sync has failed, and the store goes on")
	}
	ctx := b.Context()
	id := ivr.SessionID("late")
	for what, err := range map[string]error{
		"write": db.Write(ctx, &store.Write{Session: id, Version: 1, Epoch: 1, Node: "n", Record: []byte("x")}),
		"post":  db.Post(ctx, store.Mail{Session: id, Body: []byte("x")}),
		"blob":  db.PutBlob(ctx, "flows/late", []byte("x")),
	} {
		if !errors.Is(err, sqlite.ErrFailed) {
			b.Errorf("%s after the failure: %v, want that the store has failed", what, err)
		}
	}
}
