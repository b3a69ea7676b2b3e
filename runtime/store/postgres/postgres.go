// Package postgres keeps calls in a PostgreSQL database, version 15 or later, which
// several nodes may share. Open makes what it needs in a schema of its own.
//
// Changes of many sessions share a transaction: some writers take what waits, at
// most 256 changes at a time, and write it with one statement for each kind, which
// decides on each change by itself. What it answers nil to is on the server's disk
// and, if the server has a synchronous standby, on that one's: each connection sets
// synchronous_commit to on, unless it is remote_apply.
//
// If the connection is lost before the answer came, the change is made again under
// the same version, epoch and random number. The database takes it once at most,
// and the number tells whether it was the first or the second time. Only if there
// is no answer in time is the error store.ErrUncertain. So it is if a synchronous
// standby does not confirm in time: what waits for it is neither taken for written
// nor given up, and is there for all once the standby is.
//
// Leases run by the server's clock. LISTEN and NOTIFY carry the hints of Watch, so
// connections must not go through a pool that shares them between transactions.
package postgres

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ivrflow/ivrflow/runtime/store"
)

var _ store.DB = (*DB)(nil)

// Options of a database. The zero Options are the usual ones.
type Options struct {
	// Schema has the tables; "": ivrflow. It is made if it is not there, for which
	// the user needs the right CREATE on the database; else CREATE on the schema is
	// enough.
	Schema string
	// Writers is how many transactions may be written at once; 0: 4.
	Writers int
	// Queue is how many changes may wait before the next is refused with
	// store.ErrBusy; 0: 4096. Those that are not urgent are refused at three
	// quarters of it.
	Queue int
	// Connections is how many there may be besides one for each writer, one for
	// the lease and one that listens; 0: 8.
	Connections int
	// Timeout is how long one change may take with all its attempts, and the other
	// methods but those that move much; 0: 2.5 s. A callback wants its answer
	// within 2.9 s.
	Timeout time.Duration
	// Log gets what nobody is told otherwise; nil: nothing.
	Log *slog.Logger

	// attempt is how long a writer waits for one answer; 0: longTimeout.
	attempt time.Duration
}

func (o Options) withDefaults() Options {
	o.Schema = cmp.Or(o.Schema, "ivrflow")
	o.Writers = cmp.Or(max(o.Writers, 0), 4)
	o.Queue = cmp.Or(max(o.Queue, 0), 4096)
	o.Connections = cmp.Or(max(o.Connections, 0), 8)
	o.Timeout = cmp.Or(max(o.Timeout, 0), 2500*time.Millisecond)
	o.attempt = cmp.Or(o.attempt, max(longTimeout, o.Timeout))
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// longTimeout is for what moves much: blobs, lists, journals, claims.
const longTimeout = 15 * time.Second

// DB is a database that nodes may share. It is a [store.DB].
type DB struct {
	o      Options
	config *pgx.ConnConfig
	pool   *pgxpool.Pool
	lease  *link // for leases, which must not wait for anything else
	queue  *queue
	times  times
	post   *postman
	lost   lostClaims
	unsafe sync.Once // told that the server does not sync

	stop func()
	wait sync.WaitGroup
}

// Open connects to the database that a URL or a list of settings names, as
// PostgreSQL's own programs understand it, and brings its tables up to date.
// Several nodes may do so at once. It refuses servers before version 15, read-only
// ones, and tables of a later version of this program.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	return openWith(ctx, url, o, (*DB).migrate)
}

// OpenAsIs is Open for who wants to look: it neither makes nor changes tables, and
// refuses those of any other version than this program's.
func OpenAsIs(ctx context.Context, url string, o Options) (*DB, error) {
	return openWith(ctx, url, o, (*DB).check)
}

func openWith(ctx context.Context, url string, o Options, ready func(*DB, context.Context, []string) error) (*DB, error) {
	o = o.withDefaults()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, badAddress(err)
	}
	d := &DB{o: o, config: settle(config.ConnConfig, o)}
	config.ConnConfig = d.config.Copy()
	config.MaxConns, config.MinConns, config.MinIdleConns = int32(min(o.Connections, 1000)), 0, 0
	config.AfterConnect = d.prepare
	if err := ready(d, ctx, migrations()); err != nil {
		return nil, fmt.Errorf("open the PostgreSQL database: %w%s", err, mend(err))
	}
	if d.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("open the PostgreSQL database: %w", err)
	}
	d.start(ctx)
	return d, nil
}

// start starts the writers and the two that carry hints. They end with Close.
func (d *DB) start(ctx context.Context) {
	ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	d.lease = d.newLink()
	d.queue = newQueue(d.o.Queue, d.o.Writers)
	d.post = newPostman(d)
	for range d.o.Writers {
		w := &writer{db: d, link: d.newQuietLink()}
		d.wait.Go(func() { w.run(ctx) })
	}
	d.wait.Go(func() { d.post.tell(ctx) })
	d.wait.Go(func() { d.post.listen(ctx) })
}

// Close implements store.DB. It may be called twice.
func (d *DB) Close() error {
	d.queue.close()
	d.stop()
	d.wait.Wait()
	d.lease.close()
	d.pool.Close()
	return nil
}
