package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// source is what can be read: a transaction of a reader, or the writer's.
type source interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// columns are those of a row, as scan takes them.
const columns = "n, id, version, epoch, attempts, due, ended, node, flow, name, tenant, started, summary, record"

// found is a row with its number.
type found struct {
	n int64
	store.Row
}

// each calls f for every row of a query, and closes it.
func each(ctx context.Context, from source, f func(rows *sql.Rows) error, query string, args ...any) (err error) {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sessionsOf are the rows of a query of columns.
func sessionsOf(ctx context.Context, from source, query string, args ...any) ([]found, error) {
	var all []found
	err := each(ctx, from, func(rows *sql.Rows) error {
		var r found
		var due, ended sql.NullInt64
		var started int64
		err := rows.Scan(&r.n, &r.Session, &r.Version, &r.Epoch, &r.Attempts, &due, &ended, &r.Node, &r.Flow, &r.Name,
			&r.Tenant, &started, &r.Summary, &r.Record)
		r.Due, r.Ended, r.Started = momentOf(due), momentOf(ended), timeOf(started)
		all = append(all, r)
		return err
	}, query, args...)
	return all, err
}

// addKeys reads the keys of a session.
func (r *found) addKeys(ctx context.Context, from source) error {
	return each(ctx, from, func(rows *sql.Rows) error {
		var k store.Key
		err := rows.Scan(&k.Name, &k.Wrapped)
		r.Keys = append(r.Keys, k)
		return err
	}, "SELECT name, wrapped FROM keys WHERE session = ? ORDER BY name", r.n)
}

// addCalls reads the calls of a session.
func (r *found) addCalls(ctx context.Context, from source) error {
	return each(ctx, from, func(rows *sql.Rows) error {
		var call ivr.CallID
		err := rows.Scan(&call)
		r.Calls = append(r.Calls, call)
		return err
	}, "SELECT call FROM calls WHERE session = ? ORDER BY n", r.n)
}

// view reads at one moment: what f sees does not change meanwhile.
func (db *DB) view(ctx context.Context, what string, f func(from source) error) error {
	if err := db.whole(); err != nil {
		return err
	}
	tx, err := db.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err == nil {
		err = errors.Join(f(tx), tx.Rollback()) // nothing was written
	}
	if err != nil && !isAnswer(err) {
		return explain(fmt.Errorf("read %s: %w", what, err))
	}
	return err
}

// Read implements store.DB.
func (db *DB) Read(ctx context.Context, id ivr.SessionID) (store.Row, error) {
	var row store.Row
	err := db.view(ctx, "session "+string(id), func(from source) error {
		rows, err := sessionsOf(ctx, from, "SELECT "+columns+" FROM sessions WHERE id = ?", string(id))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return store.ErrNone
		}
		err = errors.Join(rows[0].addCalls(ctx, from), rows[0].addKeys(ctx, from))
		row = rows[0].Row
		return err
	})
	if err != nil {
		return store.Row{}, err
	}
	return row, nil
}

// ByCall implements store.DB.
func (db *DB) ByCall(ctx context.Context, call ivr.CallID) (id ivr.SessionID, err error) {
	err = db.view(ctx, "the session of call "+string(call), func(from source) error {
		err := each(ctx, from, func(rows *sql.Rows) error { return rows.Scan(&id) },
			"SELECT s.id FROM calls AS c JOIN sessions AS s ON s.n = c.session WHERE c.call = ?", string(call))
		if err == nil && id == "" {
			err = store.ErrNone
		}
		return err
	})
	return id, err
}

// Sessions implements store.DB.
func (db *DB) Sessions(ctx context.Context, f store.Filter) ([]store.Row, error) {
	var all []store.Row
	err := db.view(ctx, "sessions", func(from source) error {
		where, args, err := filter(ctx, from, f)
		if err != nil {
			return err
		}
		rows, err := sessionsOf(ctx, from, "SELECT "+columns+" FROM sessions WHERE "+where+" ORDER BY started DESC, id DESC LIMIT ?",
			append(args, cmp.Or(max(f.Max, 0), 100))...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := r.addCalls(ctx, from); err != nil {
				return err
			}
			all = append(all, r.Row)
		}
		return nil
	})
	return all, err
}

// filter is a filter in SQL.
func filter(ctx context.Context, from source, f store.Filter) (where string, args []any, err error) {
	terms := []string{"1"}
	add := func(wanted bool, term string, values ...any) {
		if wanted {
			terms = append(terms, term)
			args = append(args, values...)
		}
	}
	add(f.Live, "ended IS NULL")
	add(f.Over, "ended IS NOT NULL")
	add(f.Flow != "", "(flow = ? OR name = ?)", f.Flow, f.Flow)
	add(!f.Since.IsZero(), "started >= ?", ceil(f.Since))
	add(!f.Until.IsZero(), "started < ?", ceil(f.Until))
	if f.Before != "" {
		var started int64
		var there bool
		err = each(ctx, from, func(rows *sql.Rows) error { there = true; return rows.Scan(&started) },
			"SELECT started FROM sessions WHERE id = ?", string(f.Before))
		if err == nil && !there {
			err = store.ErrNone
		}
		add(true, "(started, id) < (?, ?)", started, string(f.Before))
	}
	return strings.Join(terms, " AND "), args, err
}

// ceil is the first microsecond that is not before a time.
func ceil(t time.Time) int64 { return t.Add(time.Microsecond - 1).UnixMicro() }

// Journal implements store.DB.
func (db *DB) Journal(ctx context.Context, id ivr.SessionID) ([]store.Entry, error) {
	var all []store.Entry
	err := db.view(ctx, "the journal of session "+string(id), func(from source) error {
		return each(ctx, from, func(rows *sql.Rows) error {
			var e store.Entry
			var at int64
			err := rows.Scan(&e.Version, &at, &e.Key, &e.Outline, &e.Body)
			e.At = timeOf(at)
			all = append(all, e)
			return err
		}, `SELECT j.version, j.at, j.key, j.outline, j.body FROM journal AS j JOIN sessions AS s ON s.n = j.session
			WHERE s.id = ? ORDER BY j.version`, string(id))
	})
	return all, err
}

// timeOf is the time of microseconds.
func timeOf(n int64) time.Time { return time.UnixMicro(n).UTC() }

// momentOf is a time that may be zero.
func momentOf(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return timeOf(n.Int64)
}
