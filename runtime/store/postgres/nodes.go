package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// Leases go by the server's clock. Methods here may be run twice, and use the
// connection that nothing else does, so that a lease is not lost because the
// others are busy. A node's own reckoning begins before it asks, so it ends before
// the server's.

// forgetNode is how long after the end of its lease a node that has no sessions is
// still known.
const forgetNode = "24 hours"

// leased runs f on the connection for leases until it succeeds or the time is over.
func (d *DB) leased(ctx context.Context, what string, f func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := d.limit(ctx, false)
	defer cancel()
	var wait backoff
	for {
		err := d.lease.use(ctx, func(conn *pgx.Conn) error { return f(ctx, conn) })
		if v := judge(err); v == fine || ctx.Err() != nil || own(err) || v == rejected && !passing(err) {
			return wrap(what, err)
		}
		if wait.sleep(ctx) != nil {
			return wrap(what, err)
		}
	}
}

// Join implements store.DB. What a node of the same name gave up is not given back.
func (d *DB) Join(ctx context.Context, n store.Node, lease time.Duration) error {
	return d.leased(ctx, fmt.Sprintf("make node %s known", n.ID), func(ctx context.Context, conn *pgx.Conn) error {
		var b pgx.Batch
		b.Queue("UPDATE sessions SET node = '' WHERE node = $1 AND live AND EXISTS (SELECT FROM nodes WHERE id = $1 AND gone)", string(n.ID))
		b.Queue("DELETE FROM nodes n WHERE until < clock_timestamp() - interval '" + forgetNode + "'" +
			" AND NOT EXISTS (SELECT FROM sessions s WHERE s.node = n.id AND s.live)")
		b.Queue(`INSERT INTO nodes (id, host, started, until) VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 microsecond')
			ON CONFLICT (id) DO UPDATE SET host = excluded.host, started = excluded.started, until = excluded.until, drain = false, gone = false`,
			string(n.ID), n.Host, n.Started, lease.Microseconds())
		return conn.SendBatch(ctx, &b).Close()
	})
}

const nodeColumns = "n.id, n.host, n.started, n.until, n.drain"

// Renew implements store.DB. It waits for a Claim that is just taking sessions away
// from the node.
func (d *DB) Renew(ctx context.Context, id store.NodeID, lease time.Duration) (n store.Node, err error) {
	err = d.leased(ctx, fmt.Sprintf("renew the lease of node %s", id), func(ctx context.Context, conn *pgx.Conn) error {
		err := conn.QueryRow(ctx, `UPDATE nodes n SET until = clock_timestamp() + $2 * interval '1 microsecond'
			WHERE id = $1 AND NOT gone RETURNING `+nodeColumns, string(id), lease.Microseconds()).
			Scan(&n.ID, &n.Host, &n.Started, &n.Until, &n.Drain)
		n.Started, n.Until = n.Started.UTC(), n.Until.UTC()
		return err
	})
	if err != nil {
		return store.Node{}, err
	}
	return n, nil
}

// Leave implements store.DB.
func (d *DB) Leave(ctx context.Context, id store.NodeID) error {
	return d.leased(ctx, fmt.Sprintf("leave as node %s", id), func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "UPDATE nodes SET gone = true, until = least(until, clock_timestamp()) WHERE id = $1", string(id))
		return err
	})
}

// Nodes implements store.DB.
func (d *DB) Nodes(ctx context.Context) (all []store.Node, err error) {
	err = d.query(ctx, "list nodes", false, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "SELECT * FROM (SELECT "+nodeColumns+`,
				(SELECT count(*) FROM sessions s WHERE s.node = n.id AND s.live) AS live,
				(extract(epoch FROM n.until - clock_timestamp()) * 1000000)::bigint AS rest FROM nodes n WHERE NOT n.gone) n
			WHERE live > 0 OR rest > 0 ORDER BY started, id`)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (n store.Node, err error) {
			var left int64
			err = r.Scan(&n.ID, &n.Host, &n.Started, &n.Until, &n.Drain, &n.Live, &left)
			n.Started, n.Until, n.Left = n.Started.UTC(), n.Until.UTC(), time.Duration(left)*time.Microsecond
			return n, err
		})
		return err
	})
	return all, err
}

// Drain implements store.DB.
func (d *DB) Drain(ctx context.Context, id store.NodeID) error {
	return d.query(ctx, fmt.Sprintf("ask node %q to end", id), false, func(ctx context.Context, conn *pgx.Conn) error {
		tag, err := conn.Exec(ctx, "UPDATE nodes SET drain = true WHERE NOT gone AND ($1 = '' OR id = $1)", string(id))
		if err == nil && tag.RowsAffected() == 0 && id != "" {
			return store.ErrNone
		}
		return err
	})
}
