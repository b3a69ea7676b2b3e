package store_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// The detail record of a call whose live record was damaged still says who called
// whom, and when: that stood in the clear.
func TestRecordAfterDamage(t *testing.T) {
	db := &bad{DB: &store.MemoryDB{Now: func() time.Time { return begin }}, session: "s1"}
	st := newStore(t, db, nil)
	p := newPlayer(t, st, loadText(t, leaky), "s1", 1)
	caller, called := ivr.Party{Kind: ivr.PartyPhone, ID: "+442079460000"}, ivr.Party{Kind: ivr.PartyApplication, ID: "app"}
	p.give(ivr.CallIncoming{Head: p.head(), Call: "c1", Caller: caller, Called: called})
	started := p.s.Started
	calling := p.s // somebody else, too
	calling.Others = []engine.Leg{{ID: "b7", Call: "c2"}}
	p.commit(&call.Change{Session: &calling, Events: []ivr.Event{ivr.CallCreated{Head: p.head(), Op: 7, Call: "c2"}}})
	db.damage = func(r *store.Row) { r.Record = bytes.Clone(r.Record); r.Record[40] ^= 1 }
	rec, err := st.Take(t.Context(), "s1")
	if err != nil || rec.Damaged == nil {
		t.Fatal(err, rec.Damaged)
	}
	later := started.Add(time.Minute)
	fresh, cmds := engine.Rebuild(p.f, rec.Session, later, rec.Damaged)
	if hangUp, ok := cmds[slices.IndexFunc(cmds, func(c ivr.Command) bool { _, is := c.(ivr.HangUp); return is })].(ivr.HangUp); !ok || fresh.CallOf(hangUp.Leg) != "c2" {
		t.Errorf("it decides %v, want the other call to be hung up", cmds)
	}
	over, _ := engine.Abandon(fresh, later)
	if err := st.Commit(t.Context(), &call.Change{Before: &rec.Session, Session: &over, Flow: p.f, Version: rec.Version + 1, Epoch: rec.Epoch,
		Events: []ivr.Event{ivr.TimerExpired{Head: p.head()}}}); err != nil {
		t.Fatal(err)
	}
	h, err := st.History(t.Context(), "s1")
	if err != nil || h.Damaged || h.Caller != caller || h.Called != called || !h.Started.Equal(started) || !h.Ended.Equal(later) {
		t.Errorf("got %+v, %v; want it to begin at %s and to end at %s", h.Summary, err, started, later)
	}
}
