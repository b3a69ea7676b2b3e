package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// writer is the goroutine that writes, with its connection.
type writer struct {
	db    *DB
	pool  *sql.DB // of one connection
	c     *conn
	queue *queue
	ended chan struct{} // closed when the goroutine has ended
	stats counts

	moved int // pages written when the log was last moved into the file
}

// openWriter opens the connection that writes, brings the file up to date, and
// starts the goroutine.
func openWriter(ctx context.Context, db *DB) (*writer, error) {
	pool, err := sql.Open("sqlite", dsn(db.file, "rw", db.o.VFS))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	w := &writer{db: db, pool: pool, queue: newQueue(db.o.Queue), ended: make(chan struct{}),
		c: &conn{c: c, stmts: map[string]*sql.Stmt{}, rows: map[ivr.SessionID]int64{}}}
	if err := w.prepare(ctx); err != nil {
		return nil, errors.Join(err, w.c.close(), pool.Close())
	}
	go w.run(context.WithoutCancel(ctx)) // what is written is written: nobody stops half of it
	return w, nil
}

// prepare checks engine and file, and brings the schema up to date.
func (w *writer) prepare(ctx context.Context) error {
	texts, err := migrations()
	if err != nil {
		return err
	}
	if err := checkEngine(ctx, w.c.c, atLeast); err != nil {
		return err
	}
	if _, err := known(ctx, w.c.c, texts); err != nil {
		return err // before anything of the file is changed
	}
	for _, suffix := range []string{"", "-wal", "-shm"} { // a backup may have come back with more
		if err := os.Chmod(w.db.file+suffix, private); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := w.set(ctx); err != nil {
		return err
	}
	if err := migrate(ctx, w.c.c, texts); err != nil {
		return err
	}
	if err := w.inherit(ctx); err != nil {
		return err
	}
	return checkFile(ctx, w.c.c)
}

// inherit takes what a process that was killed has left in the log into account:
// else a log that no process lives long enough to move grows with each one, and so
// does the time to read it.
func (w *writer) inherit(ctx context.Context) error {
	var busy, log, moved int
	if err := w.c.c.QueryRowContext(ctx, "PRAGMA wal_checkpoint(NOOP)").Scan(&busy, &log, &moved); err != nil {
		return fmt.Errorf("measure the log: %w", err)
	}
	w.moved = -max(log-moved, 0)
	return nil
}

// set sets how the connection writes.
func (w *writer) set(ctx context.Context) error {
	for _, pragma := range []string{
		"busy_timeout = 1000", // nobody else writes; if a person does, callers do not wait long
		"page_size = 8192",    // before the first write, and so before WAL, which fixes it
		"journal_mode = WAL",
		"synchronous = FULL",
		"secure_delete = ON",     // what is deleted is overwritten
		"wal_autocheckpoint = 0", // it hides the errors of its syncs: the writer does it itself
		"journal_size_limit = 67108864",
		"cache_size = -65536",
	} {
		if _, err := w.c.c.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return fmt.Errorf("PRAGMA %s: %w", pragma, err)
		}
	}
	var mode string
	if err := w.c.c.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return errors.New("the disk cannot keep a write-ahead log: put the file on a local disk, not on a network's")
	}
	return nil
}

// close has the writer finish what is queued and end.
func (w *writer) close() error {
	w.queue.close()
	<-w.ended
	select {
	case <-w.db.failed: // closing would sync once more; the process ends anyway
		return nil
	default:
		return errors.Join(w.c.close(), w.pool.Close())
	}
}

// run writes what comes, until the queue is closed and empty.
func (w *writer) run(ctx context.Context) {
	defer close(w.ended)
	var group []*task
	for done := false; !done; {
		<-w.queue.wake
		runtime.Gosched() // those who are about to write join this group
		group, done = w.queue.take(group[:0], w.db.o.Group)
		if len(group) > 0 {
			w.write(ctx, group)
		}
		clear(group)
	}
}

// write does a group of tasks in one transaction. If one of them fails in the
// engine, each is done in a transaction of its own.
func (w *writer) write(ctx context.Context, group []*task) {
	err := w.db.whole()
	if err == nil {
		err = w.begin(ctx)
	}
	begun := err == nil
	if begun {
		err = w.transact(ctx, group)
	}
	if begun && err != nil && w.db.whole() == nil && len(group) > 1 {
		for _, t := range group {
			w.write(ctx, []*task{t})
		}
		return
	}
	if err == nil && w.c.scrub {
		w.scrub(ctx) // who asked waits until it is done
	}
	w.stats.group(group)
	for _, t := range group {
		if err != nil {
			t.err = err
		}
		close(t.done)
	}
	if err == nil {
		w.checkpoint(ctx)
	}
}

// begin begins a transaction.
func (w *writer) begin(ctx context.Context) error {
	if _, err := w.c.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return w.trouble("begin to write", err)
	}
	return nil
}

// transact does a group in the transaction that was begun. The error is the engine's, and then
// nothing was written; what a task was refused for is in the task.
func (w *writer) transact(ctx context.Context, group []*task) error {
	for _, t := range group {
		if t.err = t.do(ctx, w.c); !isAnswer(t.err) {
			w.c.rollback(ctx)
			return w.trouble("write", t.err)
		}
	}
	began := time.Now()
	_, err := w.c.exec(ctx, "COMMIT")
	w.stats.commit(time.Since(began))
	if err == nil {
		return nil
	}
	w.c.rollback(ctx)
	err = w.trouble("commit", err)
	if w.db.whole() != nil { // its bytes may be on the disk all the same
		err = fmt.Errorf("%w: %w", store.ErrUncertain, err)
	}
	return err
}

// trouble says what an error of the engine means, and lets the database fail if
// nobody knows any more what the disk holds.
func (w *writer) trouble(what string, err error) error {
	err = explain(fmt.Errorf("%s: %w", what, err))
	w.stats.trouble(err)
	if isFatal(err) {
		w.db.fail(err)
	}
	return err
}

// checkpoint moves the log into the file if it has grown long.
func (w *writer) checkpoint(ctx context.Context) {
	pages, err := w.c.written()
	if err != nil || pages-w.moved < w.db.o.Log {
		return
	}
	w.moved = pages
	_, _ = w.move(ctx, "PASSIVE")
}

// move moves the log into the file; busy says that a reader holds a part of it.
// Nobody waits for an error: with a full disk the log goes on, and this is tried
// again.
func (w *writer) move(ctx context.Context, mode string) (busy bool, err error) {
	var log, moved int
	if _, err = w.c.one(ctx, "PRAGMA wal_checkpoint("+mode+")", nil, &busy, &log, &moved); err != nil {
		err = w.trouble("move the log into the file", err)
	}
	return busy, err
}

// scrub empties the log of keys that were destroyed, unless a reader holds a part of it: then the next Purge
// tries again.
func (w *writer) scrub(ctx context.Context) {
	w.c.scrub = false
	if _, err := w.c.one(ctx, "PRAGMA busy_timeout = 0", nil, new(int)); err != nil { // do not wait for readers
		return
	}
	if busy, err := w.move(ctx, "TRUNCATE"); err == nil && !busy {
		w.c.shredded = false
	}
	if _, err := w.c.one(ctx, "PRAGMA busy_timeout = 1000", nil, new(int)); err != nil {
		_ = w.trouble("set the time to wait", err)
	}
}
