package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// Limits of one Purge.
const (
	purgeTime  = 200 * time.Millisecond // after which no slice is begun
	purgeSlice = 50                     // sessions or blobs
)

// purgeKeysSQL destroys keys of sessions that ended before $1.
const purgeKeysSQL = `DELETE FROM keys WHERE session IN (
	SELECT k.session FROM keys k JOIN sessions s USING (session) WHERE s.ended < $1 LIMIT $2)`

// purgeSessionsSQL deletes sessions that ended before $1, with all that hangs on
// them. What another node is just deleting is left to it.
const purgeSessionsSQL = `WITH s AS MATERIALIZED (
	SELECT session FROM sessions WHERE ended < $1 ORDER BY ended LIMIT $2 FOR UPDATE SKIP LOCKED
), c AS (DELETE FROM calls USING s WHERE calls.session = s.session),
k AS (DELETE FROM keys USING s WHERE keys.session = s.session),
j AS (DELETE FROM journal USING s WHERE journal.session = s.session),
m AS (DELETE FROM mail USING s WHERE mail.session = s.session)
DELETE FROM sessions USING s WHERE sessions.session = s.session`

// purgeMailSQL deletes mail that came at the moment its session ended.
const purgeMailSQL = `DELETE FROM mail m WHERE NOT EXISTS (SELECT FROM sessions s WHERE s.session = m.session AND s.live)`

const purgeFlowsSQL = `DELETE FROM flows f WHERE added < $1 AND NOT (version = ANY(coalesce($2::text[], '{}')))
	AND NOT EXISTS (SELECT FROM sessions s WHERE s.flow = f.version)`

const purgeBlobsSQL = `DELETE FROM blobs WHERE name IN (
	SELECT name FROM blobs WHERE name >= $3 AND starts_with(name, $3) AND put < $1
		AND NOT (name = ANY(coalesce($4::text[], '{}'))) ORDER BY name LIMIT $2)`

// Purge implements store.DB. It deletes slices, each in its own transaction.
func (d *DB) Purge(ctx context.Context, limits store.Limits) (more bool, err error) {
	type slice struct {
		sql  string
		args []any
		most int64 // if it deletes fewer, nothing is left
	}
	steps := []slice{
		{sql: purgeMailSQL},
		{sql: purgeSessionsSQL, args: []any{limits.Sessions, purgeSlice}, most: purgeSlice},
		{sql: purgeKeysSQL, args: []any{limits.Keys, purgeSlice}, most: 1},
		{sql: purgeFlowsSQL, args: []any{limits.Flows, limits.Keep}},
	}
	for _, begin := range slices.Sorted(maps.Keys(limits.Blobs)) {
		steps = append(steps, slice{sql: purgeBlobsSQL, args: []any{limits.Blobs[begin], purgeSlice, begin, limits.KeepBlobs}, most: purgeSlice})
	}
	err = d.query(ctx, "purge", true, func(ctx context.Context, conn *pgx.Conn) error {
		end := time.Now().Add(purgeTime)
		more = false
		for _, s := range steps {
			for again := true; again; {
				if time.Now().After(end) {
					more = true
					return nil
				}
				tag, err := conn.Exec(ctx, s.sql, s.args...)
				if err != nil {
					return fmt.Errorf("delete what is old: %w", err)
				}
				again = s.most > 0 && tag.RowsAffected() >= s.most
			}
		}
		return nil
	})
	return more, err
}
