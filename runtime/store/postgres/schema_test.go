package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// Many nodes that start at once make the tables once.
func TestOpenAtOnce(t *testing.T) {
	url, o := home(t)
	var all sync.WaitGroup
	dbs := make([]*DB, 8)
	for i := range dbs {
		all.Go(func() {
			d, err := Open(t.Context(), url, o)
			if err != nil {
				t.Error(err)
				return
			}
			dbs[i] = d
		})
	}
	all.Wait()
	for _, d := range dbs {
		if d == nil {
			continue
		}
		if n := value[int](t, d, "SELECT count(*) FROM schema_version"); n != len(migrations()) {
			t.Errorf("%d steps were taken, of %d", n, len(migrations()))
		}
		must(t, d.Close())
	}
}

// From each earlier version, tables are brought to this one, with what is in them.
func TestMigrations(t *testing.T) {
	for version := range migrations() {
		t.Run(fmt.Sprint("from ", version), func(t *testing.T) {
			url, o := home(t)
			must(t, prepared(t, url, o).migrate(t.Context(), migrations()[:version]))
			if version >= 1 {
				d := prepared(t, url, o)
				conn, err := d.newLink().open(t.Context())
				must(t, err)
				defer conn.Close(context.WithoutCancel(t.Context()))
				_, err = conn.Exec(t.Context(), `INSERT INTO sessions (session, version, epoch, node, flow, name, tenant, started, attempts, live, record, write)
					VALUES ('old', 1, 1, 'gone', 'hash', 'support', '', now(), 0, true, 'record', 1)`)
				must(t, err)
			}
			d := open(t, url, o)
			if version >= 1 {
				must(t, d.Write(t.Context(), change("old", 2)))
			}
			must(t, d.Write(t.Context(), change("new", 1)))
		})
	}
}

// prepared is a database that is not opened.
func prepared(t *testing.T, url string, o Options) *DB {
	t.Helper()
	o = o.withDefaults()
	config, err := pgx.ParseConfig(url)
	must(t, err)
	return &DB{o: o, config: settle(config, o)}
}

// A step that fails leaves nothing behind; those before it stay. A later version of
// the tables is refused.
func TestMigrationsForwardOnly(t *testing.T) {
	at, o := home(t)
	d := open(t, at, o)
	later := append(migrations(), "CREATE TABLE half (n int); SELECT 1/0")
	if err := prepared(t, at, o).migrate(t.Context(), later); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("make tables of version %d:", len(later))) {
		t.Errorf("a step that fails: error %v", err)
	}
	if value[bool](t, d, "SELECT to_regclass('half') IS NOT NULL") {
		t.Error("a step that failed left a table")
	}
	later[len(later)-1] = "CREATE TABLE whole (n int)"
	must(t, prepared(t, at, o).migrate(t.Context(), later))
	must(t, prepared(t, at, o).migrate(t.Context(), later))
	must(t, d.Write(t.Context(), change("a", 1))) // who was there goes on
	_, err := Open(t.Context(), at, o)
	if err == nil || !strings.Contains(err.Error(), "use a newer one") {
		t.Errorf("tables of a later version: error %v", err)
	}
}

