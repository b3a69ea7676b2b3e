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
	return keepingFlow(t, db, shared, r, flowNamed(t, "a"))
}

// flowNamed rejects its calls.
func flowNamed(t *testing.T, name string) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"a.ivr.yaml": {Data: []byte("ivr: 1\nflow: " + name + "\nstart: a\nstates: {a: {reject: none}}\non_error: [end]\n")}}, "a.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}

// keepingFlow is keeping with another flow.
func keepingFlow(t *testing.T, db store.DB, shared bool, r bot.Retention, f *flow.Flow) *bot.Bot {
	t.Helper()
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

// The process that deletes leaves the versions that new calls of another one run,
// also if neither it nor the one that started last knows them. When that one is
// gone they go, with what it noted.
func TestPurgeOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, db := t.Context(), &store.MemoryDB{}
		var bots []*bot.Bot
		flows := []*flow.Flow{flowNamed(t, "a"), flowNamed(t, "b"), flowNamed(t, "a")}
		for _, f := range flows {
			bots = append(bots, keepingFlow(t, db, true, bot.Retention{Calls: 48 * time.Hour}, f))
			time.Sleep(time.Second)
		}
		time.Sleep(100 * time.Hour)
		if _, err := db.Flow(ctx, flows[1].Version); err != nil {
			t.Errorf("the version of the second process: %v", err)
		}
		nodes, err := db.Nodes(ctx)
		if err != nil || len(nodes) != 3 {
			t.Fatal(nodes, err)
		}
		note := "flows/current/" + string(nodes[1].ID)
		if _, err := db.Blob(ctx, note); err != nil {
			t.Errorf("what the second process noted: %v", err)
		}
		bots[1].Close()
		time.Sleep(30 * time.Hour)
		for what, err := range map[string]error{"the version": errOf(db.Flow(ctx, flows[1].Version)), "what it noted": errOf(db.Blob(ctx, note))} {
			if !errors.Is(err, store.ErrNone) {
				t.Errorf("%s of a process that is gone: %v", what, err)
			}
		}
		if _, err := db.Flow(ctx, flows[2].Version); err != nil {
			t.Errorf("the version of the others: %v", err)
		}
		bots[0].Close()
		bots[2].Close()
	})
}

func errOf[T any](_ T, err error) error { return err }

// A process that has not noted what it needs, such as one of an earlier version of
// this program, may need anything.
func TestPurgeUnnoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, db := t.Context(), &store.MemoryDB{}
		b := keeping(t, db, true, bot.Retention{Calls: 48 * time.Hour})
		defer b.Close()
		if err := db.PutFlow(ctx, store.FlowVersion{Version: "its", Added: time.Now()}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if err := db.Join(ctx, store.Node{ID: "other", Started: time.Now()}, 100*time.Hour); err != nil {
			t.Fatal(err)
		}
		time.Sleep(99 * time.Hour)
		if _, err := db.Flow(ctx, "its"); err != nil {
			t.Errorf("while the other lives: %v", err)
		}
		time.Sleep(3 * time.Hour)
		if _, err := db.Flow(ctx, "its"); !errors.Is(err, store.ErrNone) {
			t.Errorf("when it is gone: %v", err)
		}
	})
}

// The audio of versions that are gone goes, too; it is there again with its version.
func TestPurgePrompts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, db := t.Context(), &store.MemoryDB{}
		var flows []*flow.Flow
		for _, pitch := range []float64{400, 500} {
			f, list, err := flow.Load(fstest.MapFS{"a.wav": {Data: tone(time.Second, pitch)}, "both.wav": {Data: tone(time.Second, 600)},
				"a.ivr.yaml": {Data: []byte("ivr: 1\nflow: a\nprompts: {a: {file: a.wav}, both: {file: both.wav}}\nstart: a\nstates: {a: [{play: a}, {play: both}, end]}\non_error: [end]\n")}}, "a.ivr.yaml")
			if err != nil || f == nil {
				t.Fatalf("%v\n%s", err, list)
			}
			flows = append(flows, f)
		}
		there := func(f *flow.Flow) (n int) {
			for hash := range f.Audio() {
				if _, err := db.Blob(ctx, "prompt/"+hash); err == nil {
					n++
				}
			}
			return n
		}
		b := keepingFlow(t, db, false, bot.Retention{Calls: 48 * time.Hour}, flows[0])
		defer b.Close()
		time.Sleep(47 * time.Hour)
		if err := b.SetFlows(ctx, flows[1]); err != nil {
			t.Fatal(err)
		}
		if a, b := there(flows[0]), there(flows[1]); a != 2 || b != 2 {
			t.Errorf("of the first version %d, of the second %d: want 2 of each", a, b)
		}
		time.Sleep(10 * time.Hour)
		if a, b := there(flows[0]), there(flows[1]); a != 1 || b != 2 {
			t.Errorf("of the version that is gone %d, of the other %d: want the one that they share, and 2", a, b)
		}
		if err := b.SetFlows(ctx, flows[0]); err != nil {
			t.Fatal(err)
		}
		if a := there(flows[0]); a != 2 {
			t.Errorf("of the version that is back %d, want 2", a)
		}
	})
}
