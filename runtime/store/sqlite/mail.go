package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Post implements store.DB.
func (db *DB) Post(ctx context.Context, m store.Mail) error {
	node, err := ask(ctx, db, func(ctx context.Context, c *conn) (node store.NodeID, err error) {
		var n int64
		found, err := c.one(ctx, "SELECT n, node FROM sessions WHERE id = ? AND todo = 1 AND ? IN ('', tenant)",
			[]any{string(m.Session), m.Tenant}, &n, &node)
		if err == nil && !found {
			err = store.ErrNone
		}
		if err == nil {
			_, err = c.exec(ctx, "INSERT INTO mails (session, tenant, at, body) VALUES (?, ?, ?, ?)",
				n, m.Tenant, micros(m.At), blob(m.Body))
		}
		return node, err
	})
	if err != nil {
		return fmt.Errorf("post mail for session %s: %w", m.Session, err)
	}
	db.watch.tell(node)
	return nil
}

// Mails implements store.DB.
func (db *DB) Mails(ctx context.Context, id store.NodeID, most int, of ...ivr.SessionID) ([]store.Mail, error) {
	where, args := "", []any{string(id)}
	if len(of) > 0 {
		list, err := json.Marshal(of)
		if err != nil {
			return nil, fmt.Errorf("read mail: %w", err)
		}
		where, args = "AND s.id IN (SELECT value FROM json_each(?))", append(args, string(list))
	}
	var all []store.Mail
	err := db.view(ctx, "mail", func(from source) error {
		return each(ctx, from, func(rows *sql.Rows) error {
			var m store.Mail
			var at int64
			err := rows.Scan(&m.ID, &m.Session, &m.Epoch, &m.Tenant, &at, &m.Body)
			m.At = timeOf(at)
			all = append(all, m)
			return err
		}, `SELECT m.n, s.id, s.epoch, m.tenant, m.at, m.body FROM mails AS m JOIN sessions AS s ON s.n = m.session
			WHERE s.node = ? `+where+` ORDER BY m.n LIMIT ?`, append(args, max(0, most))...)
	})
	return all, err
}

// Owned implements store.DB.
func (db *DB) Owned(ctx context.Context, id store.NodeID) (ids []ivr.SessionID, err error) {
	err = db.view(ctx, "sessions of a node", func(from source) error {
		return each(ctx, from, func(rows *sql.Rows) error {
			var session ivr.SessionID
			err := rows.Scan(&session)
			ids = append(ids, session)
			return err
		}, `SELECT id FROM sessions WHERE node = ? AND todo = 1`, string(id))
	})
	return ids, err
}

// watchers are those who wait for mail. They are safe for concurrent use.
type watchers struct {
	mu  sync.Mutex
	all map[store.NodeID][]*watcher
}

type watcher struct{ f func() }

// Watch implements store.DB: f is called within Post.
func (db *DB) Watch(id store.NodeID, f func()) (stop func()) {
	w := &watcher{f: f}
	db.watch.mu.Lock()
	defer db.watch.mu.Unlock()
	if db.watch.all == nil {
		db.watch.all = map[store.NodeID][]*watcher{}
	}
	db.watch.all[id] = append(db.watch.all[id], w)
	return func() { db.watch.remove(id, w) }
}

func (ws *watchers) remove(id store.NodeID, w *watcher) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.all[id] = slices.DeleteFunc(slices.Clone(ws.all[id]), func(o *watcher) bool { return o == w })
	if len(ws.all[id]) == 0 {
		delete(ws.all, id)
	}
}

// tell calls those who wait for a node's mail.
func (ws *watchers) tell(id store.NodeID) {
	ws.mu.Lock()
	all := ws.all[id]
	ws.mu.Unlock()
	for _, w := range all {
		w.f()
	}
}
