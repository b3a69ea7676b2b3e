package bot_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// purged is a database that counts its purges.
type purged struct {
	*store.MemoryDB
	times atomic.Int64
	most  int64 // slices that say that there is more
	fails atomic.Bool
	away  atomic.Bool // no lease is renewed
}

func (p *purged) Renew(ctx context.Context, id store.NodeID, lease time.Duration) (store.Node, error) {
	if p.away.Load() {
		return store.Node{}, errors.New("no way to the database")
	}
	return p.MemoryDB.Renew(ctx, id, lease)
}

func (p *purged) Purge(ctx context.Context, l store.Limits) (bool, error) {
	n := p.times.Add(1)
	if p.fails.Load() {
		return false, errors.New("no disk")
	}
	_, err := p.MemoryDB.Purge(ctx, l)
	return n <= p.most, err
}

// keeping is a bot on a database.
func keeping(t *testing.T, db store.DB, shared bool, r bot.Retention) *bot.Bot {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"a.ivr.yaml": {Data: []byte("ivr: 1\nflow: a\nstart: a\nstates: {a: {reject: none}}\non_error: [end]\n")}}, "a.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	b, err := bot.New(bot.Config{AppID: "app", Secret: ivr.NewSecret("s"), Tenants: []string{"t"}, PublicURL: "https://bot.example.com",
		Key: make([]byte, 32), Flows: []*flow.Flow{f}, DB: db, Shared: shared, Retention: r,
		Lease: 10 * time.Minute}) // renewed seldom: hours pass in these tests
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// What is older than the configuration says is deleted, and nothing else: not
// what still has something to do, nor the flow that calls may come for.
func TestPurge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, db := t.Context(), &purged{MemoryDB: &store.MemoryDB{}, most: 3}
		if err := db.Join(ctx, store.Node{ID: "other"}, 1000*time.Hour); err != nil {
			t.Fatal(err)
		}
		for _, w := range []store.Write{
			{Session: "over", Flow: "v1", Started: time.Now(), Ended: time.Now()},
			{Session: "live", Flow: "v2", Started: time.Now(), Record: []byte("r")},
		} {
			w.Version, w.Epoch, w.Node, w.Keys = 1, 1, "other", []store.Key{{Name: "call", Wrapped: []byte("k")}}
			if err := db.Write(ctx, &w); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"recording/r", "audio/a", "secret/s", "prompt/p"} {
			if err := db.PutBlob(ctx, name, []byte("b")); err != nil {
				t.Fatal(err)
			}
		}
		for _, version := range []string{"v1", "v2", "unused"} {
			if err := db.PutFlow(ctx, store.FlowVersion{Version: version, Added: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		b := keeping(t, db, false, bot.Retention{Keys: 3 * time.Hour, Calls: 48 * time.Hour, Recordings: 24 * time.Hour})
		defer b.Close()
		there := func(want string) {
			t.Helper()
			synctest.Wait()
			got := ""
			for _, id := range []ivr.SessionID{"over", "live"} {
				if row, err := db.Read(ctx, id); err == nil {
					got += " " + string(id)
					if len(row.Keys) > 0 {
						got += "+key"
					}
				}
			}
			for _, name := range []string{"recording/r", "audio/a", "secret/s", "prompt/p"} {
				if _, err := db.Blob(ctx, name); err == nil {
					got += " " + name[:1]
				}
			}
			flows, err := db.Flows(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range flows {
				if f.Name == "a" {
					got += " current"
				}
			}
			for _, version := range []string{"v1", "v2", "unused"} {
				if _, err := db.Flow(ctx, version); err == nil {
					got += " " + version
				}
			}
			if got != " "+want {
				t.Errorf("after %s there is%s, want %s", time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)), got, want)
			}
		}
		time.Sleep(2 * time.Minute)
		there("over+key live+key r a s p current v1 v2 unused")
		if n := db.times.Load(); n != 4 {
			t.Errorf("%d slices at first, want 4: three that leave something, and the last", n)
		}
		time.Sleep(5 * time.Hour)
		there("over live+key r a p current v1 v2 unused")
		time.Sleep(21 * time.Hour)
		there("over live+key p current v1 v2 unused")
		time.Sleep(24 * time.Hour)
		there("live+key p current v2")
		if n := db.times.Load(); n < 4+36 || n > 4+51 {
			t.Errorf("%d slices in 50 hours, want one an hour or somewhat less", n)
		}
	})
}

// A failure is tried again sooner, and nothing goes on after the end.
func TestPurgeFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &purged{MemoryDB: &store.MemoryDB{}}
		db.fails.Store(true)
		b := keeping(t, db, false, bot.Retention{})
		time.Sleep(13 * time.Minute)
		if n := db.times.Load(); n != 3 {
			t.Errorf("%d tries in 13 minutes, want 3", n)
		}
		b.Close()
		before := db.times.Load()
		time.Sleep(3 * time.Hour)
		if n := db.times.Load(); n != before {
			t.Errorf("%d slices after the end", n-before)
		}
	})
}

// Who has no lease deletes nothing, and goes on when there is one.
func TestPurgeLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &purged{MemoryDB: &store.MemoryDB{}}
		b := keeping(t, db, false, bot.Retention{})
		defer b.Close()
		time.Sleep(10 * time.Minute)
		if n := db.times.Load(); n != 1 {
			t.Errorf("%d slices at first, want 1", n)
		}
		db.away.Store(true)
		time.Sleep(5 * time.Hour)
		if n := db.times.Load(); n != 1 {
			t.Errorf("%d slices without a lease", n-1)
		}
		db.away.Store(false)
		time.Sleep(10 * time.Minute)
		if n := db.times.Load(); n != 2 {
			t.Errorf("%d slices, want another one soon after the lease is there again", n)
		}
	})
}

// Of several processes one deletes: the one that lives longest.
func TestPurgeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &store.MemoryDB{}
		var dbs []*purged
		var bots []*bot.Bot
		for range 3 {
			dbs = append(dbs, &purged{MemoryDB: shared})
			bots = append(bots, keeping(t, dbs[len(dbs)-1], true, bot.Retention{}))
			time.Sleep(time.Minute)
		}
		counts := func() (n [3]int64) {
			for i, db := range dbs {
				n[i] = db.times.Load()
			}
			return n
		}
		time.Sleep(10 * time.Hour)
		if n := counts(); n[0] < 7 || n[1] != 0 || n[2] != 0 {
			t.Errorf("purges %v, want those of the first process only", n)
		}
		bots[0].Close()
		first := counts()[0]
		time.Sleep(10 * time.Hour)
		if n := counts(); n[0] != first || n[1] < 7 || n[2] != 0 {
			t.Errorf("purges %v after the first has ended, want those of the second", n)
		}
		bots[1].Close()
		bots[2].Close()
	})
}
