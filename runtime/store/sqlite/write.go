package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Write implements store.DB.
func (db *DB) Write(ctx context.Context, w *store.Write) error {
	size := 256 + len(w.Record) + len(w.Summary)
	if w.Entry != nil {
		size += len(w.Entry.Outline) + len(w.Entry.Body)
	}
	err := db.submit(ctx, &task{size: size, urgent: w.Urgent, do: func(ctx context.Context, c *conn) error { return c.write(ctx, w) }})
	if err != nil {
		return fmt.Errorf("write version %d of session %s: %w", w.Version, w.Session, err)
	}
	return nil
}

// WritesPromptly says that Write comes back as soon as its context is over: whoever
// waits for the writer does nothing but wait. See call.Prompt.
func (*DB) WritesPromptly() {}

// write makes a change. It refuses before it writes anything.
func (c *conn) write(ctx context.Context, w *store.Write) (err error) {
	var n int64
	if w.Version == 1 {
		n, err = c.create(ctx, w)
	} else {
		n, err = c.change(ctx, w)
	}
	if err != nil {
		return err
	}
	if err := c.addCalls(ctx, n, w.Calls); err != nil {
		return err
	}
	if err := c.setKeys(ctx, n, w); err != nil {
		return err
	}
	if e := w.Entry; e != nil {
		if _, err := c.exec(ctx, "INSERT INTO journal (session, version, at, key, outline, body) VALUES (?, ?, ?, ?, ?, ?)",
			n, w.Version, micros(e.At), e.Key, blob(e.Outline), blob(e.Body)); err != nil {
			return err
		}
	}
	return c.dropMails(ctx, n, w)
}

// create makes a new session, unless it or one of its calls is known.
func (c *conn) create(ctx context.Context, w *store.Write) (int64, error) {
	for _, call := range w.Calls {
		var has string
		taken, err := c.one(ctx, "SELECT s.id FROM calls AS c JOIN sessions AS s ON s.n = c.session WHERE c.call = ?", []any{string(call)}, &has)
		if err != nil {
			return 0, err
		}
		if taken {
			return 0, &store.KnownError{Session: ivr.SessionID(has)}
		}
	}
	if w.Epoch != 1 {
		return 0, store.ErrFenced
	}
	var n int64
	made, err := c.one(ctx, `INSERT INTO sessions
		(id, version, epoch, attempts, due, ended, todo, node, flow, name, tenant, started, summary, record)
		VALUES (?, 1, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING n`,
		[]any{string(w.Session), w.Attempts, moment(w.Due), moment(w.Ended), w.Record != nil, string(w.Node), w.Flow,
			w.Name, w.Tenant, micros(w.Started), blob(w.Summary), blob(w.Record)}, &n)
	if err != nil {
		return 0, err
	}
	if !made {
		return 0, store.ErrFenced
	}
	c.note(w.Session, n)
	return n, nil
}

// change changes a session, if it is where the change expects it.
func (c *conn) change(ctx context.Context, w *store.Write) (int64, error) {
	n, err := c.row(ctx, w.Session)
	if err != nil {
		return 0, err
	}
	// Most changes leave a live session live: this one names no column of an index.
	if w.Record != nil && w.Ended.IsZero() {
		rows, err := c.exec(ctx, `UPDATE sessions SET version = ?, due = ?, attempts = ?, record = ?, summary = ifnull(?, summary)
			WHERE n = ? AND id = ? AND version = ? AND epoch = ? AND todo = 1 AND ended IS NULL`,
			w.Version, moment(w.Due), w.Attempts, w.Record, blob(w.Summary), n, string(w.Session), w.Version-1, w.Epoch)
		if rows == 1 || err != nil {
			return n, err
		}
	}
	rows, err := c.exec(ctx, `UPDATE sessions SET version = ?, due = ?, attempts = ?, record = ?, summary = ifnull(?, summary),
			todo = ?, ended = ?
		WHERE n = ? AND id = ? AND version = ? AND epoch = ?`,
		w.Version, moment(w.Due), w.Attempts, blob(w.Record), blob(w.Summary), w.Record != nil, moment(w.Ended),
		n, string(w.Session), w.Version-1, w.Epoch)
	if rows == 0 && err == nil {
		err = store.ErrFenced
	}
	return n, err
}

