package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// changeSQL changes sessions, each if it is at the version before and under the
// epoch, and writes what hangs on those that were changed. It returns the ids of
// the ops that were done.
const changeSQL = `WITH i AS MATERIALIZED (
	SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::bytea[], $8::bytea[], $9::bigint[],
		$10::timestamptz[], $11::bytea[], $12::text[], $13::bytea[])
		AS i (session, version, epoch, due, ended, attempts, record, summary, write, at, outline, key, body)
), u AS (
	UPDATE sessions s SET version = i.version, due = i.due, ended = i.ended, attempts = i.attempts, record = i.record,
		live = i.record IS NOT NULL, summary = coalesce(i.summary, s.summary), write = i.write
	FROM i WHERE s.session = i.session AND s.version = i.version - 1 AND s.epoch = i.epoch
	RETURNING s.session, s.live, s.write, s.version, i.at, i.outline, i.key, i.body
), j AS (
	INSERT INTO journal (session, version, at, outline, key, body, write)
	SELECT session, version, at, outline, key, body, write FROM u WHERE at IS NOT NULL
), m AS (
	DELETE FROM mail USING unnest($14::bigint[], $15::text[]) AS d (id, session), u
	WHERE mail.id = d.id AND mail.session = d.session AND u.session = d.session
), o AS (
	DELETE FROM mail USING u WHERE NOT u.live AND mail.session = u.session
), x AS (
	DELETE FROM keys USING unnest($16::text[], $17::text[]) AS d (session, name), u
	WHERE keys.session = d.session AND keys.name = d.name AND u.session = d.session
), k AS (
	INSERT INTO keys (session, name, wrapped)
	SELECT u.session, n.name, n.wrapped FROM unnest($18::text[], $19::text[], $20::bytea[]) AS n (session, name, wrapped) JOIN u USING (session)
	ON CONFLICT (session, name) DO UPDATE SET wrapped = excluded.wrapped
), c AS (
	INSERT INTO calls (call, session)
	SELECT n.call, u.session FROM unnest($21::text[], $22::text[]) WITH ORDINALITY AS n (session, call, i) JOIN u USING (session) ORDER BY n.i
	ON CONFLICT (call) DO UPDATE SET session = excluded.session, n = DEFAULT WHERE calls.session <> excluded.session
)
SELECT write, '' FROM u`

// newSQL makes sessions, each if there is none of its name and none has its calls.
// The wrong epoch is refused as well.
const newSQL = `WITH i AS MATERIALIZED (
	SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::bytea[], $8::bytea[], $9::bigint[],
		$10::timestamptz[], $11::bytea[], $12::text[], $13::bytea[], $14::text[], $15::text[], $16::text[], $17::text[], $18::timestamptz[])
		AS i (session, version, epoch, due, ended, attempts, record, summary, write, at, outline, key, body, node, flow, name, tenant, started)
), n AS MATERIALIZED (
	SELECT * FROM unnest($19::text[], $20::text[]) WITH ORDINALITY AS n (session, call, i)
), u AS (
	INSERT INTO sessions (session, version, epoch, node, flow, name, tenant, started, due, ended, attempts, live, record, summary, write)
	SELECT session, 1, 1, node, flow, name, tenant, started, due, ended, attempts, record IS NOT NULL, record, summary, write
	FROM i WHERE epoch = 1 AND session NOT IN (SELECT n.session FROM n JOIN calls USING (call))
	ON CONFLICT (session) DO NOTHING
	RETURNING session, write
), c AS (
	INSERT INTO calls (call, session) SELECT n.call, n.session FROM n JOIN u USING (session) ORDER BY n.i
), j AS (
	INSERT INTO journal (session, version, at, outline, key, body, write)
	SELECT session, version, at, outline, key, body, write FROM i JOIN u USING (session, write) WHERE at IS NOT NULL
), k AS (
	INSERT INTO keys (session, name, wrapped)
	SELECT u.session, n.name, n.wrapped FROM unnest($21::text[], $22::text[], $23::bytea[]) AS n (session, name, wrapped) JOIN u USING (session)
)
SELECT write, '' FROM u`

// postSQL keeps mails for sessions that have something left to do. One that is
// there already, from an attempt before, is not kept twice. It returns whose node
// is to be told.
const postSQL = `WITH i AS MATERIALIZED (
	SELECT i.*, s.node FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bytea[], $5::bigint[]) WITH ORDINALITY
		AS i (session, tenant, at, body, write, n)
	JOIN sessions s ON s.session = i.session AND s.live AND (i.tenant = '' OR i.tenant = s.tenant)
), m AS (
	INSERT INTO mail (session, tenant, at, body, write) SELECT session, tenant, at, body, write FROM i ORDER BY n
	ON CONFLICT (write) DO NOTHING
)
SELECT write, node FROM i`

// send writes a group in one transaction, and returns which ops were done, mails
// with the node that has their session.
func send(ctx context.Context, conn *pgx.Conn, group []*op) (map[int64]store.NodeID, error) {
	var batch pgx.Batch
	for _, s := range []struct {
		sql  string
		fits func(*op) bool
		args func([]*op) []any
	}{
		{newSQL, func(o *op) bool { return o.write != nil && o.write.Version == 1 }, newArgs},
		{changeSQL, func(o *op) bool { return o.write != nil && o.write.Version != 1 }, changeArgs},
		{postSQL, func(o *op) bool { return o.mail != nil }, postArgs},
	} {
		var some []*op
		for _, o := range group {
			if s.fits(o) {
				some = append(some, o)
			}
		}
		if len(some) > 0 {
			batch.Queue(s.sql, s.args(some)...)
		}
	}
	done := make(map[int64]store.NodeID, len(group))
	results := conn.SendBatch(ctx, &batch)
	for range batch.Len() {
		if err := collect(results, done); err != nil {
			results.Close() //nolint:errcheck // the first error is the cause
			return nil, err
		}
	}
	return done, results.Close() // only now it is committed
}

