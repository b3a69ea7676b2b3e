package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// late is a database whose writes wait while the test wants it.
type late struct {
	store.DB
	mu   sync.Mutex
	gate chan struct{}
	came chan struct{} // told when one waits
}

func (d *late) Write(ctx context.Context, w *store.Write) error {
	d.mu.Lock()
	gate := d.gate
	d.mu.Unlock()
	if gate != nil {
		d.came <- struct{}{}
		<-gate
	}
	return d.DB.Write(ctx, w)
}

// A change that was given up comes through when the session was read again: it is
// refused, and does not take the keys of the session away.
func TestLateWrite(t *testing.T) {
	db := &late{DB: &store.MemoryDB{}, came: make(chan struct{})}
	st := newStore(t, db, nil)
	f := loadText(t, "ivr: 1\nflow: waits\nstart: main\nstates: {main: [answer, {wait: {for: 10m}}, end]}\n")
	at := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	s, cmds, err := engine.Step(f, engine.New("s", f, nil), ivr.CallIncoming{Head: ivr.Head{At: at}, Call: "c"})
	if err != nil {
		t.Fatal(err)
	}
	first := &call.Change{New: true, Before: &engine.Session{}, Session: &s, Flow: f, Commands: cmds, Version: 1, Epoch: 1}
	if err := st.Commit(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	gate, done := make(chan struct{}), make(chan error)
	db.mu.Lock()
	db.gate = gate
	db.mu.Unlock()
	go func() {
		done <- st.Commit(context.Background(), &call.Change{Before: &s, Session: &s, Flow: f, Version: 2, Epoch: 1})
	}()
	<-db.came
	rec, err := st.Take(t.Context(), "s")
	if err != nil || rec.Damaged != nil {
		t.Fatal(err, rec.Damaged)
	}
	db.mu.Lock()
	db.gate = nil
	db.mu.Unlock()
	close(gate)
	if err := <-done; !errors.Is(err, call.ErrLost) {
		t.Errorf("the late change: %v, want ErrLost", err)
	}
	if err := st.Commit(t.Context(), &call.Change{Before: &s, Session: &s, Flow: f, Version: rec.Version + 1, Epoch: rec.Epoch}); err != nil {
		t.Errorf("the next change: %v", err)
	}
}

// A store holds nothing in memory of a session that another node has now.
func TestGoneElsewhere(t *testing.T) {
	db := &store.MemoryDB{}
	a, b := newStore(t, db, nil), newStore(t, db, func(c *store.Config) { c.Node.ID = "n2" })
	f := loadText(t, "ivr: 1\nflow: waits\nstart: main\nstates: {main: [answer, {wait: {for: 10m}}, end]}\n")
	s, cmds, err := engine.Step(f, engine.New("s", f, nil), ivr.CallIncoming{Head: ivr.Head{At: begin}, Call: "c"})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Commit(t.Context(), &call.Change{New: true, Before: &engine.Session{}, Session: &s, Flow: f, Commands: cmds, Version: 1, Epoch: 1}); err != nil {
		t.Fatal(err)
	}
	if err := db.Leave(t.Context(), "n1"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Take(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Take(t.Context(), "s"); !errors.Is(err, call.ErrElsewhere) || a.Held() != 0 {
		t.Errorf("%v, %d sessions are held", err, a.Held())
	}
}
