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
	now := db.o.Now()
	err := db.view(ctx, "nodes", func(from source) error {
		return each(ctx, from, func(rows *sql.Rows) error {
			var n store.Node
			var started, until int64
			err := rows.Scan(&n.ID, &n.Host, &started, &until, &n.Drain, &n.Live)
			n.Started, n.Until = timeOf(started), timeOf(until)
			n.Left = n.Until.Sub(now)
			all = append(all, n)
			return err
		}, `SELECT * FROM (SELECT id, host, started, until, drain,
				(SELECT count(*) FROM sessions WHERE node = nodes.id AND todo = 1) AS live FROM nodes)
			WHERE until > ? OR live > 0 ORDER BY started, id`, micros(now))
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
		free, err := c.numbers(ctx, `SELECT n FROM sessions
			WHERE todo = 1 AND node NOT IN (SELECT id FROM nodes WHERE until > ?)
			ORDER BY due IS NULL, due, id LIMIT ?`, micros(db.o.Now()), max(0, most))
		if err != nil || len(free) == 0 {
			return nil, err
		}
		return c.giveAll(ctx, free, id)
	})
	if err != nil {
		return nil, fmt.Errorf("claim sessions for node %s: %w", id, err)
	}
	return rows, nil
}

// numbers is the one column of a query.
func (c *conn) numbers(ctx context.Context, query string, args ...any) ([]int64, error) {
	var all []int64
	err := each(ctx, c, func(rows *sql.Rows) error {
		var n int64
		err := rows.Scan(&n)
		all = append(all, n)
		return err
	}, query, args...)
	return all, err
}

// giveAll gives sessions to a node, each with a new epoch: thousands in a few
// statements.
func (c *conn) giveAll(ctx context.Context, sessions []int64, id store.NodeID) ([]store.Row, error) {
	text, err := json.Marshal(sessions)
	if err != nil {
		return nil, err
	}
	list := string(text)
	if _, err := c.exec(ctx, "UPDATE sessions SET node = ?, epoch = epoch + 1 WHERE n IN (SELECT value FROM json_each(?))", string(id), list); err != nil {
		return nil, err
	}
	given, err := sessionsOf(ctx, c, "SELECT "+columns+" FROM sessions WHERE n IN (SELECT value FROM json_each(?))", list)
	if err != nil {
		return nil, err
	}
	at := make(map[int64]int, len(sessions)) // where a session stands in the answer
	for i, n := range sessions {
		at[n] = i
	}
	rows := make([]store.Row, len(sessions))
	for _, r := range given {
		rows[at[r.n]] = r.Row
	}
	err = each(ctx, c, func(from *sql.Rows) error {
		var n int64
		var k store.Key
		err := from.Scan(&n, &k.Name, &k.Wrapped)
		rows[at[n]].Keys = append(rows[at[n]].Keys, k)
		return err
	}, "SELECT session, name, wrapped FROM keys WHERE session IN (SELECT value FROM json_each(?)) ORDER BY session, name", list)
	return rows, err
}

// Take implements store.DB.
func (db *DB) Take(ctx context.Context, id store.NodeID, session ivr.SessionID) (store.Row, error) {
	row, err := ask(ctx, db, func(ctx context.Context, c *conn) (store.Row, error) {
		var n, until int64
		var has store.NodeID
		found, err := c.one(ctx, `SELECT s.n, s.node, ifnull(n.until, 0) FROM sessions AS s LEFT JOIN nodes AS n ON n.id = s.node
			WHERE s.id = ? AND s.todo = 1`, []any{string(session)}, &n, &has, &until)
		switch {
		case err != nil:
			return store.Row{}, err
		case !found:
			return store.Row{}, store.ErrNone
		case has != id && until > micros(db.o.Now()):
			return store.Row{}, store.ErrElsewhere
		}
		rows, err := c.giveAll(ctx, []int64{n}, id)
		if err != nil {
			return store.Row{}, err
		}
		return rows[0], nil
	})
	if err != nil {
		return store.Row{}, fmt.Errorf("take session %s for node %s: %w", session, id, err)
	}
	return row, nil
}
