package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/seal"
)

// bad is a database whose disk damages what it gives back of one session.
type bad struct {
	store.DB
	session ivr.SessionID
	damage  func(*store.Row)
}

func (b *bad) row(r store.Row, err error) (store.Row, error) {
	if err == nil && r.Session == b.session && b.damage != nil {
		b.damage(&r)
	}
	return r, err
}

func (b *bad) Take(ctx context.Context, n store.NodeID, id ivr.SessionID) (store.Row, error) {
	return b.row(b.DB.Take(ctx, n, id))
}

func (b *bad) Claim(ctx context.Context, n store.NodeID, most int) ([]store.Row, error) {
	rows, err := b.DB.Claim(ctx, n, most)
	for i := range rows {
		rows[i], _ = b.row(rows[i], nil)
	}
	return rows, err
}

// Whatever bit of a live record or of its keys is another: the session is said to
// be damaged, with what its row tells in the clear, and can be ended. It is never
// another state, and no other session suffers.
func TestDamage(t *testing.T) {
	db := &bad{DB: &store.MemoryDB{Now: func() time.Time { return begin }}, session: "s1"}
	st := newStore(t, db, nil)
	f := loadText(t, leaky)
	for i := range 3 {
		p := newPlayer(t, st, f, ivr.SessionID(fmt.Sprint("s", i)), 1)
		p.give(ivr.CallIncoming{Head: p.head(), Call: ivr.CallID(fmt.Sprint("c", i)), Tenant: "t"})
	}
	row, err := db.Read(t.Context(), "s1")
	if err != nil {
		t.Fatal(err)
	}
	var damages []func(*store.Row)
	for i := range row.Record {
		damages = append(damages, func(r *store.Row) { r.Record[i] ^= 1 << (i % 8) })
	}
	for k := range row.Keys {
		for i := range row.Keys[k].Wrapped {
			damages = append(damages, func(r *store.Row) { r.Keys[k].Wrapped[i] ^= 1 << (i % 8) })
		}
		damages = append(damages, func(r *store.Row) { r.Keys = append(r.Keys[:k:k], r.Keys[k+1:]...) })
	}
	damages = append(damages, func(r *store.Row) { r.Record = r.Record[:10] }, func(r *store.Row) { r.Record = []byte{} },
		func(r *store.Row) { r.Keys = nil }, func(r *store.Row) { r.Version++ },
		func(r *store.Row) { r.Keys[0].Wrapped, r.Keys[1].Wrapped = r.Keys[1].Wrapped, r.Keys[0].Wrapped })
	for i, damage := range damages {
		db.damage = damage
		rec, err := st.Take(t.Context(), "s1")
		s := rec.Session
		if err != nil || rec.Damaged == nil || s.ID != "s1" || s.Leg.Call != "c1" || s.Version != f.Version || s.Tenant != "t" || s.State != "" || len(rec.Pending) > 0 {
			t.Fatalf("damage %d: %v, %+v", i, err, rec)
		}
	}

	db.damage = func(r *store.Row) { r.Record[40] ^= 1 }
	recs := claimed(t, st, db)
	for id, rec := range recs {
		if (rec.Damaged != nil) != (id == "s1") {
			t.Errorf("%s: %v", id, rec.Damaged)
		}
	}
	if err := recs["s1"].Damaged; len(recs) != 3 || !errors.Is(err, seal.ErrDamaged) || !strings.Contains(err.Error(), "session s1, version 1") {
		t.Errorf("%d sessions; s1: %v", len(recs), err)
	}
}

