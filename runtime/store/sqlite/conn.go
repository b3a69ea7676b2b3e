package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"

	driver "modernc.org/sqlite"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// conn is the one connection that writes, with its statements prepared.
type conn struct {
	c     *sql.Conn
	stmts map[string]*sql.Stmt // by their text
	// rows are the numbers of sessions that were written lately. A number is a
	// hint: what uses it names the session too.
	rows map[ivr.SessionID]int64

	shredded bool // keys were destroyed that the log may still hold
	scrub    bool // it is time to empty the log of them
}

// rowsKept is how many numbers of sessions are kept.
const rowsKept = 100_000

// stmt is a statement, prepared at its first use.
func (c *conn) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, err := c.c.PrepareContext(ctx, query)
	if err == nil {
		c.stmts[query] = s
	}
	return s, err
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	s, err := c.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// one scans the one row of a query into places; ok is false if there is none.
func (c *conn) one(ctx context.Context, query string, args []any, places ...any) (ok bool, err error) {
	s, err := c.stmt(ctx, query)
	if err != nil {
		return false, err
	}
	err = s.QueryRowContext(ctx, args...).Scan(places...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// QueryContext implements source: what reads can read within a transaction too.
func (c *conn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := c.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// row is the number of a session; 0 if there is none.
func (c *conn) row(ctx context.Context, id ivr.SessionID) (n int64, err error) {
	if n, ok := c.rows[id]; ok {
		return n, nil
	}
	if _, err = c.one(ctx, "SELECT n FROM sessions WHERE id = ?", []any{string(id)}, &n); err == nil && n != 0 {
		c.note(id, n)
	}
	return n, err
}

// note keeps the number of a session.
func (c *conn) note(id ivr.SessionID, n int64) {
	if len(c.rows) >= rowsKept {
		clear(c.rows)
	}
	c.rows[id] = n
}

// rollback undoes a transaction, if one is open: some errors end it.
func (c *conn) rollback(ctx context.Context) {
	clear(c.rows) // some may have been of sessions that are not there now
	if _, err := c.exec(ctx, "ROLLBACK"); err != nil {
		return // there was none to undo; the next BEGIN tells if that is not so
	}
}

// written counts the pages written into the log so far.
func (c *conn) written() (pages int, err error) {
	err = c.c.Raw(func(dc any) error {
		s, ok := dc.(driver.DBStatus)
		if !ok {
			return fmt.Errorf("the connection is a %T", dc)
		}
		pages, _, err = s.Status(driver.DBStatusCacheWrite, false)
		return err
	})
	return pages, err
}

// close ends the connection.
func (c *conn) close() error {
	var errs []error
	for s := range maps.Values(c.stmts) {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.c.Close())...)
}
