package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

// cutter is a database behind a proxy, and beside it.
func cutter(t *testing.T, o Options) (behind, beside *DB, proxy *pgtest.Proxy) {
	t.Helper()
	url, place := home(t)
	o.Schema = place.Schema
	beside = open(t, url, place)
	proxy, err := pgtest.NewProxy(t.Context(), server.Cluster(t).Address())
	must(t, err)
	t.Cleanup(func() { proxy.Close() })
	by, err := proxy.URL(url)
	must(t, err)
	return open(t, by, o), beside, proxy
}

// cuts cuts every other request with a statement that has a text in it.
type cuts struct {
	mu    sync.Mutex
	r     *rand.Rand
	of    string
	count map[pgtest.Fate]int
}

func (c *cuts) judge(r pgtest.Request) pgtest.Fate {
	if !strings.Contains(strings.Join(r.SQL, "\n"), c.of) {
		return pgtest.Pass
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	fates := []pgtest.Fate{pgtest.Pass, pgtest.CutBefore, pgtest.CutWithin, pgtest.CutAfter, pgtest.CutAnswered, pgtest.CutMidway,
		pgtest.Pass, pgtest.Pass, pgtest.Pass}
	f := fates[c.r.IntN(len(fates))]
	c.count[f]++
	return f
}

func (c *cuts) total() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for f, k := range c.count {
		if f != pgtest.Pass {
			n += k
		}
	}
	return n
}

// The connection is cut while changes and mails are written. What is told to be
// there is there once, and what is told not to be there is not.
func TestCutAtCommit(t *testing.T) {
	const goroutines, wanted, nodes = 24, 200, 6
	behind, beside, proxy := cutter(t, Options{Timeout: 20 * time.Second})
	dbs := []*DB{behind}
	for len(dbs) < nodes { // each has few changes at a time, so that many requests may be cut at once
		dbs = append(dbs, open(t, behind.config.ConnString(), behind.o))
	}
	c := &cuts{r: rand.New(rand.NewPCG(1, 2)), of: "unnest(", count: map[pgtest.Fate]int{}}
	proxy.Judge(c.judge)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	posted := make([]int, goroutines)
	versions := make([]int64, goroutines)
	var uncertain atomic.Int64
	var all sync.WaitGroup
	for g := range goroutines {
		all.Go(func() {
			id, behind := fmt.Sprint("s", g), dbs[g%nodes]
			for c.total() < wanted && ctx.Err() == nil {
				err := behind.Write(ctx, change(id, versions[g]+1))
				if errors.Is(err, store.ErrUncertain) {
					uncertain.Add(1)
					return
				}
				if err != nil {
					t.Errorf("nobody else writes, and nothing is wrong but the network: %v", err)
					return
				}
				versions[g]++
				if err := behind.Post(ctx, store.Mail{Session: ivr.SessionID(id), At: began, Body: []byte(id)}); err != nil {
					t.Error(err)
					return
				}
				posted[g]++
			}
		})
	}
	all.Wait()
	proxy.Judge(nil)
	for g := range goroutines {
		checkJournal(t, beside, fmt.Sprint("s", g), versions[g])
		if n := value[int](t, beside, "SELECT count(*) FROM mail WHERE session = $1", fmt.Sprint("s", g)); n != posted[g] {
			t.Errorf("session s%d has %d mails, of %d that were posted", g, n, posted[g])
		}
	}
	if c.total() < wanted || uncertain.Load() > 0 {
		t.Errorf("%d cuts, want %d; %d changes of which nobody knows", c.total(), wanted, uncertain.Load())
	}
	t.Logf("cuts by kind: %v", c.count)
}

// checkJournal wants a session to be at a version, which it reached step by step.
func checkJournal(t *testing.T, d *DB, id string, version int64) {
	t.Helper()
	row, err := d.Read(t.Context(), ivr.SessionID(id))
	if version == 0 && errors.Is(err, store.ErrNone) {
		return
	}
	must(t, err)
	entries, err := d.Journal(t.Context(), ivr.SessionID(id))
	must(t, err)
	if row.Version != version || int64(len(entries)) != version || string(row.Record) != fmt.Sprintf("record %d of %s", version, id) {
		t.Errorf("session %s is at version %d with %d rows in its journal and record %q, but was told to be at %d", id, row.Version, len(entries), row.Record, version)
	}
	for i, e := range entries {
		if e.Version != int64(i+1) || string(e.Body) != fmt.Sprintf("body %d of %s", i+1, id) {
			t.Errorf("row %d in the journal of %s is of version %d: %q", i+1, id, e.Version, e.Body)
		}
	}
}

