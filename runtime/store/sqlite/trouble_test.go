package sqlite_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
	"github.com/ivrflow/ivrflow/testkit/powerloss"
)

// onDisk opens a new database on a disk that fails.
func onDisk(t *testing.T, o sqlite.Options) (*sqlite.DB, *powerloss.Disk) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "calls.db")
	disk := newDisk(t, file)
	o.VFS = disk.Name()
	db := open(t, file, o)
	closed(t, db)
	return db, disk
}

// newDisk is a disk with an empty file.
func newDisk(t *testing.T, file string) *powerloss.Disk {
	t.Helper()
	disk, err := powerloss.New(1)
	if err != nil {
		t.Fatal(err)
	}
	disk.WriteFile(file, nil)
	t.Cleanup(func() {
		disk.Restart() // a database that failed leaves its files open
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	return disk
}

// change is a version of a session.
func change(id string, version int64) *store.Write {
	w := &store.Write{Session: ivr.SessionID(id), Version: version, Epoch: 1, Record: fmt.Appendf(nil, "%s %d", id, version),
		Entry: &store.Entry{At: time.Unix(version, 0), Key: "call", Outline: []byte("{}"), Body: fmt.Appendf(nil, "%s %d", id, version)}}
	if version == 1 {
		w.Node, w.Calls = "n1", []ivr.CallID{ivr.CallID("call-" + id)}
	}
	return w
}

func mustWrite(t *testing.T, db store.DB, writes ...*store.Write) {
	t.Helper()
	for _, w := range writes {
		if err := db.Write(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
}

// versionOf is 0 if there is no such session.
func versionOf(t *testing.T, db store.DB, id string) int64 {
	t.Helper()
	row, err := db.Read(t.Context(), ivr.SessionID(id))
	if err != nil && !errors.Is(err, store.ErrNone) {
		t.Fatal(err)
	}
	return row.Version
}

// A sync that fails is not tried again: the database fails for good, and what was
// written before is there after a restart.
func TestSyncFails(t *testing.T) {
	for _, where := range []string{"commit", "checkpoint"} {
		t.Run(where, func(t *testing.T) {
			db, disk := onDisk(t, sqlite.Options{Log: shortLog})
			mustWrite(t, db, change("a", 1), change("a", 2))
			var syncs atomic.Int64
			disk.Obey(func(op powerloss.Op) powerloss.Result {
				if op.Kind == powerloss.Sync && op.Log == (where == "commit") && syncs.Add(1) == 1 {
					return powerloss.SyncLost
				}
				return powerloss.OK
			})
			if where == "commit" {
				if err := db.Write(t.Context(), change("a", 3)); !errors.Is(err, store.ErrUncertain) || !errors.Is(err, sqlite.ErrFailed) && !strings.Contains(err.Error(), "commit") {
					t.Errorf("got error %v, want %v", err, store.ErrUncertain)
				}
			} else {
				fillLog(t, db)
			}
			<-db.Failed()
			for range 3 {
				if err := db.Write(t.Context(), change("b", 1)); !errors.Is(err, sqlite.ErrFailed) {
					t.Errorf("write: got error %v, want %v", err, sqlite.ErrFailed)
				}
				if _, err := db.Read(t.Context(), "a"); !errors.Is(err, sqlite.ErrFailed) {
					t.Errorf("read: got error %v, want %v", err, sqlite.ErrFailed)
				}
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			if n := syncs.Load(); n != 1 {
				t.Errorf("the disk was asked for %d syncs, want none after the one that failed", n)
			}
		})
	}
}

// shortLog is for tests in which it is moved into the file.
const shortLog = 100

// fillLog writes until the log is moved into the file, if it is a short one.
func fillLog(t *testing.T, db *sqlite.DB) {
	t.Helper()
	b := make([]byte, 64<<10)
	for i := range 16 {
		rand.Read(b)
		err := db.PutBlob(t.Context(), fmt.Sprint("fill", i), b)
		if err != nil && !errors.Is(err, sqlite.ErrFailed) {
			t.Fatal(err)
		}
	}
}

// While the disk is full all writes are refused, and none is there; then they go
// on by themselves.
func TestDiskFull(t *testing.T) {
	for name, result := range map[string]powerloss.Result{"full": powerloss.Full, "quota": powerloss.NoQuota} {
		t.Run(name, func(t *testing.T) {
			db, disk := onDisk(t, sqlite.Options{Log: shortLog})
			mustWrite(t, db, change("a", 1))
			disk.Obey(func(op powerloss.Op) powerloss.Result {
				if op.Kind == powerloss.Write {
					return result
				}
				return powerloss.OK
			})
			for range 20 {
				err := db.Write(t.Context(), change("a", 2))
				if err == nil || errors.Is(err, store.ErrUncertain) || !strings.Contains(err.Error(), "make room on the disk") {
					t.Fatalf("got error %v, want that the disk is full", err)
				}
			}
			if got := versionOf(t, db, "a"); got != 1 {
				t.Errorf("read version %d while the disk is full, want 1", got)
			}
			disk.Obey(nil)
			mustWrite(t, db, change("a", 2), change("b", 1))
			if got := versionOf(t, db, "a"); got != 2 {
				t.Errorf("read version %d, want 2", got)
			}
			if s := db.Stats(); s.Trouble < 20 || s.Last == "" {
				t.Errorf("stats %+v do not tell of the trouble", s)
			}
		})
	}
}

// If there is room in the log but not in the file, writes go on.
func TestFileFull(t *testing.T) {
	db, disk := onDisk(t, sqlite.Options{Log: shortLog})
	var moved atomic.Bool
	full := true
	disk.Obey(func(op powerloss.Op) powerloss.Result {
		if op.Kind == powerloss.Write && !op.Log {
			moved.Store(true)
			if full {
				return powerloss.Full
			}
		}
		return powerloss.OK
	})
	fillLog(t, db)
	mustWrite(t, db, change("a", 1))
	if !moved.Load() || db.Stats().Trouble == 0 {
		t.Error("the log was never moved into the file")
	}
	moved.Store(false)
	disk.Obey(func(op powerloss.Op) powerloss.Result {
		moved.CompareAndSwap(false, op.Kind == powerloss.Sync && !op.Log)
		return powerloss.OK
	})
	fillLog(t, db)
	mustWrite(t, db, change("a", 2))
	if !moved.Load() {
		t.Error("the log was not moved into the file when there was room again")
	}
}

// gate holds the writer in its next sync until it is opened.
type gate struct{ in, out chan struct{} }

func shut(disk *powerloss.Disk) *gate {
	g := &gate{in: make(chan struct{}), out: make(chan struct{})}
	var once atomic.Bool
	disk.Obey(func(op powerloss.Op) powerloss.Result {
		if op.Kind == powerloss.Sync && once.CompareAndSwap(false, true) {
			close(g.in)
			<-g.out
		}
		return powerloss.OK
	})
	return g
}

// later writes in a goroutine, after what waits already.
func later(ctx context.Context, t *testing.T, db *sqlite.DB, w *store.Write) <-chan error {
	t.Helper()
	before := db.Stats().Queue
	err := make(chan error, 1)
	go func() { err <- db.Write(ctx, w) }()
	for db.Stats().Queue == before {
		time.Sleep(time.Millisecond)
	}
	return err
}

// held begins a write that hangs in its sync.
func held(ctx context.Context, db *sqlite.DB, g *gate) <-chan error {
	err := make(chan error, 1)
	go func() { err <- db.Write(ctx, change("held", 1)) }()
	<-g.in
	return err
}

func TestQueueIsBounded(t *testing.T) {
	db, disk := onDisk(t, sqlite.Options{Queue: 3})
	g := shut(disk)
	first := held(t.Context(), db, g)
	var waiting []<-chan error
	for i := range 3 {
		waiting = append(waiting, later(t.Context(), t, db, change(fmt.Sprint("s", i), 1)))
	}
	if err := db.Write(t.Context(), change("more", 1)); !errors.Is(err, store.ErrBusy) {
		t.Errorf("got error %v, want %v", err, store.ErrBusy)
	}
	if s := db.Stats(); s.Queue != 3 || s.Busy != 1 {
		t.Errorf("stats %+v, want 3 in the queue and 1 refused", s)
	}
	close(g.out)
	for _, err := range append(waiting, first) {
		if err := <-err; err != nil {
			t.Error(err)
		}
	}
	if versionOf(t, db, "more") != 0 || versionOf(t, db, "s2") != 1 {
		t.Error("what was refused was written, or what waited was not")
	}
	if s := db.Stats(); s.MaxGroup != 3 {
		t.Errorf("stats %+v, want a group of the 3 that waited", s)
	}
}

func TestUrgentFirst(t *testing.T) {
	db, disk := onDisk(t, sqlite.Options{Group: 1})
	g := shut(disk)
	first := held(t.Context(), db, g)
	var order []*store.Write
	var waiting []<-chan error
	for i := range 3 {
		w := change("a", int64(i+1)) // in any other order they are refused
		w.Urgent = i == 0
		order = append(order, w)
	}
	for _, i := range []int{1, 2, 0} {
		waiting = append(waiting, later(t.Context(), t, db, order[i]))
	}
	close(g.out)
	for _, err := range append(waiting, first) {
		if err := <-err; err != nil {
			t.Error(err)
		}
	}
}

// Who gives up before the writer has the change knows that it was not made;
// after that nobody knows.
func TestGivingUp(t *testing.T) {
	db, disk := onDisk(t, sqlite.Options{})
	g := shut(disk)
	ctx, cancel := context.WithCancel(t.Context())
	first := held(ctx, db, g)
	second := later(ctx, t, db, change("queued", 1))
	cancel()
	if err := <-first; !errors.Is(err, store.ErrUncertain) || !errors.Is(err, context.Canceled) {
		t.Errorf("in the sync: got error %v, want %v", err, store.ErrUncertain)
	}
	if err := <-second; !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUncertain) {
		t.Errorf("in the queue: got error %v, want %v and nothing uncertain", err, context.Canceled)
	}
	close(g.out)
	mustWrite(t, db, change("after", 1))
	if versionOf(t, db, "held") != 1 || versionOf(t, db, "queued") != 0 {
		t.Error("what was given up in the queue was written, or what was synced was not")
	}
}

// If a change fails in the engine, those that shared its transaction are made in
// others.
func TestNeighboursOfTrouble(t *testing.T) {
	for _, undo := range []string{"ABORT", "ROLLBACK"} { // the statement alone, and all of the transaction
		t.Run(undo, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "calls.db")
			disk := newDisk(t, file)
			db := open(t, file, sqlite.Options{VFS: disk.Name()})
			closed(t, db)
			raw(t, "file:"+file+"?vfs="+disk.Name(), "CREATE TRIGGER trap BEFORE INSERT ON journal WHEN NEW.body = CAST('bad 1' AS BLOB) BEGIN SELECT RAISE("+undo+", 'trap'); END")
			g := shut(disk)
			waiting := []<-chan error{held(t.Context(), db, g)}
			ids := []string{"a", "b", "bad", "c", "d"}
			for _, id := range ids {
				waiting = append(waiting, later(t.Context(), t, db, change(id, 1)))
			}
			close(g.out)
			for i, err := range waiting {
				if err := <-err; (err != nil) != (i == 3) {
					t.Errorf("write %d: got error %v", i, err)
				}
			}
			for _, id := range ids {
				if got := versionOf(t, db, id) == 1; got != (id != "bad") {
					t.Errorf("session %s is there: %v", id, got)
				}
			}
			if _, err := db.ByCall(t.Context(), "call-bad"); !errors.Is(err, store.ErrNone) {
				t.Errorf("something is left of the change that failed: %v", err)
			}
			raw(t, "file:"+file+"?vfs="+disk.Name(), "DROP TRIGGER trap")
			mustWrite(t, db, change("bad", 1), change("bad", 2))
		})
	}
}

// If a person writes into the file, what waits is refused together, and not each
// after a wait of its own; then writes go on.
func TestSomebodyElseWrites(t *testing.T) {
	file := filepath.Join(t.TempDir(), "calls.db")
	db := open(t, file, sqlite.Options{})
	closed(t, db)
	other, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	conn, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sqlOn := func(statement string) {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	const writes = 20
	all := func() (refused int) {
		errs := make(chan error, writes)
		for i := range writes {
			go func() { errs <- db.Write(t.Context(), change(fmt.Sprint("s", i), 1)) }()
		}
		for range writes {
			if <-errs != nil {
				refused++
			}
		}
		return refused
	}
	sqlOn("BEGIN IMMEDIATE")
	began := time.Now()
	if refused := all(); refused != writes {
		t.Errorf("%d of %d writes were refused", refused, writes)
	}
	if took := time.Since(began); took > writes*time.Second/2 {
		t.Errorf("the writes were refused after %v, want about 2 s for all together", took)
	}
	sqlOn("ROLLBACK")
	if refused := all(); refused != 0 {
		t.Errorf("%d of %d writes were refused when nobody else wrote", refused, writes)
	}
}
