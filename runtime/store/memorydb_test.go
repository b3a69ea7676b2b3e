package store_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/storetest"
)

func TestMemoryDB(t *testing.T) {
	var ahead atomic.Int64
	storetest.Run(t, storetest.Database{
		Open: func(*testing.T) store.DB {
			return &store.MemoryDB{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}
		},
		Age: func(_ *testing.T, _ store.DB, d time.Duration) { ahead.Add(int64(d)) },
	})
}

// Two nodes that share a MemoryDB are told of mail at once, outside of its lock.
func TestMemoryDBWatch(t *testing.T) {
	db := &store.MemoryDB{}
	ctx := t.Context()
	if err := db.Write(ctx, &store.Write{Session: "a", Version: 1, Epoch: 1, Node: "n1", Record: []byte("r")}); err != nil {
		t.Fatal(err)
	}
	var told []int
	stop := db.Watch("n1", func() {
		mails, err := db.Mails(ctx, "n1", 10)
		if err != nil {
			t.Error(err)
		}
		told = append(told, len(mails))
	})
	db.Watch("n2", func() { t.Error("the wrong node was told") })
	for range 3 {
		if err := db.Post(ctx, store.Mail{Session: "a", Body: []byte("m")}); err != nil {
			t.Fatal(err)
		}
		if len(told) == 2 {
			stop()
		}
	}
	if len(told) != 2 || told[0] != 1 || told[1] != 2 {
		t.Errorf("told %v, want at once of 1 and 2 mails", told)
	}
}
