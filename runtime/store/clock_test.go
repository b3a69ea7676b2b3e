package store_test

import (
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Clocks of two nodes are a day apart. What a call waits for goes on where it was
// under a clock that was ahead; under one that was behind the time has passed.
func TestClocksApart(t *testing.T) {
	f := loadText(t, "ivr: 1\nflow: waits\nstart: main\nstates: {main: [answer, {wait: {for: 10m}}, end]}\n")
	for name, c := range map[string]struct{ ahead, want time.Duration }{
		"ahead":  {ahead: 24 * time.Hour, want: 7 * time.Minute},
		"equal":  {want: 7*time.Minute - 30*time.Second},
		"behind": {ahead: -time.Hour, want: 7*time.Minute - time.Hour - 30*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			db, wrong := &store.MemoryDB{}, begin.Add(c.ahead)
			a := newStore(t, db, func(cfg *store.Config) { cfg.Now = func() time.Time { return wrong } })
			b := newStore(t, db, func(cfg *store.Config) {
				cfg.Node.ID, cfg.Now = "n2", func() time.Time { return begin.Add(30 * time.Second) }
			})
			s, cmds, err := engine.Step(f, engine.New("s", f, nil), ivr.CallIncoming{Head: ivr.Head{At: wrong.Add(-3 * time.Minute)}, Call: "c"})
			if err != nil {
				t.Fatal(err)
			}
			s.Timers = []engine.Timer{{ID: 9, Due: wrong.Add(7 * time.Minute)}}
			if err := a.Commit(t.Context(), &call.Change{New: true, Before: &engine.Session{}, Session: &s, Flow: f, Commands: cmds, Version: 1, Epoch: 1}); err != nil {
				t.Fatal(err)
			}
			if err := db.Leave(t.Context(), "n1"); err != nil {
				t.Fatal(err)
			}
			rec, err := b.Take(t.Context(), "s")
			if err != nil || rec.Damaged != nil || len(rec.Session.Timers) != 1 {
				t.Fatal(err, rec.Damaged, rec.Session.Timers)
			}
			if left := rec.Session.Timers[0].Due.Sub(begin.Add(30 * time.Second)); left != c.want {
				t.Errorf("%s are left of the timer, want %s", left, c.want)
			}
		})
	}
}