// Nobody can know whether a change was made if the database stays away after it
// was sent.
func TestUncertain(t *testing.T) {
	behind, beside, proxy := cutter(t, Options{Timeout: 400 * time.Millisecond, Writers: 1})
	must(t, behind.Write(t.Context(), change("a", 1)))
	var sent atomic.Bool
	proxy.Judge(func(r pgtest.Request) pgtest.Fate {
		if strings.Contains(strings.Join(r.SQL, "\n"), "UPDATE sessions") && sent.CompareAndSwap(false, true) {
			return pgtest.CutAnswered
		}
		return pgtest.CutBefore
	})
	err := behind.Write(t.Context(), change("a", 2))
	if !errors.Is(err, store.ErrUncertain) {
		t.Errorf("a change that was sent once and never answered: error %v", err)
	}
	if row, err := beside.Read(t.Context(), "a"); err != nil || row.Version != 2 {
		t.Errorf("version %d, error %v", row.Version, err)
	}
	// What never left was not written, and that is known.
	proxy.Judge(nil)
	proxy.Cut()
	proxy.Close()
	err = behind.Write(t.Context(), change("a", 3))
	if err == nil || errors.Is(err, store.ErrUncertain) {
		t.Errorf("a change that could not be sent: error %v", err)
	}
}

// A claim whose answer was lost is not lost: the node gets its sessions with the
// next one.
func TestCutAtClaim(t *testing.T) {
	for _, fate := range []pgtest.Fate{pgtest.CutBefore, pgtest.CutAnswered, pgtest.CutMidway} {
		t.Run(fmt.Sprint(fate), func(t *testing.T) {
			const sessions = 40
			behind, _, proxy := cutter(t, Options{})
			for i := range sessions {
				must(t, behind.Write(t.Context(), change(fmt.Sprint("s", i), 1)))
			}
			must(t, behind.Join(t.Context(), store.Node{ID: "n2", Started: began}, time.Hour))
			var left atomic.Int32
			left.Store(2)
			proxy.Judge(func(r pgtest.Request) pgtest.Fate {
				if strings.Contains(strings.Join(r.SQL, "\n"), "SKIP LOCKED") && left.Add(-1) >= 0 {
					return fate
				}
				return pgtest.Pass
			})
			claimed := map[ivr.SessionID]store.Row{}
			failed := 0
			for range 20 {
				rows, err := behind.Claim(t.Context(), "n2", 10)
				if err != nil {
					failed++
					continue
				}
				for _, r := range rows {
					claimed[r.Session] = r
				}
			}
			if len(claimed) != sessions || failed != 2 {
				t.Fatalf("%d sessions were claimed of %d; %d claims failed, of 2 that were cut", len(claimed), sessions, failed)
			}
			for id, r := range claimed { // and is told under which epoch it has them
				w := change(string(id), 2)
				w.Epoch = r.Epoch
				must(t, behind.Write(t.Context(), w))
			}
		})
	}
}

// A database that hangs gives errors in time, and works again at once.
func TestStalled(t *testing.T) {
	const limit = 2900 * time.Millisecond
	var slowest time.Duration
	for range 3 { // a machine that is busy may be late once
		if slowest = stall(t); slowest <= limit {
			return
		}
	}
	t.Errorf("without a database, and when it is there again, it took %v, want at most %v", slowest, limit)
}

