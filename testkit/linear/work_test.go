package linear_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit/linear"
)

// lease is so short that sessions change hands all the time.
const lease = 100 * time.Millisecond

// work has nodes, each with some clients, use the same sessions until there were so
// many requests, or ctx is over. A node that was away for too long goes on as if
// nothing had happened: that is what epochs are for.
func work(ctx context.Context, t *testing.T, h *linear.History, dbs []store.DB, requests int, seed uint64) {
	t.Helper()
	var left atomic.Int64
	left.Store(int64(requests))
	var wg sync.WaitGroup
	for i, db := range dbs {
		node := store.NodeID(fmt.Sprintf("node%d", i))
		for db.Join(ctx, store.Node{ID: node, Started: time.Now()}, lease) != nil {
			if ctx.Err() != nil {
				t.Fatal("a node cannot join")
			}
		}
		for j := range 3 {
			w := &worker{Client: h.Client(db), db: db, node: node, held: map[ivr.SessionID]*store.Row{},
				rand: rand.New(rand.NewPCG(seed, uint64(10*i+j)))}
			wg.Go(func() {
				for left.Add(-1) >= 0 && ctx.Err() == nil {
					w.do(ctx)
				}
			})
		}
	}
	wg.Wait()
}

// sessions that are fought over at one time.
const fought = 12

// worker is one client of a node.
type worker struct {
	*linear.Client
	db   store.DB
	node store.NodeID
	rand *rand.Rand
	held map[ivr.SessionID]*store.Row // as the worker thinks that they are
	n    int
}

// do makes one request. Every two hundred or so the sessions are others, so that
// their histories stay short enough to be searched.
func (w *worker) do(ctx context.Context) {
	w.n++
	round := w.n / 150
	id := ivr.SessionID(fmt.Sprintf("s%d-%d", round, w.rand.IntN(fought)))
	row := w.held[id]
	switch n := w.rand.IntN(20); {
	case n == 0 && w.rand.IntN(4) == 0: // it gives up what it has, and does not know it
		_ = w.db.Leave(ctx, w.node)
		_ = w.db.Join(ctx, store.Node{ID: w.node, Started: time.Now()}, lease)
	case n == 0:
		_, _ = w.db.Renew(ctx, w.node, lease) // sometimes too late
	case n < 4:
		_, _ = w.Read(ctx, id)
	case n == 4 && row != nil:
		_ = w.Try(ctx, id, row.Epoch)
	case n == 5:
		w.claim(ctx)
	case row == nil && n < 9:
		w.write(ctx, &store.Row{Session: id, Epoch: 1}, false)
	case row == nil || n < 9:
		if got, err := w.Take(ctx, w.node, id); err == nil {
			w.held[id] = &got
		}
	default:
		w.write(ctx, row, w.rand.IntN(25) == 0)
	}
}

func (w *worker) claim(ctx context.Context) {
	rows, err := w.Claim(ctx, w.node, 5)
	if err != nil {
		return
	}
	for _, row := range rows {
		w.held[row.Session] = &row
	}
}

func (w *worker) write(ctx context.Context, row *store.Row, last bool) {
	v := row.Version + 1
	next := &store.Write{Session: row.Session, Version: v, Epoch: row.Epoch, Record: fmt.Appendf(nil, "%d by %s %d", v, w.node, w.rand.Uint32())}
	if v == 1 {
		next.Node, next.Flow, next.Name, next.Tenant, next.Started = w.node, "f", "desk", "t", time.Now()
	}
	if last {
		next.Record, next.Ended = nil, time.Now()
	}
	err := w.Write(ctx, next)
	switch {
	case err == nil:
		w.held[row.Session] = &store.Row{Session: row.Session, Version: v, Epoch: row.Epoch}
	case w.rand.IntN(2) == 0:
		delete(w.held, row.Session) // else it stays stubborn
	}
}
