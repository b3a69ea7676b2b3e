package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// oldest is the first major version of the server that will do.
const oldest = 15

// dialKey marks the contexts of connections that we open.
type dialKey struct{}

// settle sets what every connection has in common.
func settle(c *pgx.ConnConfig, o Options) *pgx.ConnConfig {
	// A host that is gone without a word is noticed in seconds, also while nothing
	// but an answer is awaited.
	c.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 3 * time.Second, Interval: time.Second, Count: 3}}).DialContext
	if c.ConnectTimeout == 0 || c.ConnectTimeout > o.Timeout {
		c.ConnectTimeout = o.Timeout * 4 / 5
		if len(c.Fallbacks) > 0 {
			c.ConnectTimeout = o.Timeout * 2 / 5 // the next one may answer
		}
	}
	if c.ValidateConnect == nil {
		c.ValidateConnect = writable
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "ivrflow"
	}
	return c
}

// writable refuses a standby, so that the next of several hosts is asked.
func writable(_ context.Context, conn *pgconn.PgConn) error {
	if conn.ParameterStatus("in_hot_standby") == "on" || conn.ParameterStatus("default_transaction_read_only") == "on" {
		return errors.New("the server takes no changes: it is a standby, or set to read-only")
	}
	return nil
}

// quiet keeps a connection that is given up from asking the server to cancel what
// it does. A transaction that waits for a synchronous standby would then be seen by
// all though the standby does not have it, and what is written would be taken for
// safe. For those who are told that nobody knows, that is no harm.
func quiet(c *pgx.ConnConfig) *pgx.ConnConfig {
	dial := c.DialFunc
	c.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if ctx.Value(dialKey{}) == nil {
			return nil, errors.New("nothing is cancelled")
		}
		return dial(ctx, network, address)
	}
	return c
}

// prepareSQL sets what statements rely on, and asks what else must be known. A
// statement that the server cannot finish gives an error instead of hanging; the
// server notices within a second when nobody waits for it any more. Plans are made
// once and do not depend on how many rows a table had when it was looked at.
const prepareSQL = `SELECT set_config('search_path', $1, false),
	set_config('statement_timeout', $2, false),
	set_config('lock_timeout', $3, false),
	set_config('idle_in_transaction_session_timeout', '10000', false),
	set_config('client_connection_check_interval', '1000', false),
	set_config('default_transaction_isolation', 'read committed', false),
	set_config('plan_cache_mode', 'force_generic_plan', false),
	set_config('jit', 'off', false),
	set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') = 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
	current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on'`

// prepare makes a new connection of the pool ready. The pool goes on with that when
// nobody waits for the connection any more, so it has its own limit.
func (d *DB) prepare(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := d.limit(ctx, false)
	defer cancel()
	err := d.prepareFor(ctx, conn, longTimeout)
	if err != nil {
		hangUp(conn)
	}
	return err
}

func (d *DB) prepareFor(ctx context.Context, conn *pgx.Conn, statement time.Duration) error {
	if err := checkVersion(conn.PgConn().ParameterStatus("server_version")); err != nil {
		return err
	}
	r := conn.PgConn().ExecParams(ctx, prepareSQL, [][]byte{[]byte(pgx.Identifier{d.o.Schema}.Sanitize()),
		millis(statement), millis(d.o.Timeout * 2 / 5)}, nil, nil, nil).Read()
	if r.Err != nil {
		return fmt.Errorf("prepare a connection: %w", r.Err)
	}
	if last := r.Rows[0][len(r.Rows[0])-1]; string(last) != "t" {
		d.unsafe.Do(func() {
			d.o.Log.Warn("the database server does not sync what it writes: a power cut loses calls; set fsync and full_page_writes to on",
				slog.String("host", conn.Config().Host))
		})
	}
	return nil
}

func millis(d time.Duration) []byte { return strconv.AppendInt(nil, max(1, d.Milliseconds()), 10) }

// checkVersion refuses a server that is too old.
func checkVersion(version string) error {
	n := 0
	for _, c := range []byte(version) {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int(c-'0')
	}
	if n < oldest {
		return fmt.Errorf("the server is PostgreSQL %s; version %d or later is needed", version, oldest)
	}
	return nil
}

// link is one connection for one kind of work, which is opened again when it is
// lost.
type link struct {
	config  *pgx.ConnConfig
	timeout time.Duration // to open it
	prepare func(context.Context, *pgx.Conn) error
	turn    chan struct{} // holds one: nobody uses the connection
	conn    *pgx.Conn
}

func (d *DB) newLink() *link {
	l := &link{config: d.config.Copy(), timeout: d.o.Timeout, turn: make(chan struct{}, 1), prepare: func(ctx context.Context, conn *pgx.Conn) error {
		return d.prepareFor(ctx, conn, d.o.Timeout*4/5)
	}}
	l.turn <- struct{}{}
	return l
}

// newQuietLink is one whose connection is given up without a word.
func (d *DB) newQuietLink() *link {
	l := d.newLink()
	l.config = quiet(l.config)
	return l
}

// use runs f with the connection. The error is of errUnsent if there is none.
func (l *link) use(ctx context.Context, f func(*pgx.Conn) error) error {
	select {
	case <-l.turn:
		defer func() { l.turn <- struct{}{} }()
	case <-ctx.Done():
		return &unsentError{ctx.Err()}
	}
	if l.conn == nil || l.conn.IsClosed() {
		conn, err := l.open(ctx)
		if err != nil {
			return &unsentError{err}
		}
		l.conn = conn
	}
	err := f(l.conn)
	if l.conn.IsClosed() || readOnly(err) {
		hangUp(l.conn)
		l.conn = nil
	}
	return err
}

// readOnly says that the server takes no changes any more: another one has its
// place, perhaps.
func readOnly(err error) bool { return code(err) == "25006" }

func (l *link) open(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, dialKey{}, true), l.timeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, l.config)
	if err != nil {
		return nil, told(err)
	}
	if err := l.prepare(ctx, conn); err != nil {
		hangUp(conn)
		return nil, err
	}
	return conn, nil
}

// close ends the connection. Nobody uses it any more.
func (l *link) close() {
	<-l.turn
	if l.conn != nil {
		bye(l.conn)
		l.conn = nil
	}
	l.turn <- struct{}{}
}

// bye ends a connection in order, if it takes but a moment.
func bye(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn.Close(ctx) //nolint:errcheck // it is given up
	hangUp(conn)
}

// hangUp gives up a connection at once: nothing waits for the server.
func hangUp(conn *pgx.Conn) { conn.PgConn().Conn().Close() }