// Who only looks makes and changes nothing: neither where there are no tables, nor
// where they are older.
func TestOpenAsIs(t *testing.T) {
	at, o := home(t)
	refused := func(want string) {
		t.Helper()
		d, err := OpenAsIs(t.Context(), at, o)
		if d != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
	look := open(t, at, Options{Schema: o.Schema + " other"})
	made := func() bool {
		return value[bool](t, look, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", o.Schema)
	}
	refused("no bot has run with this database")
	if made() {
		t.Error("it made a schema")
	}
	for version := 1; version < len(migrations()); version++ {
		must(t, prepared(t, at, o).migrate(t.Context(), migrations()[:version]))
		refused(fmt.Sprintf("are of version %d, and this program reads version %d: use the ivrflow of the bot that runs", version, len(migrations())))
		if n := value[int](t, look, "SELECT max(version) FROM "+pgx.Identifier{o.Schema, "schema_version"}.Sanitize()); n != version {
			t.Errorf("it brought the tables to version %d", n)
		}
	}
	open(t, at, o)
	d, err := OpenAsIs(t.Context(), at, o)
	must(t, err)
	_, err = d.Nodes(t.Context())
	must(t, errors.Join(err, d.Close()))
	must(t, prepared(t, at, o).migrate(t.Context(), append(migrations(), "CREATE TABLE whole (n int)")))
	refused("use a newer one")
}

// Whoever cannot connect is told where, and why, once, and never with a password.
func TestConnectErrors(t *testing.T) {
	at, o := home(t)
	good, err := url.Parse(at)
	must(t, err)
	address := good.Host
	for text, want := range map[string]string{
		"postgres://ivrflow:hush@127.0.0.1:1/x":        `open the PostgreSQL database: connect as user "ivrflow" to database "x": 127.0.0.1:1: connection refused`,
		"postgres://u:hush@127.0.0.1:1,[::1]:1/x":      `connect as user "u" to database "x": 127.0.0.1:1: connection refused; [::1]:1: `,
		"postgres://u:hush@nowhere.invalid/x":          `connect as user "u" to database "x": host "nowhere.invalid": `,
		"postgres://u@/x?host=/none&password=hush":     `connect as user "u" to database "x": /none/.s.PGSQL.5432: no such file or directory`,
		"postgres://nobody:hush@" + address + "/x":     `connect as user "nobody" to database "x": ` + address + `: FATAL: password authentication failed for user "nobody" (SQLSTATE 28P01); put the password into PGPASSWORD`,
		"postgres://u:hush/hush@" + address + "/x":     "address of the PostgreSQL database: invalid port",
		"postgres://u:hu%zzsh@127.0.0.1/x":             "address of the PostgreSQL database: it cannot be read; write it as postgres://",
		"postgres://u:hush@" + address + "/?sslmode=x": "address of the PostgreSQL database: failed to configure TLS (sslmode is invalid)",
	} {
		_, err := Open(t.Context(), text, o)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "\n") ||
			strings.Count(err.Error(), "127.0.0.1") > 1 {
			t.Errorf("%s: got\n%v, want\n%s", text, err, want)
		}
	}
}

// A user without rights is told which one is missing; a schema that is there is
// enough.
func TestRights(t *testing.T) {
	at, o := home(t)
	admin := open(t, at, Options{Schema: o.Schema + " admin"})
	user := "user" + fmt.Sprint(schemas.Load())
	name := pgx.Identifier{o.Schema}.Sanitize()
	exec(t, admin, "CREATE ROLE "+user+" LOGIN PASSWORD 'hush-hush'")
	u, err := url.Parse(at)
	must(t, err)
	u.User = url.UserPassword(user, "hush-hush")
	_, err = Open(t.Context(), u.String(), o)
	if err == nil || !strings.Contains(err.Error(), "right CREATE on the database") {
		t.Errorf("a user without rights: error %v", err)
	}
	exec(t, admin, "CREATE SCHEMA "+name)
	exec(t, admin, "GRANT CREATE, USAGE ON SCHEMA "+name+" TO "+user)
	d := open(t, u.String(), o)
	must(t, d.Write(t.Context(), change("a", 1)))

	u.User = url.UserPassword(user, "wrong-word")
	_, err = Open(t.Context(), u.String(), o)
	if err == nil || strings.Contains(err.Error(), "wrong-word") {
		t.Errorf("a wrong password: error %v", err)
	}
	_, err = Open(t.Context(), strings.Replace(u.String(), "127.0.0.1", "%zz", 1), o)
	if err == nil || strings.Contains(err.Error(), "wrong-word") {
		t.Errorf("a wrong address: error %v", err)
	}
}

// Whatever the server's administrator has set: what is answered is on disk.
func TestSynchronousCommit(t *testing.T) {
	for set, want := range map[string]string{"off": "on", "local": "on", "remote_write": "on", "on": "on", "remote_apply": "remote_apply"} {
		t.Run(set, func(t *testing.T) {
			at := server.Database(t)
			name := at[strings.LastIndex(at, "/")+1 : strings.Index(at, "?")]
			must(t, server.Cluster(t).Exec(t.Context(), "postgres", "ALTER DATABASE "+name+" SET synchronous_commit = "+set,
				"ALTER DATABASE "+name+" SET default_transaction_isolation = serializable"))
			d := open(t, at, Options{})
			err := d.newLink().use(t.Context(), func(conn *pgx.Conn) error {
				var got, isolation string
				err := conn.QueryRow(t.Context(), "SELECT current_setting('synchronous_commit'), current_setting('transaction_isolation')").Scan(&got, &isolation)
				if err != nil || got != want || isolation != "read committed" {
					t.Errorf("synchronous_commit is %s, want %s; isolation %s, error %v", got, want, isolation, err)
				}
				return nil
			})
			must(t, err)
			if got := value[string](t, d, "SHOW synchronous_commit"); got != want {
				t.Errorf("synchronous_commit of the pool is %s, want %s", got, want)
			}
		})
	}
}

func TestOldServer(t *testing.T) {
	for version, ok := range map[string]bool{"14.11 (Debian 14.11-1)": false, "9.6.24": false, "15.18 (Debian 15.18-0+deb12u1)": true,
		"15beta1": true, "18.0": true, "": false} {
		if err := checkVersion(version); (err == nil) != ok {
			t.Errorf("version %q: error %v", version, err)
		}
	}
}

func TestReadOnlyServer(t *testing.T) {
	at := server.Database(t)
	name := at[strings.LastIndex(at, "/")+1 : strings.Index(at, "?")]
	must(t, server.Cluster(t).Exec(t.Context(), "postgres", "ALTER DATABASE "+name+" SET default_transaction_read_only = on"))
	if _, err := Open(t.Context(), at, Options{}); err == nil || !strings.Contains(err.Error(), "takes no changes") {
		t.Errorf("a server that is read-only: error %v", err)
	}
}

// What the database will not have is refused alone, also where it shares a
// transaction.
func TestRefusedByServer(t *testing.T) {
	d := fresh(t)
	const n = 64
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			w := change(fmt.Sprint("s", i), 1)
			switch i % 16 {
			case 3:
				w.Tenant = "zero\x00byte"
			case 7:
				w.Name = "not UTF-8 \xff"
			case 11: // no index takes a value of 10 kB that cannot be made smaller
				w.Calls[0] = randomCall()
			}
			err := d.Write(t.Context(), w)
			if bad := i%16 == 3 || i%16 == 7 || i%16 == 11; bad != (err != nil) || errors.Is(err, store.ErrUncertain) {
				t.Errorf("change %d: error %v", i, err)
			}
		})
	}
	all.Wait()
	if n := value[int](t, d, "SELECT count(*) FROM sessions"); n != 52 {
		t.Errorf("%d sessions are there, want 52", n)
	}
}

// A transaction may fail at its very end, after all its statements went well.
func TestFailsAtCommit(t *testing.T) {
	d := fresh(t)
	schema := pgx.Identifier{d.o.Schema}.Sanitize()
	exec(t, d, "CREATE FUNCTION "+schema+".fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''too late''; END'")
	exec(t, d, "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "+schema+".fail()")
	err := d.Write(t.Context(), change("a", 1))
	if err == nil || errors.Is(err, store.ErrUncertain) || !strings.Contains(err.Error(), "too late") {
		t.Errorf("a transaction that fails at its end: error %v", err)
	}
	bare := change("b", 1)
	bare.Entry = nil
	must(t, d.Write(t.Context(), bare))
}