// collect reads which ops one statement did.
func collect(results pgx.BatchResults, done map[int64]store.NodeID) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	var id int64
	var node store.NodeID
	_, err = pgx.ForEachRow(rows, []any{&id, &node}, func() error {
		done[id] = node
		return nil
	})
	return err
}

// columns hold the same field of many ops each.
type columns struct {
	session             []string
	version, epoch, id  []int64
	due, ended          []pgtype.Timestamptz
	attempts            []int32
	record, summary     [][]byte
	node, flow, name    []string
	tenant              []string
	started             []pgtype.Timestamptz
	callSession, call   []string
	keySession, keyName []string
	keyWrapped          [][]byte
	shredSession, shred []string
	mail                []int64
	mailSession         []string
	entryAt             []pgtype.Timestamptz // null: there is no row for the journal
	entryKey            []string
	entryOutline        [][]byte
	entryBody           [][]byte
}

func newArgs(ops []*op) []any {
	c := table(ops)
	for _, o := range ops {
		w := o.write
		c.node, c.flow = append(c.node, string(w.Node)), append(c.flow, w.Flow)
		c.name, c.tenant = append(c.name, w.Name), append(c.tenant, w.Tenant)
		c.started = append(c.started, pgtype.Timestamptz{Time: w.Started, Valid: true})
	}
	return append(c.common(), c.node, c.flow, c.name, c.tenant, c.started, c.callSession, c.call, c.keySession, c.keyName, c.keyWrapped)
}

func changeArgs(ops []*op) []any {
	c := table(ops)
	return append(c.common(), c.mail, c.mailSession, c.shredSession, c.shred, c.keySession, c.keyName, c.keyWrapped, c.callSession, c.call)
}

// common are the first arguments of both statements: one element for each op.
func (c *columns) common() []any {
	return []any{c.session, c.version, c.epoch, c.due, c.ended, c.attempts, c.record, c.summary, c.id,
		c.entryAt, c.entryOutline, c.entryKey, c.entryBody}
}

// table turns changes into columns.
func table(ops []*op) *columns {
	c := &columns{}
	for _, o := range ops {
		w := o.write
		session := string(w.Session)
		c.session, c.id = append(c.session, session), append(c.id, o.id)
		c.version, c.epoch = append(c.version, w.Version), append(c.epoch, w.Epoch)
		c.due, c.ended = append(c.due, moment(w.Due)), append(c.ended, moment(w.Ended))
		c.attempts = append(c.attempts, int32(min(w.Attempts, 1<<30)))
		c.record, c.summary = append(c.record, w.Record), append(c.summary, w.Summary)
		for _, call := range unique(w.Calls) {
			c.callSession, c.call = append(c.callSession, session), append(c.call, string(call))
		}
		for _, id := range w.Mail {
			c.mail, c.mailSession = append(c.mail, id), append(c.mailSession, session)
		}
		c.keys(w)
		e, at := w.Entry, pgtype.Timestamptz{}
		if e == nil {
			e = &store.Entry{}
		} else {
			at = pgtype.Timestamptz{Time: e.At, Valid: true}
		}
		c.entryAt, c.entryKey = append(c.entryAt, at), append(c.entryKey, e.Key)
		c.entryOutline, c.entryBody = append(c.entryOutline, e.Outline), append(c.entryBody, e.Body)
	}
	return c
}

// keys adds a change's new keys, the last of each name, and those that go.
func (c *columns) keys(w *store.Write) {
	fresh := make(map[string]int, len(w.Keys))
	for i, k := range w.Keys {
		fresh[k.Name] = i
	}
	for i, k := range w.Keys {
		if fresh[k.Name] == i {
			c.keySession, c.keyName = append(c.keySession, string(w.Session)), append(c.keyName, k.Name)
			c.keyWrapped = append(c.keyWrapped, bytesOf(k.Wrapped))
		}
	}
	for _, name := range w.Shred {
		if _, again := fresh[name]; !again {
			c.shredSession, c.shred = append(c.shredSession, string(w.Session)), append(c.shred, name)
		}
	}
}

func postArgs(ops []*op) []any {
	var session, tenant []string
	var at []pgtype.Timestamptz
	var body [][]byte
	var id []int64
	for _, o := range ops {
		m := o.mail
		session, tenant = append(session, string(m.Session)), append(tenant, m.Tenant)
		at = append(at, pgtype.Timestamptz{Time: m.At, Valid: true})
		body, id = append(body, m.Body), append(id, o.id)
	}
	return []any{session, tenant, at, body, id}
}

// moment is a time, or null if it is zero.
func moment(t time.Time) pgtype.Timestamptz { return pgtype.Timestamptz{Time: t, Valid: !t.IsZero()} }

// bytesOf are bytes that are not null.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// texts are strings of another type.
func texts[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, t := range all {
		out[i] = string(t)
	}
	return out
}