// addCalls lets calls lead to a session from now on.
func (c *conn) addCalls(ctx context.Context, n int64, calls []ivr.CallID) error {
	for _, call := range calls {
		if _, err := c.exec(ctx, "DELETE FROM calls WHERE call = ? AND session <> ?", string(call), n); err != nil {
			return err
		}
		if _, err := c.exec(ctx, "INSERT INTO calls (call, session) VALUES (?, ?) ON CONFLICT (call) DO NOTHING", string(call), n); err != nil {
			return err
		}
	}
	return nil
}

// setKeys destroys a session's old keys, which secure_delete overwrites, and adds
// its new ones.
func (c *conn) setKeys(ctx context.Context, n int64, w *store.Write) error {
	c.shredded = c.shredded || len(w.Shred) > 0
	for _, name := range w.Shred {
		if _, err := c.exec(ctx, "DELETE FROM keys WHERE session = ? AND name = ?", n, name); err != nil {
			return err
		}
	}
	for _, k := range w.Keys {
		if _, err := c.exec(ctx, "INSERT OR REPLACE INTO keys (session, name, wrapped) VALUES (?, ?, ?)", n, k.Name, blob(k.Wrapped)); err != nil {
			return err
		}
	}
	if len(w.Keys) == 0 || w.Version == 1 {
		return nil
	}
	_, err := c.exec(ctx, "UPDATE sessions SET keyed = 1 WHERE n = ? AND keyed = 0", n)
	return err
}

// dropMails deletes the mail that a change is done with.
func (c *conn) dropMails(ctx context.Context, n int64, w *store.Write) error {
	if w.Record == nil {
		_, err := c.exec(ctx, "DELETE FROM mails WHERE session = ?", n)
		return err
	}
	for _, id := range w.Mail {
		if _, err := c.exec(ctx, "DELETE FROM mails WHERE n = ? AND session = ?", id, n); err != nil {
			return err
		}
	}
	return nil
}

// Try implements store.DB.
func (db *DB) Try(ctx context.Context, id ivr.SessionID, epoch int64) (int, error) {
	attempts, err := ask(ctx, db, func(ctx context.Context, c *conn) (attempts int, err error) {
		found, err := c.one(ctx, "UPDATE sessions SET attempts = attempts + 1 WHERE id = ? AND epoch = ? RETURNING attempts",
			[]any{string(id), epoch}, &attempts)
		if err == nil && !found {
			err = store.ErrFenced
		}
		return attempts, err
	})
	if err != nil {
		return 0, fmt.Errorf("count an attempt of session %s: %w", id, err)
	}
	return attempts, nil
}

// TryAll implements store.DB.
func (db *DB) TryAll(ctx context.Context, all []store.Held) ([]int, error) {
	at := make(map[ivr.SessionID]int, len(all)) // where a session stands
	list := make([][2]any, len(all))
	for i, h := range all {
		at[h.Session], list[i] = i, [2]any{h.Session, h.Epoch}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	attempts, err := ask(ctx, db, func(ctx context.Context, c *conn) ([]int, error) {
		attempts := make([]int, len(all))
		err := each(ctx, c, func(rows *sql.Rows) error {
			var id ivr.SessionID
			var n int
			err := rows.Scan(&id, &n)
			attempts[at[id]] = n
			return err
		}, `UPDATE sessions SET attempts = attempts + 1 FROM json_each(?) AS j
			WHERE sessions.id = j.value ->> 0 AND sessions.epoch = j.value ->> 1 RETURNING sessions.id, sessions.attempts`, string(text))
		return attempts, err
	})
	if err != nil {
		return nil, fmt.Errorf("count attempts of %d sessions: %w", len(all), err)
	}
	return attempts, nil
}

// blob is a value for bytes; NULL for nil, which the driver does not tell from
// none.
func blob(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// micros is a value for a time.
func micros(t time.Time) int64 { return t.UnixMicro() }

// moment is a value for a time that may be zero: NULL then.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}
