package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// forgetNode is how long after the end of its lease a node that has no sessions
// is still known.
const forgetNode = 24 * time.Hour

// Join implements store.DB. One process has this database: whoever else is known
// in it is gone.
func (db *DB) Join(ctx context.Context, n store.Node, lease time.Duration) error {
	now := db.o.Now()
	err := db.tell(ctx, 0, func(ctx context.Context, c *conn) error {
		if _, err := c.exec(ctx, `DELETE FROM nodes WHERE until < ?
			AND NOT EXISTS (SELECT 1 FROM sessions WHERE node = nodes.id AND todo = 1)`, micros(now.Add(-forgetNode))); err != nil {
			return err
		}
		if _, err := c.exec(ctx, "UPDATE nodes SET until = ?1 WHERE until > ?1", micros(now)); err != nil {
			return err
		}
		_, err := c.exec(ctx, "INSERT OR REPLACE INTO nodes (id, host, started, until, drain) VALUES (?, ?, ?, ?, 0)",
			string(n.ID), n.Host, micros(n.Started), micros(now.Add(lease)))
		return err
	})
	if err != nil {
		return fmt.Errorf("join node %s: %w", n.ID, err)
	}
	return nil
}

// Renew implements store.DB.
func (db *DB) Renew(ctx context.Context, id store.NodeID, lease time.Duration) (store.Node, error) {
	n, err := ask(ctx, db, func(ctx context.Context, c *conn) (store.Node, error) {
		n := store.Node{ID: id}
		var started, until int64
		known, err := c.one(ctx, "UPDATE nodes SET until = ? WHERE id = ? RETURNING host, started, until, drain",
			[]any{micros(db.o.Now().Add(lease)), string(id)}, &n.Host, &started, &until, &n.Drain)
		if err == nil && !known {
			err = store.ErrNone
		}
		n.Started, n.Until = timeOf(started), timeOf(until)
		return n, err
	})
	if err != nil {
		return store.Node{}, fmt.Errorf("renew the lease of node %s: %w", id, err)
	}
	return n, nil
}

// Leave implements store.DB.
func (db *DB) Leave(ctx context.Context, id store.NodeID) error {
	err := db.tell(ctx, 0, func(ctx context.Context, c *conn) error {
		if _, err := c.exec(ctx, "DELETE FROM nodes WHERE id = ?", string(id)); err != nil {
			return err
		}
		_, err := c.exec(ctx, "UPDATE sessions SET node = '' WHERE node = ? AND todo = 1", string(id))
		return err
	})
	if err != nil {
		return fmt.Errorf("leave node %s: %w", id, err)
	}
	return nil
}

// Nodes implements store.DB.
func (db *DB) Nodes(ctx context.Context) ([]store.Node, error) {
	var all []store.Node
	err := db.view(ctx, "nodes", func(from source) error {
		return each(ctx, from, func(rows *sql.Rows) error {
			var n store.Node
			var started, until int64
			err := rows.Scan(&n.ID, &n.Host, &started, &until, &n.Drain, &n.Live)
			n.Started, n.Until = timeOf(started), timeOf(until)
			all = append(all, n)
			return err
		}, `SELECT * FROM (SELECT id, host, started, until, drain,
				(SELECT count(*) FROM sessions WHERE node = nodes.id AND todo = 1) AS live FROM nodes)
			WHERE until > ? OR live > 0 ORDER BY started, id`, micros(db.o.Now()))
	})
	return all, err
}

// Drain implements store.DB.
func (db *DB) Drain(ctx context.Context, id store.NodeID) error {
	err := db.tell(ctx, 0, func(ctx context.Context, c *conn) error {
		rows, err := c.exec(ctx, "UPDATE nodes SET drain = 1 WHERE ?1 IN ('', id)", string(id))
		if err == nil && rows == 0 && id != "" {
			err = store.ErrNone
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("drain node %s: %w", id, err)
	}
	return nil
}

// Claim implements store.DB.
func (db *DB) Claim(ctx context.Context, id store.NodeID, most int) ([]store.Row, error) {
	rows, err := ask(ctx, db, func(ctx context.Context, c *conn) ([]store.Row, error) {
		free, err := sessionsOf(ctx, c, "SELECT "+columns+` FROM sessions
			WHERE todo = 1 AND node NOT IN (SELECT id FROM nodes WHERE until > ?)
			ORDER BY due IS NULL, due, id LIMIT ?`, micros(db.o.Now()), max(0, most))
		if err != nil {
			return nil, err
		}
		var rows []store.Row
		for _, r := range free {
			if err := c.give(ctx, &r, id); err != nil {
				return nil, err
			}
			rows = append(rows, r.Row)
		}
		return rows, nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim sessions for node %s: %w", id, err)
	}
	return rows, nil
}

// give gives a session to a node, with a new epoch.
func (c *conn) give(ctx context.Context, r *found, id store.NodeID) error {
	r.Node = id
	r.Epoch++
	if _, err := c.exec(ctx, "UPDATE sessions SET node = ?, epoch = ? WHERE n = ?", string(id), r.Epoch, r.n); err != nil {
		return err
	}
	return r.addKeys(ctx, c)
}

// Take implements store.DB.
func (db *DB) Take(ctx context.Context, id store.NodeID, session ivr.SessionID) (store.Row, error) {
	row, err := ask(ctx, db, func(ctx context.Context, c *conn) (store.Row, error) {
		rows, err := sessionsOf(ctx, c, "SELECT "+columns+" FROM sessions WHERE id = ? AND todo = 1", string(session))
		if err != nil {
			return store.Row{}, err
		}
		if len(rows) == 0 {
			return store.Row{}, store.ErrNone
		}
		r := rows[0]
		var until int64
		if _, err := c.one(ctx, "SELECT until FROM nodes WHERE id = ?", []any{string(r.Node)}, &until); err != nil {
			return store.Row{}, err
		}
		if r.Node != id && until > micros(db.o.Now()) {
			return store.Row{}, store.ErrElsewhere
		}
		err = c.give(ctx, &r, id)
		return r.Row, err
	})
	if err != nil {
		return store.Row{}, fmt.Errorf("take session %s for node %s: %w", session, id, err)
	}
	return row, nil
}
