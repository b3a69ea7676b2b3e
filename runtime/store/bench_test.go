package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/flows"
	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// sink is a database that keeps nothing once it is off: what is measured is what
// a Store does.
type sink struct {
	store.DB
	off bool
}

func (s *sink) Write(ctx context.Context, w *store.Write) error {
	if s.off {
		return nil
	}
	return s.DB.Write(ctx, w)
}

// BenchmarkCommit encodes and seals what a key of a menu brings.
func BenchmarkCommit(b *testing.B) {
	for name, f := range map[string]*flow.Flow{
		"no secrets": loadFS(b, flows.FS, "demo/demo.ivr.yaml"),
		"secrets":    loadText(b, leaky),
	} {
		b.Run(name, func(b *testing.B) {
			db := &sink{DB: &store.MemoryDB{Now: func() time.Time { return begin }}}
			st := newStore(b, db, nil)
			head := ivr.Head{At: begin, Leg: ivr.CallerLeg}
			s, c := engine.New("s1", f, nil), &call.Change{}
			for i, ev := range []ivr.Event{ivr.CallIncoming{Head: head, Call: "c"}, ivr.CallChanged{Head: head, State: ivr.StateEstablished, Audio: ivr.AudioActive},
				ivr.OperationCompleted{Head: head, Op: 6}, ivr.OperationCompleted{Head: head, Op: 7}, ivr.ToneReceived{Head: head, Key: '1', Seq: 1}} {
				next, cmds, err := engine.Step(f, s, ev)
				if err != nil {
					b.Fatal(err)
				}
				c = &call.Change{New: i == 0, Before: new(s), Session: &next, Flow: f, Events: []ivr.Event{ev}, Commands: cmds, Version: int64(i + 1), Epoch: 1}
				if err := st.Commit(b.Context(), c); err != nil {
					b.Fatal(err)
				}
				s = next
			}
			db.off = true
			b.ReportAllocs()
			for b.Loop() {
				c.Version++
				if err := st.Commit(b.Context(), c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
