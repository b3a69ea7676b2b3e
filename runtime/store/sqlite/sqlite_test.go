package sqlite_test

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
	"github.com/ivrflow/ivrflow/runtime/store/storetest"
)

// clock is the time, and how far it was put ahead.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func open(t *testing.T, file string, o sqlite.Options) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), file, o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// closed closes a database at the end of a test.
func closed(t *testing.T, db store.DB) {
	t.Helper()
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestContract(t *testing.T) {
	var c clock
	files := map[store.DB]string{}
	storetest.Run(t, storetest.Database{
		Alone: true,
		Open: func(t *testing.T) store.DB {
			file := filepath.Join(t.TempDir(), "calls.db")
			db := open(t, file, sqlite.Options{Now: c.now})
			files[db] = file
			if t.Name() != "TestContract/kept" {
				closed(t, db)
			}
			return db
		},
		Age: func(_ *testing.T, _ store.DB, d time.Duration) { c.ahead.Add(int64(d)) },
		Reopen: func(t *testing.T, db store.DB) store.DB {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			again := open(t, files[db], sqlite.Options{Now: c.now})
			closed(t, again)
			return again
		},
	})
}
