// Package sqlite is a store.DB in one file, which one process has to itself.
//
// Every write is in the file's write-ahead log and synced before it is answered.
// One goroutine writes. What waits while it syncs shares the next transaction, so
// that many calls share a sync. Readers have connections of their own and never
// wait for the writer.
//
// If the disk fails a sync, nobody knows any more what it holds: the database
// turns failed for good (see [DB.Failed]), and the process has to start again. If
// the disk is full, writes are refused until it is not.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	driver "modernc.org/sqlite"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// Options of a database. The zero Options are good.
type Options struct {
	// Now is the clock of leases and of the age of blobs. nil: time.Now.
	Now func() time.Time
	// Queue is how many writes may wait; more are refused with store.ErrBusy. 0: 4096.
	Queue int
	// Group is how many writes share a transaction at most. 0: 512.
	Group int
	// Log is how many pages of 8 KiB the log grows before it is moved into the file.
	// A longer log is a longer wait once, a shorter one more work. 0: 4000.
	Log int
	// VFS is the name of one of SQLite's file systems, for tests. "": the system's.
	VFS string
}

// filled are the options with what they mean by zero.
func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Queue, o.Group, o.Log = cmp.Or(o.Queue, 4096), cmp.Or(o.Group, 512), cmp.Or(o.Log, 4000)
	return o
}

// DB is the database. Open makes one.
type DB struct {
	file    string
	o       Options
	lock    *lock    // nil: opened for reading only
	readers *sql.DB  // several connections that cannot write
	writer  *writer  // nil: opened for reading only
	watch   watchers // who waits for mail

	closeOnce sync.Once
	closeErr  error

	failOnce sync.Once
	failed   chan struct{} // closed when the database has failed
	failure  error         // why; set before failed is closed
}

var _ store.DB = (*DB)(nil)

// Open opens the database in a file, which it makes if there is none, and brings
// its schema up to date. The error is store.ErrTaken if another process has it.
func Open(ctx context.Context, file string, o Options) (*DB, error) {
	db := &DB{file: file, o: o.filled(), failed: make(chan struct{})}
	err := db.open(ctx)
	if err != nil {
		return nil, errors.Join(explain(fmt.Errorf("open the store %s: %w", file, err)), db.Close())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context) (err error) {
	if err := create(db.file); err != nil {
		return err
	}
	if db.file, err = filepath.EvalSymlinks(db.file); err != nil { // two names, one lock
		return err
	}
	if db.lock, err = takeLock(db.file); err != nil {
		return err
	}
	// Linux: half the time of a sync, as safe; elsewhere it cannot be had.
	if _, err := driver.Fdatasync(true); err != nil && !errors.Is(err, driver.ErrFdatasyncUnavailable) {
		return err
	}
	if db.writer, err = openWriter(ctx, db); err != nil {
		return err
	}
	db.readers, err = openReaders(ctx, db.file, db.o.VFS)
	return err
}

// OpenReadOnly opens a database for reading, also while a process has it. Every
// method that would write answers with an error.
func OpenReadOnly(ctx context.Context, file string) (*DB, error) {
	db := &DB{file: file, o: Options{}.filled(), failed: make(chan struct{})}
	if _, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("open the store for reading: %w", err)
	}
	var err error
	if db.readers, err = openReaders(ctx, file, ""); err == nil {
		err = checkReadable(ctx, db.readers)
	}
	if err != nil {
		return nil, errors.Join(explain(fmt.Errorf("open the store %s for reading: %w", file, err)), db.Close())
	}
	return db, nil
}

// Close writes what is queued, and ends. The file is whole without its log then,
// unless the database has failed: then the disk is left alone.
func (db *DB) Close() error {
	db.closeOnce.Do(func() {
		if err := db.close(); err != nil {
			db.closeErr = fmt.Errorf("close the store %s: %w", db.file, err)
		}
	})
	return db.closeErr
}

func (db *DB) close() error {
	var errs []error
	if db.readers != nil {
		errs = append(errs, db.readers.Close())
	}
	if db.writer != nil { // the last connection: it moves the log into the file
		errs = append(errs, db.writer.close())
	}
	if db.lock != nil {
		errs = append(errs, db.lock.release())
	}
	return errors.Join(errs...)
}

// private are the permissions of the file: only its owner reads it.
const private = 0o600

// create makes an empty file if there is none, and has its folder remember it.
func create(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, private)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(file))
}

// openReaders opens the connections that read.
func openReaders(ctx context.Context, file, vfs string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(file, "ro", vfs, "busy_timeout=5000", "query_only=1", "cache_size=-8192"))
	if err != nil {
		return nil, err
	}
	const connections = 4
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// dsn names a file with a mode, ro or rw, its file system, and what every
// connection sets.
func dsn(file, mode, vfs string, pragmas ...string) string {
	path := (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath()
	if filepath.IsAbs(file) && path[0] != '/' { // C:\calls.db
		path = "/" + path
	}
	u := url.URL{Scheme: "file", Opaque: path}
	query := url.Values{"mode": {mode}, "_pragma": pragmas}
	if vfs != "" {
		query.Set("vfs", vfs)
	}
	u.RawQuery = query.Encode()
	return u.String()
}
