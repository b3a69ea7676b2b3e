package linear_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/postgres"
	"github.com/ivrflow/ivrflow/testkit/linear"
	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

// server is a PostgreSQL of these tests' own: it is killed.
var server pgtest.Lazy

func TestMain(m *testing.M) {
	code := m.Run()
	server.Close()
	os.Exit(code)
}

// Three nodes on one PostgreSQL, each with a network of its own, which cuts
// connections at commits and stalls, while the server crashes now and then: what
// they are answered is as if it had happened one after the other.
func TestPostgres(t *testing.T) {
	url := server.Database(t)
	var dbs []store.DB
	var nets []*pgtest.Proxy
	for range 3 {
		proxy, err := pgtest.NewProxy(t.Context(), server.Cluster(t).Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { proxy.Close() })
		by, err := proxy.URL(url)
		if err != nil {
			t.Fatal(err)
		}
		db, err := postgres.Open(t.Context(), by, postgres.Options{Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		dbs, nets = append(dbs, db), append(nets, proxy)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	var h linear.History
	var wg sync.WaitGroup
	trouble, stop := context.WithCancel(ctx)
	w := &weather{T: t, nets: nets, server: server.Cluster(t), rand: rand.New(rand.NewPCG(*seed, 8))}
	wg.Go(func() { w.rage(trouble) })
	work(ctx, t, &h, dbs, *requests, *seed)
	stop()
	wg.Wait()
	r, err := h.Check(ctx)
	t.Logf("%+v; %d cuts, %d stalls, %d crashes of the server", r, w.cuts.Load(), w.stalls, w.crashes)
	if err != nil || r.Requests < *requests/3 {
		t.Errorf("run it again with -seed=%d -requests=%d: %v", *seed, *requests, err)
	}
	if w.cuts.Load() == 0 || w.stalls == 0 || w.crashes == 0 || r.Uncertain == 0 {
		t.Error("there was no trouble")
	}
}

// weather is what happens to networks and to the server.
type weather struct {
	*testing.T
	nets   []*pgtest.Proxy
	server *pgtest.Cluster
	rand   *rand.Rand

	cuts            atomic.Int64
	stalls, crashes int
}

// rage goes on until ctx is over, and leaves all whole.
func (w *weather) rage(ctx context.Context) {
	for _, net := range w.nets {
		net.Judge(w.judge(w.rand.Uint64()))
	}
	for n := 0; ctx.Err() == nil; n++ {
		w.wait(ctx, 100+w.rand.IntN(400))
		net := w.nets[w.rand.IntN(len(w.nets))]
		if n%4 == 1 {
			w.crash(ctx)
			continue
		}
		w.stalls++
		net.Stall()
		w.wait(ctx, w.rand.IntN(1500)) // up to longer than a change may take
		net.Flow()
	}
	for _, net := range w.nets {
		net.Judge(nil)
	}
}

func (w *weather) crash(ctx context.Context) {
	w.crashes++
	if err := w.server.Kill(); err != nil {
		w.Error(err)
	}
	if err := w.server.Start(context.WithoutCancel(ctx)); err != nil {
		w.Error(err)
	}
}

// judge cuts one in twenty connections while something is written.
func (w *weather) judge(seed uint64) func(pgtest.Request) pgtest.Fate {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 1))
	fates := []pgtest.Fate{pgtest.CutBefore, pgtest.CutWithin, pgtest.CutAfter, pgtest.CutAnswered, pgtest.CutMidway}
	return func(q pgtest.Request) pgtest.Fate {
		mu.Lock()
		defer mu.Unlock()
		sql := strings.ToUpper(strings.Join(q.SQL, "\n"))
		if !strings.Contains(sql, "INSERT") && !strings.Contains(sql, "UPDATE") || r.IntN(20) > 0 {
			return pgtest.Pass
		}
		w.cuts.Add(1)
		return fates[r.IntN(len(fates))]
	}
}

// wait lets time pass.
func (w *weather) wait(ctx context.Context, milliseconds int) {
	select {
	case <-time.After(time.Duration(milliseconds) * time.Millisecond):
	case <-ctx.Done():
	}
}
