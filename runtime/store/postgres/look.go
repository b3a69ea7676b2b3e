package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// found is what the database has of a session whose change it did not take.
type found struct {
	version, epoch int64 // 0: there is no session
	last           int64 // id of the op that wrote the version
	entry          int64 // id of the op that wrote the journal's row of the change's version; 0: none did
	taken          ivr.SessionID
}

const lookSQL = `SELECT coalesce(s.version, 0), coalesce(s.epoch, 0), coalesce(s.write, 0),
	coalesce((SELECT j.write FROM journal j WHERE j.session = $1 AND j.version = $2), 0),
	coalesce((SELECT c.session FROM unnest($3::text[]) WITH ORDINALITY AS w(call, n) JOIN calls c USING (call) ORDER BY w.n LIMIT 1), '')
FROM (SELECT $1::text AS session) q LEFT JOIN sessions s USING (session)`

func look(ctx context.Context, conn *pgx.Conn, w *store.Write) (f found, err error) {
	var calls []string
	if w.Version == 1 {
		calls = texts(w.Calls)
	}
	err = conn.QueryRow(ctx, lookSQL, string(w.Session), w.Version, calls).Scan(&f.version, &f.epoch, &f.last, &f.entry, &f.taken)
	return f, err
}

// answer says what came of a change that this attempt did not make.
func (f found) answer(o *op) error {
	w := o.write
	switch {
	case f.version == w.Version && f.last == o.id, f.entry == o.id:
		return nil // an attempt before this one made it
	case w.Version == 1 && f.taken != "":
		return &store.KnownError{Session: f.taken}
	case o.lost && w.Entry == nil && f.version > w.Version:
		// Others have changed it since, and the change left no trace of its own.
		return fmt.Errorf("%w: the session is at version %d now", store.ErrUncertain, f.version)
	}
	return store.ErrFenced
}