// claimed are the sessions that another node takes over when this one is gone.
func claimed(t *testing.T, st *store.Store, db store.DB) map[ivr.SessionID]call.Record {
	t.Helper()
	if err := st.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := newStore(t, db, func(c *store.Config) { c.Node.ID = "n2" })
	list, err := other.Claim(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	recs := map[ivr.SessionID]call.Record{}
	for _, rec := range list {
		recs[rec.Session.ID] = rec
	}
	return recs
}

// A session whose record or keys are damaged goes on from a new state, which is
// under good keys and can be taken, and ends.
func TestAfterDamage(t *testing.T) {
	for name, damage := range map[string]func(r, was *store.Row){
		"record":     func(r, was *store.Row) { breaks(&r.Record, was.Record) },
		"call key":   func(r, was *store.Row) { breakKeys(r, was.Keys[:1]) },
		"secret key": func(r, was *store.Row) { breakKeys(r, was.Keys[1:]) },
		"both":       func(r, was *store.Row) { breakKeys(r, was.Keys) },
		"lost key":   func(r, was *store.Row) { loseKeys(r, was.Keys[1:]) },
		"no keys":    func(r, was *store.Row) { loseKeys(r, was.Keys) },
	} {
		db := &bad{DB: &store.MemoryDB{Now: func() time.Time { return begin }}, session: "s1"}
		st := newStore(t, db, nil)
		p := newPlayer(t, st, loadText(t, leaky), "s1", 1)
		p.give(ivr.CallIncoming{Head: p.head(), Call: "c1"})
		was, err := db.Read(t.Context(), "s1")
		if err != nil || len(was.Keys) != 2 {
			t.Fatal(err)
		}
		db.damage = func(r *store.Row) { damage(r, &was) }
		rec, err := st.Take(t.Context(), "s1")
		if err != nil || rec.Damaged == nil {
			t.Fatalf("%s: %v, %+v", name, err, rec)
		}
		fresh := engine.New("s1", p.f, nil)
		next, _, err := engine.Step(p.f, fresh, ivr.CallIncoming{Head: p.head(), Call: "c1"})
		if err != nil {
			t.Fatal(err)
		}
		over, _ := engine.Abandon(next, begin)
		for i, s := range []engine.Session{next, over} {
			c := &call.Change{Before: &fresh, Session: &s, Flow: p.f, Version: rec.Version + 1 + int64(i), Epoch: rec.Epoch, Events: []ivr.Event{ivr.TimerExpired{Head: p.head()}}}
			if err := st.Commit(t.Context(), c); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if s.Over() {
				continue
			}
			row, err := db.Read(t.Context(), "s1")
			if last := len(row.Keys) - 1; err != nil || last < 1 || !strings.HasPrefix(row.Keys[last].Name, "secret.") {
				t.Errorf("%s: keys %v, %v", name, row.Keys, err)
			}
			if again, err := st.Take(t.Context(), "s1"); err != nil || again.Damaged != nil || again.Session.State != s.State {
				t.Errorf("%s: taken again: %v, %+v", name, err, again)
			} else {
				rec.Epoch = again.Epoch
			}
		}
	}
}

// breaks damages what is still as it was.
func breaks(b *[]byte, was []byte) {
	if bytes.Equal(*b, was) {
		*b = bytes.Clone(*b)
		(*b)[40] ^= 1
	}
}

func breakKeys(r *store.Row, was []store.Key) {
	for i := range r.Keys {
		for _, k := range was {
			breaks(&r.Keys[i].Wrapped, k.Wrapped)
		}
	}
}

func loseKeys(r *store.Row, was []store.Key) {
	r.Keys = slices.DeleteFunc(r.Keys, func(k store.Key) bool {
		return slices.ContainsFunc(was, func(w store.Key) bool { return bytes.Equal(w.Wrapped, k.Wrapped) })
	})
}

// A store with another key refuses to begin, and says why; one with the same key
// begins again.
func TestOtherMaster(t *testing.T) {
	db := &store.MemoryDB{Now: func() time.Time { return begin }}
	newStore(t, db, nil)
	newStore(t, db, nil)
	other, err := store.New(store.Config{DB: db, Key: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	err = other.Join(t.Context())
	if !errors.Is(err, seal.ErrOtherMaster) || !strings.Contains(err.Error(), "the database was begun with another key") {
		t.Errorf("got %v", err)
	}
	if nodes, err := db.Nodes(t.Context()); err != nil || len(nodes) != 1 {
		t.Errorf("nodes %v, %v", nodes, err)
	}
	broken := &brokenBlobs{DB: db}
	if st, err := store.New(store.Config{DB: broken, Key: make([]byte, 32)}); err != nil || st.Join(t.Context()) == nil {
		t.Errorf("it begins although nobody knows whether it has the right key: %v", err)
	}
}

// Of two with different keys that begin on a new database at the same time one is
// refused.
func TestTwoMasters(t *testing.T) {
	db := &sameTime{DB: &store.MemoryDB{Now: func() time.Time { return begin }}}
	db.both.Add(2)
	errs := make([]error, 2)
	var begun sync.WaitGroup
	for i := range errs {
		st, err := store.New(store.Config{DB: db, Key: bytes.Repeat([]byte{byte(i)}, 32)})
		if err != nil {
			t.Fatal(err)
		}
		begun.Go(func() { errs[i] = st.Join(t.Context()) })
	}
	begun.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), seal.ErrOtherMaster) {
		t.Errorf("got %v", errs)
	}
}

// sameTime has two look before either of them writes.
type sameTime struct {
	store.DB
	both sync.WaitGroup
}

func (s *sameTime) Blob(ctx context.Context, name string) ([]byte, error) {
	data, err := s.DB.Blob(ctx, name)
	s.both.Done()
	s.both.Wait()
	return data, err
}

type brokenBlobs struct{ store.DB }

func (brokenBlobs) Blob(context.Context, string) ([]byte, error) { return nil, errors.New("no disk") }
