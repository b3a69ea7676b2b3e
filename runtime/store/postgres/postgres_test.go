package postgres

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/storetest"
	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

// server loses nothing when it crashes, and all when the machine does.
var server pgtest.Lazy

func TestMain(m *testing.M) {
	code := m.Run()
	server.Close()
	os.Exit(code)
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

func TestContract(t *testing.T) {
	var mu sync.Mutex
	urls := map[store.DB]string{}
	reopen := func(t *testing.T, url string) store.DB {
		db := open(t, url, Options{})
		mu.Lock()
		defer mu.Unlock()
		urls[db] = url
		return db
	}
	storetest.Run(t, storetest.Database{
		Open: func(t *testing.T) store.DB { return reopen(t, server.Database(t)) },
		Age: func(t *testing.T, db store.DB, d time.Duration) {
			exec(t, db.(*DB), "UPDATE nodes SET until = until - $1 * interval '1 microsecond'", d.Microseconds())
		},
		Reopen: func(t *testing.T, db store.DB) store.DB {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			url := urls[db]
			mu.Unlock()
			return reopen(t, url)
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
