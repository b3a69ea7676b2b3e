package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// CountUp implements store.DB.
func (db *DB) CountUp(ctx context.Context, name string) (int64, error) {
	n, err := ask(ctx, db, func(ctx context.Context, c *conn) (n int64, err error) {
		_, err = c.one(ctx, `INSERT INTO counters (name, value) VALUES (?, 1)
			ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value`, []any{name}, &n)
		return n, err
	})
	if err != nil {
		return 0, fmt.Errorf("count up %s: %w", name, err)
	}
	return n, nil
}

// PutBlob implements store.DB.
func (db *DB) PutBlob(ctx context.Context, name string, data []byte) error {
	if data == nil {
		data = []byte{}
	}
	err := db.tell(ctx, len(data), func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, `INSERT INTO blobs (name, put, data) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET put = excluded.put, data = excluded.data`, name, micros(db.o.Now()), data)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	return nil
}

// AddBlob implements store.DB.
func (db *DB) AddBlob(ctx context.Context, name string, data []byte) ([]byte, error) {
	if data == nil {
		data = []byte{}
	}
	kept, err := ask(ctx, db, func(ctx context.Context, c *conn) (kept []byte, err error) {
		if _, err := c.exec(ctx, "INSERT INTO blobs (name, put, data) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING", name, micros(db.o.Now()), data); err != nil {
			return nil, err
		}
		_, err = c.one(ctx, "SELECT data FROM blobs WHERE name = ?", []any{name}, &kept)
		return kept, err
	})
	if err != nil {
		return nil, fmt.Errorf("add %s: %w", name, err)
	}
	return kept, nil
}

// Blob implements store.DB.
func (db *DB) Blob(ctx context.Context, name string) ([]byte, error) {
	var data []byte
	err := db.view(ctx, name, func(from source) error {
		there := false
		err := each(ctx, from, func(rows *sql.Rows) error { there = true; return rows.Scan(&data) },
			"SELECT data FROM blobs WHERE name = ?", name)
		if err == nil && !there {
			err = store.ErrNone
		}
		return err
	})
	return data, err
}

// PutFlow implements store.DB.
func (db *DB) PutFlow(ctx context.Context, f store.FlowVersion) error {
	sources := f.Sources
	if sources == nil {
		sources = []byte{}
	}
	err := db.tell(ctx, len(sources), func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, "INSERT INTO flows (version, name, added, sources) VALUES (?, ?, ?, ?) ON CONFLICT (version) DO NOTHING",
			f.Version, f.Name, micros(f.Added), sources)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep version %s of flow %s: %w", f.Version, f.Name, err)
	}
	return nil
}

// Flow implements store.DB.
func (db *DB) Flow(ctx context.Context, version string) (store.FlowVersion, error) {
	all, err := db.flows(ctx, "SELECT version, name, added, sources, 0 FROM flows WHERE version = ?", version)
	if err == nil && len(all) == 0 {
		err = store.ErrNone
	}
	if err != nil {
		return store.FlowVersion{}, err
	}
	return all[0], nil
}

// Flows implements store.DB.
func (db *DB) Flows(ctx context.Context) ([]store.FlowVersion, error) {
	return db.flows(ctx, `SELECT version, name, added, NULL,
			(SELECT count(*) FROM sessions WHERE flow = flows.version AND ended IS NULL) AS live
		FROM flows ORDER BY live DESC, added DESC, version`)
}

func (db *DB) flows(ctx context.Context, query string, args ...any) ([]store.FlowVersion, error) {
	var all []store.FlowVersion
	err := db.view(ctx, "flows", func(from source) error {
		return each(ctx, from, func(rows *sql.Rows) error {
			var f store.FlowVersion
			var added int64
			err := rows.Scan(&f.Version, &f.Name, &added, &f.Sources, &f.Live)
			f.Added = timeOf(added)
			all = append(all, f)
			return err
		}, query, args...)
	})
	return all, err
}
