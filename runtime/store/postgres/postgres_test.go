package postgres

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/storetest"
	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

// server loses nothing when it crashes, and all when the machine does.
var server pgtest.Lazy

// durable syncs what it writes.
var durable = pgtest.Lazy{Options: pgtest.Options{Durable: true}}

func TestMain(m *testing.M) {
	code := m.Run()
	server.Close()
	durable.Close()
	os.Exit(code)
}

// schemas counts those that tests were given. A schema is faster to make than a
// database.
var schemas atomic.Int64

// home is a new place for tables: the URL of a database, and options with a schema
// of which there is none yet.
func home(t testing.TB) (url string, o Options) {
	t.Helper()
	return server.Cluster(t).URL("postgres"), Options{Schema: fmt.Sprint("test ", schemas.Add(1))}
}

// open opens a database, to be closed by the end of the test.
func open(t testing.TB, url string, o Options) *DB {
	t.Helper()
	db, err := Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// fresh opens a database in a new place.
func fresh(t testing.TB) *DB {
	t.Helper()
	url, o := home(t)
	return open(t, url, o)
}

func TestContract(t *testing.T) {
	storetest.Run(t, storetest.Database{
		Open: func(t *testing.T) store.DB { return fresh(t) },
		Age: func(t *testing.T, db store.DB, d time.Duration) {
			exec(t, db.(*DB), "UPDATE nodes SET until = until - $1 * interval '1 microsecond'", d.Microseconds())
		},
		Reopen: func(t *testing.T, db store.DB) store.DB {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, server.Cluster(t).URL("postgres"), db.(*DB).o)
		},
	})
}

// exec runs a statement in a database's schema.
func exec(t testing.TB, d *DB, sql string, args ...any) {
	t.Helper()
	err := d.pooled(t.Context(), func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, sql, args...)
		return err
	})
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", sql, err))
	}
}

// value asks a database for one value.
func value[T any](t testing.TB, d *DB, sql string, args ...any) (v T) {
	t.Helper()
	err := d.pooled(t.Context(), func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, sql, args...).Scan(&v)
	})
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", sql, err))
	}
	return v
}

var began = time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)

// change is a version of a session, the first with all that belongs to a new one,
// each with a row of the journal.
func change(id string, version int64) *store.Write {
	w := &store.Write{Session: ivr.SessionID(id), Version: version, Epoch: 1, Record: fmt.Appendf(nil, "record %d of %s", version, id),
		Entry: &store.Entry{At: began, Outline: []byte("{}"), Key: "call", Body: fmt.Appendf(nil, "body %d of %s", version, id)}}
	if version == 1 {
		w.Node, w.Flow, w.Name, w.Started, w.Calls = "n1", "hash", "support", began, []ivr.CallID{ivr.CallID("call-" + id)}
	}
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
