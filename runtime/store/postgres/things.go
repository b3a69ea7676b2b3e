package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Mails implements store.DB.
func (d *DB) Mails(ctx context.Context, id store.NodeID, most int, of ...ivr.SessionID) (all []store.Mail, err error) {
	where, args := "", []any{string(id), max(most, 0)}
	if len(of) > 0 {
		where, args = "AND m.session = ANY($3)", append(args, of)
	}
	err = d.query(ctx, fmt.Sprintf("read the mail of node %s", id), false, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT m.id, m.session, s.epoch, m.tenant, m.at, m.body FROM mail m JOIN sessions s USING (session)
			WHERE s.node = $1 AND NOT (s.live AND EXISTS (SELECT FROM nodes n WHERE n.id = $1 AND n.gone)) `+where+`
			ORDER BY m.id LIMIT $2`, args...)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (m store.Mail, err error) {
			err = r.Scan(&m.ID, &m.Session, &m.Epoch, &m.Tenant, &m.At, &m.Body)
			m.At = m.At.UTC()
			return m, err
		})
		return err
	})
	return all, err
}

// Owned implements store.DB.
func (d *DB) Owned(ctx context.Context, id store.NodeID) (ids []ivr.SessionID, err error) {
	err = d.query(ctx, fmt.Sprintf("read the sessions of node %s", id), false, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT session FROM sessions WHERE node = $1 AND live
			AND NOT EXISTS (SELECT FROM nodes n WHERE n.id = $1 AND n.gone)`, string(id))
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[ivr.SessionID])
		return err
	})
	return ids, err
}

// CountUp implements store.DB.
func (d *DB) CountUp(ctx context.Context, name string) (n int64, err error) {
	err = d.once(ctx, fmt.Sprintf("count up %q", name), false, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `INSERT INTO counters AS c (name, n) VALUES ($1, 1)
			ON CONFLICT (name) DO UPDATE SET n = c.n + 1 RETURNING n`, name).Scan(&n)
	})
	return n, err
}

// PutBlob implements store.DB.
func (d *DB) PutBlob(ctx context.Context, name string, data []byte) error {
	return d.query(ctx, fmt.Sprintf("keep blob %q", name), true, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `INSERT INTO blobs (name, data, put) VALUES ($1, $2, clock_timestamp())
			ON CONFLICT (name) DO UPDATE SET data = excluded.data, put = excluded.put`, name, bytesOf(data))
		return err
	})
}

// AddBlob implements store.DB. Who comes second waits until the first has committed.
func (d *DB) AddBlob(ctx context.Context, name string, data []byte) (kept []byte, err error) {
	err = d.query(ctx, fmt.Sprintf("add blob %q", name), true, func(ctx context.Context, conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, "INSERT INTO blobs (name, data, put) VALUES ($1, $2, clock_timestamp()) ON CONFLICT (name) DO NOTHING",
			name, bytesOf(data)); err != nil {
			return err
		}
		return conn.QueryRow(ctx, "SELECT data FROM blobs WHERE name = $1", name).Scan(&kept)
	})
	return kept, err
}

// Blob implements store.DB.
func (d *DB) Blob(ctx context.Context, name string) (data []byte, err error) {
	err = d.query(ctx, fmt.Sprintf("read blob %q", name), true, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT data FROM blobs WHERE name = $1", name).Scan(&data)
	})
	return data, err
}

// PutFlow implements store.DB.
func (d *DB) PutFlow(ctx context.Context, f store.FlowVersion) error {
	return d.query(ctx, fmt.Sprintf("keep version %s of flow %s", f.Version, f.Name), true, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `INSERT INTO flows (version, name, added, sources) VALUES ($1, $2, $3, $4)
			ON CONFLICT (version) DO NOTHING`, f.Version, f.Name, f.Added, f.Sources)
		return err
	})
}

// Flow implements store.DB.
func (d *DB) Flow(ctx context.Context, version string) (f store.FlowVersion, err error) {
	err = d.query(ctx, fmt.Sprintf("read flow version %s", version), true, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT version, name, added, sources FROM flows WHERE version = $1", version).
			Scan(&f.Version, &f.Name, &f.Added, &f.Sources)
	})
	if err != nil {
		return store.FlowVersion{}, err
	}
	f.Added = f.Added.UTC()
	return f, nil
}

// Flows implements store.DB.
func (d *DB) Flows(ctx context.Context) (all []store.FlowVersion, err error) {
	err = d.query(ctx, "list flow versions", true, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT version, name, added,
				(SELECT count(*) FROM sessions s WHERE s.flow = f.version AND s.ended IS NULL) AS live
			FROM flows f ORDER BY live DESC, added DESC, version`)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (f store.FlowVersion, err error) {
			err = r.Scan(&f.Version, &f.Name, &f.Added, &f.Live)
			f.Added = f.Added.UTC()
			return f, err
		})
		return err
	})
	return all, err
}
