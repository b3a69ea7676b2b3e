package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// unsentError says that nothing was sent to the database.
type unsentError struct{ error }

func (e *unsentError) Unwrap() error { return e.error }

// verdict is what an error says about what was sent.
type verdict int

const (
	fine     verdict = iota
	unsent           // it did not leave
	rejected         // the server refused it, and nothing of it is there
	lost             // nobody knows
)

// judge says what an error means.
func judge(err error) verdict {
	if err == nil {
		return fine
	}
	if _, ok := errors.AsType[*unsentError](err); ok || pgconn.SafeToRetry(err) {
		return unsent
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok:
		return lost
	case severity(e) != "ERROR": // the server ended the connection, perhaps after the commit
		return lost
	case strings.HasPrefix(e.Code, "08"), e.Code == "40003":
		return lost
	}
	return rejected
}

func severity(e *pgconn.PgError) string {
	if e.SeverityUnlocalized != "" {
		return e.SeverityUnlocalized
	}
	return e.Severity
}

// code is the SQLSTATE of an error of the server, or "".
func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// passing says that the same statement may fare better later: the server is
// overloaded or is just starting or stopping, is read-only for now, or gave up on a
// lock or on time.
func passing(err error) bool {
	switch c := code(err); c {
	case "25006", "40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "57P05", "53300", "23505":
		return true
	default:
		return strings.HasPrefix(c, "08")
	}
}

// single says that it may be the fault of one change that its whole group failed.
func single(err error) bool {
	switch c := code(err); c {
	case "40001", "40P01", "55P03":
		return true
	default:
		return len(c) == 5 && (c[:2] == "21" || c[:2] == "22" || c[:2] == "23" || c[:2] == "54" || c[:2] == "XX")
	}
}

// query runs what may be run twice, until it succeeds or the time is over.
func (d *DB) query(ctx context.Context, what string, long bool, f func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := d.limit(ctx, long)
	defer cancel()
	var wait backoff
	for {
		err := d.pooled(ctx, f)
		v := judge(err)
		if v == fine || ctx.Err() != nil || v == rejected && !passing(err) || own(err) {
			return wrap(what, err)
		}
		if v == lost {
			d.pool.Reset() // the others of its age are lost too
		}
		if wait.sleep(ctx) != nil {
			return wrap(what, err)
		}
	}
}

// once runs what must not be run twice.
func (d *DB) once(ctx context.Context, what string, long bool, f func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := d.limit(ctx, long)
	defer cancel()
	var wait backoff
	for {
		err := d.pooled(ctx, f)
		switch v := judge(err); {
		case own(err):
			return wrap(what, err)
		case v == lost:
			d.pool.Reset()
			return fmt.Errorf("%s: %w: %w", what, store.ErrUncertain, err)
		case v == fine || ctx.Err() != nil || !passing(err) && v != unsent:
			return wrap(what, err)
		}
		if wait.sleep(ctx) != nil {
			return wrap(what, err)
		}
	}
}

func (d *DB) limit(ctx context.Context, long bool) (context.Context, func()) {
	if long {
		return context.WithTimeout(ctx, longTimeout)
	}
	return context.WithTimeout(ctx, d.o.Timeout)
}

// pooled runs f with a connection of the pool.
func (d *DB) pooled(ctx context.Context, f func(context.Context, *pgx.Conn) error) error {
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return &unsentError{told(err)}
	}
	defer conn.Release()
	err = f(ctx, conn.Conn())
	if conn.Conn().IsClosed() || readOnly(err) {
		hangUp(conn.Conn()) // its place in the pool is free at once
	}
	return err
}

// own says that an error is one that a method is to return.
func own(err error) bool {
	return errors.Is(err, pgx.ErrNoRows) || errors.Is(err, store.ErrNone) || errors.Is(err, store.ErrFenced) || errors.Is(err, store.ErrElsewhere)
}

func wrap(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%s: %w", what, store.ErrNone)
	}
	return fmt.Errorf("%s: %w", what, err)
}
