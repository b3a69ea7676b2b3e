package sqlite

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// ErrFailed says that the disk failed a sync, so that nobody knows what it holds.
// The process has to start again; then the database reads what is there.
var ErrFailed = errors.New("the store has failed: start this process again, and look at the disk and the system's log")

// Failed is closed when the database has failed; see ErrFailed. Everything is
// answered with an error from then on.
func (db *DB) Failed() <-chan struct{} { return db.failed }

// fail turns the database failed.
func (db *DB) fail(cause error) {
	db.failOnce.Do(func() {
		db.failure = fmt.Errorf("%w: %w", ErrFailed, cause)
		close(db.failed)
	})
}

// whole is the reason why the database has failed; nil if it has not.
func (db *DB) whole() error {
	select {
	case <-db.failed:
		return db.failure
	default:
		return nil
	}
}

// isAnswer says whether a task came to its end, whatever that is.
func isAnswer(err error) bool {
	if err == nil || errors.Is(err, store.ErrFenced) || errors.Is(err, store.ErrNone) || errors.Is(err, store.ErrElsewhere) {
		return true
	}
	_, known := errors.AsType[*store.KnownError](err)
	return known
}

// code is SQLite's for an error, extended and plain; 0 if it is not SQLite's.
func code(err error) (extended, plain int) {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code(), e.Code() & 0xff
	}
	return 0, 0
}

// isFatal says whether an error leaves it open what the disk holds. What failed
// to be read or written does not: a page counts only once a sync has told so.
// Damage does not either: it concerns who reads it.
func isFatal(err error) bool {
	switch extended, plain := code(err); extended {
	case lib.SQLITE_IOERR_WRITE, lib.SQLITE_IOERR_SHMSIZE, lib.SQLITE_IOERR_SHMMAP, lib.SQLITE_IOERR_SHMOPEN, // full, no quota left, read-only
		lib.SQLITE_IOERR_READ, lib.SQLITE_IOERR_SHORT_READ, lib.SQLITE_IOERR_CORRUPTFS, lib.SQLITE_IOERR_DATA,
		lib.SQLITE_IOERR_NOMEM, lib.SQLITE_IOERR_LOCK:
		return false
	default:
		return plain == lib.SQLITE_IOERR
	}
}

// explain adds to an error of SQLite's what is to be done.
func explain(err error) error {
	switch extended, plain := code(err); {
	case plain == lib.SQLITE_FULL || extended == lib.SQLITE_IOERR_WRITE || extended == lib.SQLITE_IOERR_SHMSIZE:
		return fmt.Errorf("%w: nothing can be written: make room on the disk, or raise the quota; writes go on by themselves then", err)
	case plain == lib.SQLITE_READONLY:
		return fmt.Errorf("%w: nothing can be written: let this process write the file and its folder; writes go on by themselves then", err)
	case plain == lib.SQLITE_NOTADB:
		return fmt.Errorf("%w: this is not the file of a store, or its beginning is damaged: name the right one, put a backup in its place, or move it away to begin without the calls in it", err)
	case plain == lib.SQLITE_CORRUPT:
		return fmt.Errorf("%w: the file is damaged: put a backup in its place, or move it away to begin without the calls in it", err)
	}
	return err
}
