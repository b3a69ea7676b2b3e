package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// freeSQL finds whose sessions are free: nodes that have no lease, and names that
// no node has. It walks from owner to owner, not from session to session. Nodes are
// locked until the end, so that none of them gets a new lease while its sessions
// are taken away; who is just getting one is left alone.
const freeSQL = `WITH RECURSIVE owner (node) AS (
	(SELECT node FROM sessions WHERE live ORDER BY node LIMIT 1)
	UNION ALL
	SELECT (SELECT s.node FROM sessions s WHERE s.live AND s.node > o.node ORDER BY s.node LIMIT 1) FROM owner o WHERE o.node IS NOT NULL
), dead AS MATERIALIZED (
	SELECT id FROM nodes WHERE id IN (SELECT node FROM owner) AND (gone OR until <= clock_timestamp()) FOR SHARE SKIP LOCKED
), free AS MATERIALIZED (
	SELECT id AS node FROM dead
	UNION ALL SELECT o.node FROM owner o WHERE o.node IS NOT NULL AND NOT EXISTS (SELECT FROM nodes n WHERE n.id = o.node)
)`

const claimSQL = freeSQL + `, picked AS MATERIALIZED (
	SELECT s.session FROM sessions s WHERE s.node = ANY(ARRAY(SELECT node FROM free)) AND s.live
	ORDER BY s.due NULLS LAST, s.session LIMIT $2 FOR UPDATE OF s SKIP LOCKED
), ` + giveSQL

// regainSQL gives a node again what it was given by claims of which it was not
// told.
const regainSQL = `WITH picked AS MATERIALIZED (
	SELECT session FROM sessions WHERE node = $1 AND live AND claim = ANY($4) ORDER BY due NULLS LAST, session LIMIT $2 FOR UPDATE
), ` + giveSQL

const giveSQL = `given AS (
	UPDATE sessions t SET node = $1, epoch = t.epoch + 1, claim = $3 FROM picked p WHERE t.session = p.session RETURNING t.*
)
SELECT ` + rowColumns + ` FROM given s ORDER BY s.due NULLS LAST, s.session`

// Claim implements store.DB. If the answer of one is lost, the next one gives what
// that took.
func (d *DB) Claim(ctx context.Context, id store.NodeID, most int) (rows []store.Row, err error) {
	if most <= 0 {
		return nil, nil
	}
	again := d.lost.of(id)
	claim := newID()
	err = d.once(ctx, fmt.Sprintf("claim sessions for node %s", id), true, func(ctx context.Context, conn *pgx.Conn) error {
		rows = nil
		if len(again) > 0 {
			if rows, err = give(ctx, conn, regainSQL, string(id), most, claim, again); err != nil || len(rows) > 0 {
				return err
			}
		}
		rows, err = give(ctx, conn, claimSQL, string(id), most, claim)
		return err
	})
	if err != nil {
		d.lost.remember(id, claim, err)
		return nil, err
	}
	return rows, nil
}

// give runs a statement that gives sessions to a node.
func give(ctx context.Context, conn *pgx.Conn, sql string, args ...any) ([]store.Row, error) {
	r, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	rows, err := pgx.CollectRows(r, scanRow)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	if err := addKeys(ctx, conn, rows); err != nil {
		// They are given, but nobody is told: as if the connection was lost.
		return nil, &halfwayError{err}
	}
	return rows, nil
}

// halfwayError says that something was written, but not all was read.
type halfwayError struct{ error }

// takeSQL gives a node a session that it has, or that is free. The owner is locked
// as by a claim.
const takeSQL = `WITH dead AS MATERIALIZED (
	SELECT id FROM nodes WHERE id = (SELECT node FROM sessions WHERE session = $2) AND (gone OR until <= clock_timestamp()) FOR SHARE
), picked AS MATERIALIZED (
	SELECT s.session FROM sessions s WHERE s.session = $2 AND s.live
		AND (s.node = $1 OR s.node IN (SELECT id FROM dead) OR NOT EXISTS (SELECT FROM nodes n WHERE n.id = s.node))
	FOR UPDATE
), ` + giveSQL

// Take implements store.DB.
func (d *DB) Take(ctx context.Context, id store.NodeID, session ivr.SessionID) (row store.Row, err error) {
	claim := newID()
	err = d.once(ctx, fmt.Sprintf("take session %s for node %s", session, id), false, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := give(ctx, conn, takeSQL, string(id), string(session), claim)
		if err != nil {
			return err
		}
		if len(rows) == 1 {
			row = rows[0]
			return nil
		}
		var live bool
		err = conn.QueryRow(ctx, "SELECT live FROM sessions WHERE session = $1", string(session)).Scan(&live)
		switch {
		case errors.Is(err, pgx.ErrNoRows), err == nil && !live:
			return store.ErrNone
		case err != nil: // which says nothing of the session
			return err
		}
		return store.ErrElsewhere
	})
	if err != nil {
		d.lost.remember(id, claim, err)
		return store.Row{}, err
	}
	return row, nil
}

// lostClaims are claims whose answer was lost: the node may have sessions that it
// does not know of. The zero lostClaims has none.
type lostClaims struct {
	mu  sync.Mutex
	all []lostClaim
}

type lostClaim struct {
	node  store.NodeID
	claim int64
	at    time.Time
}

// forgetClaim is after how long a claim that was not seen in the database will
// never be.
const forgetClaim = 5 * time.Minute

// remember keeps a claim if its error says that it may have been made.
func (l *lostClaims) remember(node store.NodeID, claim int64, err error) {
	if !errors.Is(err, store.ErrUncertain) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, lostClaim{node: node, claim: claim, at: time.Now()})
}

// of are the claims of a node. What they took may be seen later than now.
func (l *lostClaims) of(node store.NodeID) (claims []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.all[:0]
	for _, c := range l.all {
		if time.Since(c.at) > forgetClaim {
			continue
		}
		kept = append(kept, c)
		if c.node == node {
			claims = append(claims, c.claim)
		}
	}
	l.all = kept
	return claims
}