// stall stalls a database and has it flow again. It returns how long the slowest
// request took, or all together once the database was there again.
func stall(t *testing.T) (slowest time.Duration) {
	behind, beside, proxy := cutter(t, Options{})
	must(t, behind.Join(t.Context(), store.Node{ID: "n1", Started: began}, time.Hour))
	for i := range 20 {
		must(t, behind.Write(t.Context(), change(fmt.Sprint("s", i), 1)))
	}
	proxy.Stall()
	requests := map[string]func() error{
		"renew": func() error { _, err := behind.Renew(t.Context(), "n1", time.Hour); return err },
		"read":  func() error { _, err := behind.Read(t.Context(), "s0"); return err },
		"mails": func() error { _, err := behind.Mails(t.Context(), "n1", 10); return err },
		"try":   func() error { _, err := behind.Try(t.Context(), "s0", 1); return err },
		"post": func() error {
			return behind.Post(t.Context(), store.Mail{Session: "s0", At: began})
		},
	}
	for i := range 20 {
		requests[fmt.Sprint("write ", i)] = func() error { return behind.Write(t.Context(), change(fmt.Sprint("s", i), 2)) }
	}
	var all sync.WaitGroup
	start := time.Now()
	for what, f := range requests {
		all.Go(func() {
			if err := f(); err == nil {
				t.Errorf("%s was done without a database", what)
			}
		})
	}
	all.Wait()
	slowest = time.Since(start)
	proxy.Flow()
	start = time.Now()
	for i := range 20 {
		row, err := beside.Read(t.Context(), ivr.SessionID(fmt.Sprint("s", i)))
		must(t, err)
		err = behind.Write(t.Context(), change(fmt.Sprint("s", i), row.Version+1))
		if err != nil && !errors.Is(err, store.ErrFenced) { // what hung has come through
			t.Fatal(err)
		}
	}
	_, err := behind.Renew(t.Context(), "n1", time.Hour)
	must(t, err)
	_, err = behind.Read(t.Context(), "s0")
	must(t, err)
	return max(slowest, time.Since(start))
}

// If too much waits, the rest is refused at once, and nothing of it is written.
func TestBusy(t *testing.T) {
	behind, beside, proxy := cutter(t, Options{Queue: 16, Writers: 1, Timeout: time.Second})
	must(t, behind.Write(t.Context(), change("first", 1)))
	proxy.Stall()
	results := make(chan error)
	const n = groupOps + 40
	for i := range n {
		go func() { results <- behind.Write(t.Context(), change(fmt.Sprint("s", i), 1)) }()
	}
	counts := map[string]int{}
	for range n {
		err := <-results
		switch {
		case errors.Is(err, store.ErrBusy):
			counts["busy"]++
		case errors.Is(err, store.ErrUncertain):
			counts["uncertain"]++
		case err != nil:
			counts["unwritten"]++
		}
	}
	proxy.Flow()
	if counts["busy"] == 0 || counts["busy"]+counts["uncertain"]+counts["unwritten"] != n {
		t.Errorf("with room for 16: %v", counts)
	}
	must(t, behind.Write(t.Context(), change("last", 1)))
	if there := value[int](t, beside, "SELECT count(*) FROM sessions"); there > 2+counts["uncertain"] {
		t.Errorf("%d sessions are there, but %v", there, counts)
	}
}

// Connections that have died without a word hold no places in the pool once they
// have been found out.
func TestDeadConnections(t *testing.T) {
	behind, _, proxy := cutter(t, Options{Timeout: 500 * time.Millisecond})
	must(t, behind.Write(t.Context(), change("a", 1)))
	fillPool(t, behind)
	proxy.Judge(func(pgtest.Request) pgtest.Fate { return pgtest.Hold })
	var all sync.WaitGroup
	for range behind.o.Connections {
		all.Go(func() {
			if _, err := behind.Read(t.Context(), "a"); err == nil {
				t.Error("read through a connection that is dead")
			}
		})
	}
	all.Wait()
	proxy.Judge(nil)
	start := time.Now()
	waitUntil(t, "a session is read", func() bool {
		_, err := behind.Read(t.Context(), "a")
		return err == nil
	})
	if took := time.Since(start); took > 8*time.Second {
		t.Errorf("it took %v until a connection was free", took)
	}
	if free := behind.pool.Stat().MaxConns() - behind.pool.Stat().AcquiredConns(); int(free) < behind.o.Connections-1 {
		t.Errorf("%d connections of %d can be used", free, behind.o.Connections)
	}
}

// When the server ends all connections, one answer is lost at most: the others are
// not tried out one by one.
func TestAllConnectionsEnd(t *testing.T) {
	url, o := home(t)
	d, beside := open(t, url, o), fresh(t)
	fillPool(t, d)
	exec(t, beside, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
	failed := 0
	for range 2 * d.o.Connections {
		if _, err := d.CountUp(t.Context(), "c"); err != nil {
			if !errors.Is(err, store.ErrUncertain) {
				t.Error(err)
			}
			failed++
		}
	}
	if failed > 1 {
		t.Errorf("%d answers were lost", failed)
	}
}

// fillPool has the pool open all connections that it may.
func fillPool(t *testing.T, d *DB) {
	t.Helper()
	for range d.o.Connections {
		conn, err := d.pool.Acquire(t.Context())
		must(t, err)
		defer conn.Release()
	}
}
