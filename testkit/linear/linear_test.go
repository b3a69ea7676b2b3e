package linear_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
	"github.com/ivrflow/ivrflow/testkit/linear"
)

var (
	requests = flag.Int("requests", 6000, "how many requests each history has")
	seed     = flag.Uint64("seed", 1, "what the clients do")
)

// check runs clients on one or more databases, and says what came of it.
func check(t *testing.T, dbs []store.DB, requests int) (linear.Report, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var h linear.History
	work(ctx, t, &h, dbs, requests, *seed)
	return h.Check(ctx)
}

// three is a database that three nodes share.
func three(db store.DB) []store.DB { return []store.DB{db, db, db} }

func TestMemory(t *testing.T) {
	r, err := check(t, three(&store.MemoryDB{}), *requests)
	t.Logf("%+v", r)
	if err != nil || r.Requests < *requests/2 {
		t.Errorf("%+v: %v", r, err)
	}
}

func TestSQLite(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "calls.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r, err := check(t, three(db), *requests)
	t.Logf("%+v", r)
	if err != nil || r.Requests < *requests/2 {
		t.Errorf("%+v: %v", r, err)
	}
}

// broken is a database with a fault.
type broken struct {
	store.DB
	name string

	mu  sync.Mutex
	r   *rand.Rand
	old map[ivr.SessionID]store.Row
}

func (b *broken) now() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.r.IntN(50) == 0
}

func (b *broken) Write(ctx context.Context, w *store.Write) error {
	switch {
	case b.name == "a write is lost" && b.now():
		return nil
	case b.name == "a refused write is there" && b.now():
		if err := b.DB.Write(ctx, w); err != nil {
			return err
		}
		return store.ErrFenced
	case b.name == "epochs are not checked" && w.Version > 1:
		if row, err := b.Read(ctx, w.Session); err == nil {
			v := *w
			v.Epoch = row.Epoch
			return b.DB.Write(ctx, &v)
		}
	case b.name == "an error is a lie" && b.now():
		if err := b.DB.Write(ctx, w); err != nil {
			return err
		}
		return context.DeadlineExceeded
	}
	return b.DB.Write(ctx, w)
}

func (b *broken) Read(ctx context.Context, id ivr.SessionID) (store.Row, error) {
	row, err := b.DB.Read(ctx, id)
	if b.name != "a read is of yesterday" || err != nil {
		return row, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	old, ok := b.old[id]
	b.old[id] = row
	if ok && b.r.IntN(5) == 0 {
		return old, nil
	}
	return row, nil
}

func (b *broken) Take(ctx context.Context, node store.NodeID, id ivr.SessionID) (store.Row, error) {
	row, err := b.DB.Take(ctx, node, id)
	if b.name == "an epoch comes twice" && err == nil && b.now() {
		row.Epoch--
	}
	return row, err
}

// Each of these faults is found.
func TestTeeth(t *testing.T) {
	for _, name := range []string{"a write is lost", "a refused write is there", "epochs are not checked", "an error is a lie",
		"a read is of yesterday", "an epoch comes twice"} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				db := &broken{DB: &store.MemoryDB{}, name: name, r: rand.New(rand.NewPCG(*seed, 9)), old: map[ivr.SessionID]store.Row{}}
				if _, err := check(t, three(db), 4000); err != nil && strings.Contains(err.Error(), "Illegal") {
					return
				}
			}
			t.Error("it was not found in 20 histories")
		})
	}
}
