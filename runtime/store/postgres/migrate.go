package postgres

import (
	"context"
	"embed"
	"fmt"
	"hash/fnv"
	"io/fs"

	"github.com/jackc/pgx/v5"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations are the steps from no tables to those of this version. The first has
// number 1. A step that was published is never changed. It leaves what the version
// before it needs, because nodes are renewed one by one.
func migrations() []string {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	var steps []string
	for _, name := range names {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			panic(err) // it was just found
		}
		steps = append(steps, string(text))
	}
	return steps
}

// migrate takes the steps that the database has not seen. One node does so at a
// time.
func (d *DB) migrate(ctx context.Context, steps []string) error {
	l := d.newLink()
	conn, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer bye(conn)
	if _, err := conn.Exec(ctx, "SET statement_timeout = 0; SET lock_timeout = 0"); err != nil {
		return err
	}
	number, err := d.schemaVersion(ctx, conn)
	if err != nil {
		return err
	}
	for number < len(steps) {
		if number, err = d.step(ctx, conn, steps); err != nil {
			return err
		}
	}
	return d.fits(number, len(steps))
}

// check refuses tables that are not of the version of the last step. It changes
// nothing.
func (d *DB) check(ctx context.Context, steps []string) error {
	conn, err := d.newLink().open(ctx)
	if err != nil {
		return err
	}
	defer bye(conn)
	number, err := d.schemaVersion(ctx, conn)
	if err != nil {
		return err
	}
	return d.fits(number, len(steps))
}

// fits says what to do about tables of another version than the wanted one.
func (d *DB) fits(number, want int) error {
	switch {
	case number > want:
		return fmt.Errorf("the tables in schema %q are of version %d, and this program knows them up to version %d: use a newer one",
			d.o.Schema, number, want)
	case number == want:
		return nil
	case number == 0:
		return fmt.Errorf("there are no tables in schema %q: no bot has run with this database; name another one, or start `ivrflow run` with it",
			d.o.Schema)
	}
	return fmt.Errorf("the tables in schema %q are of version %d, and this program reads version %d: use the ivrflow of the bot that runs, "+
		"or restart the bot with this one, which brings them up to date", d.o.Schema, number, want)
}

// step takes the next step, if another node did not, and says which was the last.
func (d *DB) step(ctx context.Context, conn *pgx.Conn, steps []string) (number int, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", lockNumber(d.o.Schema)); err != nil {
			return err
		}
		// Somebody may have been faster, or may know more steps.
		if number, err = d.schemaVersion(ctx, tx); err != nil || number >= len(steps) {
			return err
		}
		if number == 0 {
			if err := d.makeSchema(ctx, tx); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, steps[number]); err != nil {
			return fmt.Errorf("make tables of version %d: %w", number+1, err)
		}
		number++
		_, err := tx.Exec(ctx, "INSERT INTO schema_version (version, made) VALUES ($1, now())", number)
		return err
	})
	return number, err
}

// makeSchema makes the schema, unless somebody with more rights did before.
func (d *DB) makeSchema(ctx context.Context, tx pgx.Tx) error {
	var there bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", d.o.Schema).Scan(&there); err != nil {
		return err
	}
	if !there {
		name := pgx.Identifier{d.o.Schema}.Sanitize()
		if _, err := tx.Exec(ctx, "CREATE SCHEMA "+name); err != nil {
			return fmt.Errorf("make schema %s, for which the user needs the right CREATE on the database "+
				"(or make it and grant CREATE and USAGE on it): %w", name, err)
		}
	}
	_, err := tx.Exec(ctx, "CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY, made timestamptz NOT NULL)")
	return err
}

// schemaVersion is the number of the last step; 0: none. It looks into the catalogue
// itself: what a name stands for is remembered by a connection, which does not see
// at once what another has just made.
func (d *DB) schemaVersion(ctx context.Context, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) (n int, err error) {
	var there bool
	if err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relname = 'schema_version')`, d.o.Schema).Scan(&there); err != nil || !there {
		return 0, err
	}
	err = q.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM schema_version").Scan(&n)
	return n, err
}

// lockNumber is that of a schema's lock.
func lockNumber(schema string) int64 {
	h := fnv.New64a()
	h.Write([]byte("ivrflow/" + schema))
	return int64(h.Sum64())
}
