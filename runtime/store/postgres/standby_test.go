package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

// A synchronous standby that does not confirm: nothing is told to be written, all
// errors come in time, and once it confirms all goes on. The tables tell in the end
// what became of what nobody knew.
func TestStandbyLags(t *testing.T) {
	url, o := home(t)
	o.attempt = time.Second // so that connections are given up
	d := open(t, url, o)
	cluster := server.Cluster(t)
	const sessions = 8
	for i := range sessions {
		must(t, d.Write(t.Context(), change(fmt.Sprint("s", i), 1)))
	}
	wait := func(standby string) {
		must(t, cluster.Exec(context.WithoutCancel(t.Context()), "postgres",
			"ALTER SYSTEM SET synchronous_standby_names = '"+standby+"'", "SELECT pg_reload_conf()"))
	}
	defer wait("")
	wait("nobody")
	waitUntil(t, "the server waits for a standby", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		return d.PutBlob(ctx, "probe", nil) != nil
	})
	before := value[int](t, d, "SELECT count(*) FROM pg_stat_activity")
	for range 3 { // longer than the patience of one change
		var all sync.WaitGroup
		for i := range sessions {
			all.Go(func() {
				start := time.Now()
				err := d.Write(t.Context(), change(fmt.Sprint("s", i), 2))
				if took := time.Since(start); err == nil || took > 2900*time.Millisecond {
					t.Errorf("without the standby: error %v after %v", err, took)
				}
			})
		}
		all.Wait()
	}
	if n := value[int](t, d, "SELECT count(*) FROM sessions WHERE version > 1"); n != 0 {
		t.Errorf("%d changes are seen that the standby does not have", n)
	}
	if after := value[int](t, d, "SELECT count(*) FROM pg_stat_activity"); after > before+d.o.Writers+d.o.Connections {
		t.Errorf("%d connections, after %d", after, before)
	}
	wait("")
	for i := range sessions {
		id := fmt.Sprint("s", i)
		waitUntil(t, "a change is made", func() bool {
			row, err := d.Read(t.Context(), ivr.SessionID(id))
			must(t, err)
			err = d.Write(t.Context(), change(id, row.Version+1))
			if err != nil && !errors.Is(err, store.ErrFenced) && !errors.Is(err, store.ErrUncertain) {
				t.Error(err)
			}
			return err == nil
		})
		row, err := d.Read(t.Context(), ivr.SessionID(id))
		must(t, err)
		checkJournal(t, d, id, row.Version)
	}
}

// waitUntil waits until something holds, for some seconds.
func waitUntil(t *testing.T, what string, holds func() bool) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(end) {
			t.Fatalf("20 s later it is not so that %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// The primary dies and its synchronous standby is promoted, while changes are made:
// none that was told to be written is lost, and whoever has the addresses of both
// goes on by himself.
func TestFailover(t *testing.T) {
	primary, err := pgtest.New(t.Context(), pgtest.Options{})
	must(t, err)
	defer func() { must(t, primary.Close()) }()
	standby, err := primary.Standby(t.Context(), pgtest.Options{})
	must(t, err)
	defer func() { must(t, standby.Close()) }()
	waitUntil(t, "the standby is waited for", func() bool {
		rows, err := pgtest.Ask(t.Context(), primary.URL("postgres"), "SELECT sync_state FROM pg_stat_replication")
		must(t, err)
		return len(rows) == 2 && rows[1][0] == "sync"
	})
	database, err := primary.Create(t.Context())
	must(t, err)
	d := open(t, pgtest.URLOf(database, primary, standby), Options{Timeout: time.Second})
	const sessions, more = 8, 30
	var told [sessions]atomic.Int64 // versions that were told to be written
	var all sync.WaitGroup
	enough := make(chan struct{})
	for i := range sessions {
		all.Go(func() {
			id := fmt.Sprint("s", i)
			for next := int64(1); ; {
				err := d.Write(t.Context(), change(id, next))
				if err == nil {
					told[i].Store(next)
					next++
				} else if row, err := d.Read(t.Context(), ivr.SessionID(id)); err == nil {
					next = row.Version + 1 // also what nobody knew may be there
				}
				select {
				case <-enough:
					return
				default:
				}
			}
		})
	}
	grow := func(what string) {
		var from [sessions]int64
		for i := range told {
			from[i] = told[i].Load()
		}
		waitUntil(t, what, func() bool {
			for i := range told {
				if told[i].Load() < from[i]+more {
					return false
				}
			}
			return true
		})
	}
	grow("changes are made")
	must(t, primary.Kill())
	must(t, standby.Promote(t.Context()))
	grow("changes are made on the standby")
	close(enough)
	all.Wait()
	for i := range told {
		id := fmt.Sprint("s", i)
		row, err := d.Read(t.Context(), ivr.SessionID(id))
		must(t, err)
		if row.Version < told[i].Load() {
			t.Errorf("session %s is at version %d, and was told to be at %d", id, row.Version, told[i].Load())
		}
		checkJournal(t, d, id, row.Version)
	}
}
