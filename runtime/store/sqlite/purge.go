package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// What one Purge does at most: others wait for it.
const (
	purgeRows = 200 // sessions, blobs or flows of a kind
	purgeTime = 20 * time.Millisecond
)

// Purge implements store.DB. When nothing is left to delete it also empties the
// log, which may hold copies of keys that were destroyed.
func (db *DB) Purge(ctx context.Context, l store.Limits) (bool, error) {
	more, err := ask(ctx, db, func(ctx context.Context, c *conn) (more bool, err error) {
		p := purge{c: c, began: time.Now()}
		if err := p.keys(ctx, l.Keys); err != nil {
			return false, err
		}
		if err := p.sessions(ctx, l.Sessions); err != nil {
			return false, err
		}
		if err := p.flows(ctx, l.Flows, l.Keep); err != nil {
			return false, err
		}
		for _, prefix := range slices.Sorted(maps.Keys(l.Blobs)) {
			if err := p.blobs(ctx, prefix, l.Blobs[prefix], l.KeepBlobs); err != nil {
				return false, err
			}
		}
		c.scrub = c.shredded && !p.more
		return p.more, nil
	})
	if err != nil {
		return false, fmt.Errorf("delete what is old: %w", err)
	}
	return more, nil
}

// purge is one slice of it.
type purge struct {
	c     *conn
	began time.Time
	more  bool
}

// over says whether the slice is long enough.
func (p *purge) over() bool {
	late := time.Since(p.began) > purgeTime
	p.more = p.more || late
	return late
}

// numbers are those of at most purgeRows rows.
func (p *purge) numbers(ctx context.Context, query string, args ...any) ([]int64, error) {
	if p.over() {
		return nil, nil
	}
	all, err := p.c.numbers(ctx, query, append(args, purgeRows)...)
	p.more = p.more || len(all) == purgeRows
	return all, err
}

// keys destroys the keys of sessions that ended before.
func (p *purge) keys(ctx context.Context, before time.Time) error {
	sessions, err := p.numbers(ctx, "SELECT n FROM sessions WHERE ended IS NOT NULL AND keyed = 1 AND ended < ? ORDER BY ended LIMIT ?", ceil(before))
	if err != nil {
		return err
	}
	p.c.shredded = p.c.shredded || len(sessions) > 0
	for _, n := range sessions {
		if err := p.all(ctx, n, "DELETE FROM keys WHERE session = ?", "UPDATE sessions SET keyed = 0 WHERE n = ?"); err != nil {
			return err
		}
	}
	return nil
}

// sessions deletes sessions that ended before, with all that hangs on them.
func (p *purge) sessions(ctx context.Context, before time.Time) error {
	sessions, err := p.numbers(ctx, "SELECT n FROM sessions WHERE ended IS NOT NULL AND ended < ? ORDER BY ended LIMIT ?", ceil(before))
	if err != nil {
		return err
	}
	for i, n := range sessions {
		if i > 0 && p.over() {
			return nil
		}
		if err := p.all(ctx, n, "DELETE FROM keys WHERE session = ?", "DELETE FROM calls WHERE session = ?",
			"DELETE FROM mails WHERE session = ?", "DELETE FROM journal WHERE session = ?", "DELETE FROM sessions WHERE n = ?"); err != nil {
			return err
		}
	}
	if len(sessions) > 0 {
		clear(p.c.rows) // their numbers may be given out again
	}
	return nil
}

// all runs statements on a session.
func (p *purge) all(ctx context.Context, n int64, statements ...string) error {
	for _, s := range statements {
		if _, err := p.c.exec(ctx, s, n); err != nil {
			return err
		}
	}
	return nil
}

// flows deletes versions that were added before, are not kept and have no session.
func (p *purge) flows(ctx context.Context, before time.Time, keep []string) error {
	if p.over() || before.IsZero() {
		return nil
	}
	kept, err := json.Marshal(append([]string{}, keep...)) // [], never null
	if err != nil {
		return err
	}
	rows, err := p.c.exec(ctx, `DELETE FROM flows WHERE rowid IN (SELECT rowid FROM flows WHERE added < ?
			AND version NOT IN (SELECT value FROM json_each(?))
			AND NOT EXISTS (SELECT 1 FROM sessions WHERE flow = flows.version) LIMIT ?)`, ceil(before), string(kept), purgeRows)
	p.more = p.more || rows == purgeRows
	return err
}

// blobs deletes those whose name begins so and that were put before, but for those
// that are kept.
func (p *purge) blobs(ctx context.Context, prefix string, before time.Time, keep []string) error {
	const few = 20 // they may be long
	if p.over() {
		return nil
	}
	kept, err := json.Marshal(append([]string{}, keep...)) // [], never null
	if err != nil {
		return err
	}
	rows, err := p.c.exec(ctx, `DELETE FROM blobs WHERE rowid IN (SELECT rowid FROM blobs
			WHERE name >= ?1 AND name < ?1 || char(0x10FFFF) AND substr(name, 1, length(?1)) = ?1 AND put < ?2
			AND name NOT IN (SELECT value FROM json_each(?4)) LIMIT ?3)`, prefix, ceil(before), few, string(kept))
	p.more = p.more || rows == few
	return err
}
