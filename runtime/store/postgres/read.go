package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// rowColumns are those of a Row, in the order in which scanRow wants them. A
// session that its node gave up is nobody's.
const rowColumns = `s.session, s.version, s.epoch,
	CASE WHEN s.live AND EXISTS (SELECT FROM nodes n WHERE n.id = s.node AND n.gone) THEN '' ELSE s.node END,
	s.flow, s.name, s.tenant, s.started, s.due, s.ended, s.attempts, s.record, s.summary`

func scanRow(r pgx.CollectableRow) (store.Row, error) {
	var s store.Row
	var due, ended *time.Time
	err := r.Scan(&s.Session, &s.Version, &s.Epoch, &s.Node, &s.Flow, &s.Name, &s.Tenant, &s.Started, &due, &ended,
		&s.Attempts, &s.Record, &s.Summary)
	s.Started, s.Due, s.Ended = s.Started.UTC(), orZero(due), orZero(ended)
	return s, err
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// Read implements store.DB.
func (d *DB) Read(ctx context.Context, id ivr.SessionID) (row store.Row, err error) {
	err = d.query(ctx, fmt.Sprintf("read session %s", id), false, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "SELECT "+rowColumns+" FROM sessions s WHERE s.session = $1", string(id))
		if err != nil {
			return err
		}
		if row, err = pgx.CollectExactlyOneRow(rows, scanRow); err != nil {
			return err
		}
		all := []store.Row{row}
		if err := addCalls(ctx, conn, all); err != nil {
			return err
		}
		err = addKeys(ctx, conn, all)
		row = all[0]
		return err
	})
	if err != nil {
		return store.Row{}, err
	}
	return row, nil
}

// addCalls adds their calls to rows.
func addCalls(ctx context.Context, conn *pgx.Conn, all []store.Row) error {
	at := places(all)
	rows, err := conn.Query(ctx, "SELECT session, call FROM calls WHERE session = ANY($1) ORDER BY n", names(all))
	if err != nil {
		return err
	}
	var session ivr.SessionID
	var call ivr.CallID
	_, err = pgx.ForEachRow(rows, []any{&session, &call}, func() error {
		r := &all[at[session]]
		r.Calls = append(r.Calls, call)
		return nil
	})
	return err
}

// addKeys adds their keys to rows.
func addKeys(ctx context.Context, conn *pgx.Conn, all []store.Row) error {
	at := places(all)
	rows, err := conn.Query(ctx, "SELECT session, name, wrapped FROM keys WHERE session = ANY($1) ORDER BY name", names(all))
	if err != nil {
		return err
	}
	var session ivr.SessionID
	var k store.Key
	_, err = pgx.ForEachRow(rows, []any{&session, &k.Name, &k.Wrapped}, func() error {
		r := &all[at[session]]
		r.Keys = append(r.Keys, k)
		k.Wrapped = nil // the next one gets its own
		return nil
	})
	return err
}

func names(all []store.Row) []string {
	out := make([]string, len(all))
	for i, r := range all {
		out[i] = string(r.Session)
	}
	return out
}

// places says where in a list a session stands.
func places(all []store.Row) map[ivr.SessionID]int {
	at := make(map[ivr.SessionID]int, len(all))
	for i, r := range all {
		at[r.Session] = i
	}
	return at
}

// ByCall implements store.DB.
func (d *DB) ByCall(ctx context.Context, call ivr.CallID) (id ivr.SessionID, err error) {
	if err := checkTexts(string(call)); err != nil {
		return "", fmt.Errorf("find a call: %w: %w", store.ErrNone, err) // none was written
	}
	err = d.query(ctx, fmt.Sprintf("find call %s", call), false, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT session FROM calls WHERE call = $1", string(call)).Scan(&id)
	})
	return id, err
}

// Try implements store.DB.
func (d *DB) Try(ctx context.Context, id ivr.SessionID, epoch int64) (attempts int, err error) {
	err = d.once(ctx, fmt.Sprintf("count an attempt at session %s", id), false, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "UPDATE sessions SET attempts = attempts + 1 WHERE session = $1 AND epoch = $2 RETURNING attempts",
			string(id), epoch)
		if err != nil {
			return err
		}
		if attempts, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[int]); errors.Is(err, pgx.ErrNoRows) {
			return store.ErrFenced
		}
		return err
	})
	return attempts, err
}

// TryAll implements store.DB.
func (d *DB) TryAll(ctx context.Context, all []store.Held) (attempts []int, err error) {
	at := make(map[string]int, len(all)) // where a session stands
	ids, epochs := make([]string, len(all)), make([]int64, len(all))
	for i, h := range all {
		ids[i], epochs[i] = string(h.Session), h.Epoch
		at[ids[i]] = i
	}
	err = d.once(ctx, fmt.Sprintf("count attempts at %d sessions", len(all)), false, func(ctx context.Context, conn *pgx.Conn) error {
		attempts = make([]int, len(all))
		rows, err := conn.Query(ctx, `UPDATE sessions s SET attempts = s.attempts + 1
			FROM unnest($1::text[], $2::bigint[]) AS h (session, epoch)
			WHERE s.session = h.session AND s.epoch = h.epoch RETURNING s.session, s.attempts`, ids, epochs)
		if err != nil {
			return err
		}
		var id string
		var n int
		_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error {
			attempts[at[id]] = n
			return nil
		})
		return err
	})
	return attempts, err
}

// filterSQL finds sessions, the newest first. Of its own the planner would not
// know which of the limits are there.
const filterSQL = "SELECT " + rowColumns + ` FROM sessions s
	WHERE s.started >= $1 AND s.started < $2 AND (s.started, s.session) < ($3, $4)
		AND ($5 = '' OR s.flow = $5 OR s.name = $5) AND (NOT $6 OR s.ended IS NULL) AND (NOT $7 OR s.ended IS NOT NULL)
	ORDER BY s.started DESC, s.session DESC LIMIT $8`

// Sessions implements store.DB.
func (d *DB) Sessions(ctx context.Context, f store.Filter) (all []store.Row, err error) {
	if f.Max <= 0 {
		f.Max = 100
	}
	until, before := f.Until, farFuture()
	if until.IsZero() {
		until = farFuture()
	}
	err = d.query(ctx, "list sessions", true, func(ctx context.Context, conn *pgx.Conn) error {
		if f.Before != "" {
			if err := conn.QueryRow(ctx, "SELECT started FROM sessions WHERE session = $1", string(f.Before)).Scan(&before); err != nil {
				return err
			}
		}
		rows, err := conn.Query(ctx, filterSQL, f.Since, until, before, string(f.Before), f.Flow, f.Live, f.Over, f.Max)
		if err != nil {
			return err
		}
		if all, err = pgx.CollectRows(rows, scanRow); err != nil {
			return err
		}
		return addCalls(ctx, conn, all)
	})
	return all, err
}

// farFuture is later than any session begins.
func farFuture() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

// Journal implements store.DB.
func (d *DB) Journal(ctx context.Context, id ivr.SessionID) (all []store.Entry, err error) {
	err = d.query(ctx, fmt.Sprintf("read the journal of session %s", id), true, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "SELECT version, at, outline, key, body FROM journal WHERE session = $1 ORDER BY version", string(id))
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (e store.Entry, err error) {
			err = r.Scan(&e.Version, &e.At, &e.Outline, &e.Key, &e.Body)
			e.At = e.At.UTC()
			return e, err
		})
		return err
	})
	return all, err
}
